"""Sends a microphone to an app elsewhere, over connections that break and are made again.

The app says when a dictation begins and ends; only in between is the microphone on. What is
captured is numbered and kept until the app has recorded it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.errors import Problem, ProblemError
from skdictate.remote_mic.sender.dialogue import Dialogue
from skdictate.remote_mic.sender.failover import Failover
from skdictate.remote_mic.sender.local_capture import LocalCapture
from skdictate.remote_mic.sender.sender_status import SenderStatus
from skdictate.remote_mic.sender.transport import Transport
from skdictate.sources.base import Source

SILENT_S = 2.0
"""Seconds of zeros after which a microphone counts as muted."""


class Sender:
    """``run`` until the sound ends, nothing more can be done, or it is cancelled."""

    def __init__(
        self,
        make_source: Callable[[], Source],
        transport: Transport,
        folder: Path,
        *,
        sound: Format,
        label: str = "",
        codec: str = "auto",
        takes_over: bool = False,
        is_patient: bool = True,
        has_user: bool = False,
    ) -> None:
        """Prepare a sender.

        Args:
            make_source: makes the source of one dictation.
            transport: connects to the app.
            folder: for files of the spool.
            sound: the format of the sources.
            label: the name of the microphone until its source gives one.
            codec: ``auto``, ``pcm`` or ``opus``.
            takes_over: replace another microphone.
            is_patient: wait for an app that is not there, or uses another microphone.
            has_user: whether a user can be asked for a password.
        """
        self.on_change: Callable[[str], None] = lambda words: None
        """Called with messages for the user."""
        self.on_connected: Callable[[], object] = lambda: None
        """Called when a connection is used."""
        self._transport = transport
        self._is_patient = is_patient
        self._has_user = has_user
        ear = LocalCapture(make_source, label)
        ear.on_change = self._wake
        self._service = Dialogue(
            ear, sound, folder, codec=codec, takes_over=takes_over, there=transport.name
        )
        ear.on_words = self._service.on_words = lambda words: self.on_change(words)
        self._lines = Failover(transport, self._service)
        self._lines.may_ask = has_user
        self._lines.on_begin = self._connected
        self._lines.on_failure = self._failed
        self._problem: Problem | None = None
        self._was_connected = False

    # ------------------------------------------------------------------------- its owner's side

    async def run(self) -> None:
        """Send sound until it ends.

        Raises:
            ProblemError: there is no sound, or no app takes it.
        """
        service = self._service
        failure: Problem | None = None
        try:
            async with asyncio.TaskGroup() as service.group:
                await self._lines.run()
        except* ProblemError as group:
            failure = _first(group)  # raised in here, it would be a group again
        finally:
            service.close()
        failure = failure or service.ear.failure
        if failure is not None:
            raise ProblemError(failure)

    @property
    def may_ask(self) -> bool:
        """Whether the user may be asked for something at present."""
        return self._lines.may_ask

    def retry_now(self) -> None:
        """Attempt a connection now; if everything else failed, the user is asked again."""
        self._lines.may_ask = self.may_ask or self._lines.is_held
        self._lines.retry_now()

    def finish(self) -> None:
        """Stop capturing; what is kept is still sent if there is a connection."""
        self._service.finish()
        self._lines.retry_now()
        self._wake()

    @property
    def report(self) -> SenderStatus:
        """The status."""
        take, ear = self._service.take, self._service.ear
        return SenderStatus(
            there=self._transport.name,
            label=ear.label,
            is_connected=self._lines.is_connected,
            is_capturing=ear.is_on,
            is_paused=take.is_paused,
            kept_s=take.unsent_s,
            rough_s=take.rough_s,
            lost_s=take.lost_s,
            is_opus=take.flow.is_opus,
            journey_s=take.flow.journey_s,
            n_tries=self._lines.n_tries,
            away_s=self._lines.away_s,
            level_dbfs=ear.level_dbfs,
            is_silent=ear.zero_s > SILENT_S,
            problem=self._problem,
            refusal=self._lines.refusal,
        )

    # ------------------------------------------------------------------------- lines

    def _connected(self) -> None:
        self._was_connected = True
        self._problem = None
        self.on_change(f"connected to {self._transport.name}")
        self.on_connected()

    def _failed(self, problem: Problem, is_refusal: bool, is_last: bool) -> None:
        """A connection failed or is stalled; with the last one this may be for good."""
        is_waiting = is_last and problem.is_permanent
        is_waiting = is_waiting and self._was_connected and self._has_user
        is_for_good = problem.is_permanent and not is_waiting
        if is_last and (is_for_good or (is_refusal and not self._is_patient)):
            self._service.end()
            raise ProblemError(problem)
        self._lines.is_held = is_waiting
        if problem != self._problem:
            self.on_change(f"{problem}{' To be asked, press Enter.' if is_waiting else ''}")
        self._problem = problem

    def _wake(self) -> None:
        self._lines.wake()


def _first(group: BaseExceptionGroup[ProblemError]) -> Problem:
    """The problem in a group, however deep."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error.problem
