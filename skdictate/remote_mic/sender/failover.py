"""The connections to the app: one is used, and while it is stalled others are attempted beside it.

The first on which anything arrives is used, be it the stalled one, and the others are closed. What
was in flight on an abandoned connection is sent again on the next.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import Frame
from skdictate.mic_protocol.retry import Retries
from skdictate.remote_mic.sender import app_connection as talks
from skdictate.remote_mic.sender.app_connection import AppConnection, LostError, lost, still
from skdictate.remote_mic.sender.dialogue import Dialogue
from skdictate.remote_mic.sender.transport import Transport, TransportConnection

LOOK_S = 0.1


class Failover:
    """``run`` until nothing is left to be sent."""

    def __init__(self, transport: Transport, service: Dialogue) -> None:
        self.on_begin: Callable[[], None] = lambda: None
        """Called when a connection is used, or recovers after it was reported as stalled."""
        self.on_failure: Callable[[Problem, bool, bool], None] = lambda problem, refused, last: None
        """Called with the problem of a connection, whether the app refused it, and whether it was
        the last. May raise ``ProblemError``."""
        self.may_ask = False
        """Whether the next connection may ask the user for something."""
        self.is_held = False
        """Whether no connection is attempted at present."""
        self.used: AppConnection | None = None
        self.refusal: Problem | None = None
        """Why the app refused the last connection; None if no app answered, or one is connected."""
        self._transport = transport
        self._service = service
        self._tries = Retries()
        self._tasks: dict[int, asyncio.Task[None]] = {}
        """The tasks of all connections, by the number of their attempt."""
        self._is_single = False
        """Whether parallel logins are given up, because a second one would have to ask the user."""
        self._is_still = False
        """Whether the connection was reported as stalled."""
        self._left_s = time.monotonic()
        self._moved = asyncio.Event()
        self._group: asyncio.TaskGroup

    # ------------------------------------------------------------------------- its owner's side

    async def run(self) -> None:
        """Keep connections until everything is sent.

        Raises:
            ProblemError: see ``on_failure``; in a group.
        """
        async with asyncio.TaskGroup() as self._group:
            while not self._service.is_done:
                self._moved.clear()
                wait_s = self._look(time.monotonic())
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await self._moved.wait()
            self._give_up()

    def retry_now(self) -> None:
        """Attempt a connection now."""
        self.is_held = False
        self._tries.retry_now()
        self._moved.set()

    def wake(self) -> None:
        """Note that there may be something to send."""
        if self.used is not None:
            self.used.changed.set()

    @property
    def is_connected(self) -> bool:
        """Whether a connection is used and not stalled for long."""
        return self.used is not None and not self._is_still

    @property
    def away_s(self) -> float:
        """Seconds since anything arrived."""
        return self.used.silent_s if self.used is not None else time.monotonic() - self._left_s

    @property
    def n_tries(self) -> int:
        """Failed attempts since the last success."""
        return self._tries.n_vain

    # ------------------------------------------------------------------------- tries

    def _look(self, now_s: float) -> float | None:
        """Start an attempt if it is due.

        Returns the seconds until the next check, None for no limit.
        """
        if self.used is not None:
            if not self.used.is_kept:
                return None
            self._say_still(self.used)
            sound_s = talks.STALL_S - self.used.silent_s
            if sound_s > 0:
                return max(LOOK_S, sound_s)
        if self.is_held:
            return None
        is_wide = self._transport.is_wide and not (self._is_single or self.may_ask)
        due_s = self._tries.due_s(is_wide=is_wide)
        if now_s >= due_s:
            if (surplus := self._tries.surplus) is not None:
                self._drop(surplus)
            number = self._tries.begin(now_s)
            self._tasks[number] = self._group.create_task(self._run(number))
            due_s = self._tries.due_s(is_wide=is_wide)
        if self.used is not None:
            return LOOK_S
        return None if due_s == float("inf") else due_s - now_s

    def _say_still(self, used: AppConnection) -> None:
        if used.silent_s > talks.LIFE_S and not self._is_still:
            self._is_still = True
            self.on_failure(still(self._transport.name, used.silent_s), False, False)

    def _give_up(self) -> None:
        """Drop all attempts."""
        for number in [number for number in self._tasks if number in self._tries]:
            self._drop(number)

    def _drop(self, number: int) -> None:
        self._tries.drop(number)
        self._tasks.pop(number).cancel()

    async def _run(self, number: int) -> None:
        """One connection, from start to end."""
        problem: Problem | None = None
        is_refusal = is_reached = False
        try:
            connection = await self._transport.open(may_ask=self.may_ask, served=self._service.app)
        except ProblemError as error:
            problem, is_refusal = error.problem, True
            # the problem is on this machine: no app waits here
            is_way_clear = problem.kind is Kind.MICROPHONE
            self.refusal = problem if is_way_clear else None
        else:
            talk = self._talk(number, connection)
            try:
                await talk.run(self._service.hello())
            except* LostError as group:
                loss = lost(group)
                problem, is_refusal = loss.problem, loss.is_refusal
                self.refusal = problem if is_refusal else None
            finally:
                is_reached = talk.has_begun or is_refusal
                self._left(talk)
                await connection.close()
        task = asyncio.current_task()
        assert task is not None
        if task.cancelling():  # a task group that fails forgets that it was cancelled
            raise asyncio.CancelledError
        del self._tasks[number]
        self._ended(number, problem, is_refusal=is_refusal, is_reached=is_reached)

    def _talk(self, number: int, connection: TransportConnection) -> AppConnection:
        service = self._service
        service.token = connection.token

        def hear(frame: Frame) -> None:
            if talk is self.used or number in self._tries:
                talk.say(*service.hear(frame))

        def outgoing(now_s: float) -> list[Frame]:
            frames = service.outgoing(now_s) if talk is self.used else []
            talk.is_over = service.is_done
            return frames

        talk = AppConnection(connection, self._transport.name, hear, outgoing)
        talk.is_patient = self.may_ask
        talk.is_kept = self._transport.is_wide and not self._is_single
        talk.on_begin = lambda: self._begun(number, talk)
        talk.on_sign = lambda: self._heard(talk)
        return talk

    # ------------------------------------------------------------------------- the one

    def _begun(self, number: int, talk: AppConnection) -> None:
        """Use a connection on which the app has answered, and drop all others."""
        if number not in self._tries:
            return
        for other in [other for other in self._tasks if other != number]:
            self._drop(other)
        self._tries.worked(number, time.monotonic())
        self._service.cut_off()
        self.used = talk
        self.may_ask = self._is_still = False
        self.refusal = None
        self._moved.set()
        self.on_begin()

    def _heard(self, talk: AppConnection) -> None:
        """Note that something arrived: a stalled connection has recovered."""
        if talk is not self.used:
            return
        if self._tries or self._tries.n_vain:
            self._give_up()
            self._tries.reset()
        if self._is_still:
            self._is_still = False
            self.on_begin()

    def _left(self, talk: AppConnection) -> None:
        """Note that a connection has ended."""
        if talk is self.used:
            self._left_s = time.monotonic() - talk.silent_s
            self.used = None
            self._is_still = False
            self._service.cut_off()

    def _ended(
        self, number: int, problem: Problem | None, *, is_refusal: bool, is_reached: bool
    ) -> None:
        """A connection ended by itself, maybe for good."""
        self._tries.failed(number, time.monotonic(), is_reached=is_reached)
        self.may_ask = False
        is_last = self.used is None and not self._tries
        if problem is not None:
            if problem.is_permanent and self.used is not None:
                self._is_single, self.used.is_kept = True, False
            if self.used is None or is_reached:  # otherwise it was enough to report the stall
                self.on_failure(problem, is_refusal, is_last)
        self._moved.set()
