"""Brings a microphone to an app elsewhere, over lines that break and come back.

The app says when a dictation begins and ends; the microphone is on in between and at no other time.
What is captured is numbered and kept until the app has recorded it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from skdictate.core.audio import Format
from skdictate.core.backoff import Backoff
from skdictate.core.frames import Frame
from skdictate.errors import Problem, ProblemError
from skdictate.remote.ear import Ear
from skdictate.remote.report import Report
from skdictate.remote.road import Passage, Road
from skdictate.remote.service import Service
from skdictate.remote.talk import LostError, Talk, lost
from skdictate.sources.base import Source

FIRST_RETRY_S = 0.1
SILENT_S = 2.0
"""Zeros for so long are a muted microphone."""


class Courier:
    """``run`` goes on until the sound ends by itself, nothing can be done, or it is cancelled."""

    def __init__(
        self,
        make_source: Callable[[], Source],
        road: Road,
        folder: Path,
        *,
        sound: Format,
        label: str = "",
        codec: str = "auto",
        takes_over: bool = False,
        is_patient: bool = True,
        has_user: bool = False,
    ) -> None:
        """A sender.

        Args:
            make_source: gives what is heard in one dictation.
            road: the way there.
            folder: where files of the spool may be.
            sound: what the sources give.
            label: of the microphone, until its source knows better.
            codec: ``auto``, ``pcm`` or ``opus``.
            takes_over: take the place of another microphone.
            is_patient: whether to wait for an app that is not there, or listens to another.
            has_user: whether somebody is there who can be asked for a password.
        """
        self.on_change: Callable[[str], None] = lambda words: None
        """Told what is worth a line of its own."""
        self.on_connected: Callable[[], object] = lambda: None
        """Told when a line has begun."""
        self.may_ask = has_user
        """The user may be asked for something at this moment."""
        self._road = road
        self._is_patient = is_patient
        self._has_user = has_user
        ear = Ear(make_source, label)
        ear.on_change = self._wake
        self._service = Service(
            ear, sound, folder, codec=codec, takes_over=takes_over, there=road.name
        )
        ear.on_words = self._service.on_words = lambda words: self.on_change(words)
        self._backoff = Backoff(first_s=FIRST_RETRY_S)
        self._hurried = asyncio.Event()
        self._talk: Talk | None = None
        self._problem: Problem | None = None
        self._is_waiting = self._was_connected = False
        self._away_since_s = time.monotonic()

    # ------------------------------------------------------------------------- its owner's side

    async def run(self) -> None:
        """Bring sound there.

        Raises:
            ProblemError: there is none, or nobody takes it.
        """
        service = self._service
        failure: Problem | None = None
        try:
            async with asyncio.TaskGroup() as service.group:
                await self._go_on()
        except* ProblemError as group:
            failure = _first(group)  # what is raised in here would be a group again
        finally:
            service.close()
        failure = failure or service.ear.failure
        if failure is not None:
            raise ProblemError(failure)

    def hurry(self) -> None:
        """Try again now; where nothing else helped, the user is asked again."""
        self.may_ask = self.may_ask or self._is_waiting
        self._hurried.set()

    def finish(self) -> None:
        """Capture no more; what is kept is still brought, if there is a line."""
        self._service.finish()
        self._wake()
        self._hurried.set()

    @property
    def report(self) -> Report:
        """How it stands."""
        take, ear = self._service.take, self._service.ear
        return Report(
            there=self._road.name,
            label=ear.label,
            is_connected=self._talk is not None and self._talk.has_begun,
            is_capturing=ear.is_on,
            is_paused=take.is_paused,
            kept_s=take.unsent_s,
            rough_s=take.rough_s,
            lost_s=take.lost_s,
            is_opus=take.flow.is_opus,
            journey_s=take.flow.journey_s,
            n_tries=self._backoff.failures,
            away_s=time.monotonic() - self._away_since_s,
            level_dbfs=ear.level_dbfs,
            is_silent=ear.zero_s > SILENT_S,
            problem=self._problem,
        )

    # ------------------------------------------------------------------------- lines

    async def _go_on(self) -> None:
        """Line after line."""
        task = asyncio.current_task()
        assert task is not None
        while not self._service.is_done:
            try:
                passage = await self._road.open(may_ask=self.may_ask)
            except ProblemError as error:
                self._failed(error.problem, is_refusal=True)
            else:
                await self._use(passage)
            if task.cancelling():  # a task group that fails forgets that it was cancelled, too
                raise asyncio.CancelledError
            if not self._service.is_done:
                await self._rest()

    async def _use(self, passage: Passage) -> None:
        """One line, from its beginning to its end."""
        service = self._service
        service.token = passage.token
        self._talk = talk = Talk(passage, self._road.name, self._hear, self._outgoing)
        talk.on_begin = self._connected
        talk.is_patient = self.may_ask
        try:
            await talk.run(service.hello())
        except* LostError as group:
            error = lost(group)
            self._failed(error.problem, is_refusal=error.is_refusal)
        finally:
            if talk.has_begun:
                self._away_since_s = time.monotonic()
            self._talk = None
            service.cut_off()
            await passage.close()

    def _hear(self, frame: Frame) -> None:
        assert self._talk is not None
        self._talk.say(*self._service.hear(frame))

    def _outgoing(self, now_s: float) -> list[Frame]:
        assert self._talk is not None
        frames = self._service.outgoing(now_s)
        self._talk.is_over = self._service.is_done
        return frames

    def _connected(self) -> None:
        self._was_connected = True
        self._is_waiting = self.may_ask = False
        self._problem = None
        self._backoff.worked()
        self.on_change(f"connected to {self._road.name}")
        self.on_connected()

    def _failed(self, problem: Problem | None, *, is_refusal: bool) -> None:
        """There is no line; this may be for good."""
        self.may_ask = False
        if problem is None:
            return
        self._is_waiting = problem.is_permanent and self._was_connected and self._has_user
        is_for_good = problem.is_permanent and not self._is_waiting
        if is_for_good or (is_refusal and not self._is_patient):
            self._service.end()
            raise ProblemError(problem)
        if problem != self._problem:
            self.on_change(f"{problem}{' To be asked, press Enter.' if self._is_waiting else ''}")
        self._problem = problem

    async def _rest(self) -> None:
        """Before the next line, unless somebody is in a hurry; or until the user is."""
        wait_s = self._backoff.failed(is_free=True)
        self._hurried.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(None if self._is_waiting else wait_s):
                await self._hurried.wait()

    def _wake(self) -> None:
        if self._talk is not None:
            self._talk.changed.set()


def _first(group: BaseExceptionGroup[ProblemError]) -> Problem:
    """The problem in a group, however deep."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error.problem
