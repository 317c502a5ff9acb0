"""Runs the recogniser sessions of a dictation, each in tasks of its own that write and read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from skdictate.audio.pcm import Format
from skdictate.core import effects as fx
from skdictate.core.changes import Change, Noticed, ProblemCleared, ProblemRaised, Topic
from skdictate.core.events import Event, Final, Partial, Refinement
from skdictate.engine.core_driver import CoreDriver
from skdictate.errors import Problem, ProblemError
from skdictate.library.audio_buffer import UnreadableError
from skdictate.library.base import DictationStore
from skdictate.speechkit.base import Backend, BackendSession
from skdictate.system.rate_limit import RateLimit

EVENTS_PER_S = 400.0
"""Events per second that are read from a session. Recognisers send some tens; more than this waits
in the connection, so that a faulty server cannot occupy the program."""
EVENTS_AT_ONCE = 800.0
"""Events that may come in one burst."""

Order = fx.Send | fx.SendSilence | fx.EndUtterance | fx.Finish
"""The effects for an open session, which are performed in order."""


class Sessions:
    """Opens and drops sessions, and queues effects for them."""

    def __init__(
        self,
        backend: Backend,
        sound: Format,
        store: DictationStore,
        core: CoreDriver,
        publish: Callable[[Change], None],
    ) -> None:
        self._backend = backend
        self._format = sound
        self._store = store
        self._core = core
        self._publish = publish
        self._outboxes: dict[int, asyncio.Queue[Order]] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._is_announced = False

    def open(self, session_number: int, group: asyncio.TaskGroup) -> None:
        """Open a session in ``group``; the core gets ``session_opened`` and ``session_closed``."""
        self._outboxes[session_number] = asyncio.Queue()
        self._tasks[session_number] = group.create_task(self._run(session_number))

    def drop(self, session_number: int) -> None:
        """Cancel a session at once."""
        self._tasks[session_number].cancel()

    def enqueue(self, order: Order) -> None:
        """Queue an effect for its session."""
        self._outboxes[order.session_number].put_nowait(order)

    def announce(self, problem: Problem) -> None:
        """Raise a problem of the recogniser; the next session that opens clears it."""
        self._is_announced = True
        self._publish(ProblemRaised(Topic.RECOGNISER, problem))

    async def _run(self, session_number: int) -> None:
        """Run one session from its opening to its end."""
        problem: Problem | None = None
        try:
            async with self._backend.connect(self._format) as session:
                self._core.call(self._core.dictation.session_opened, session_number)
                if self._is_announced:
                    self._is_announced = False
                    self._publish(ProblemCleared(Topic.RECOGNISER))
                async with asyncio.TaskGroup() as group:
                    writing = group.create_task(self._write(session_number, session))
                    throttle = RateLimit(EVENTS_PER_S, EVENTS_AT_ONCE)
                    async with aclosing(aiter(session)) as events:  # type: ignore[type-var]
                        async for event in events:
                            self._core.call(
                                self._core.dictation.session_event, session_number, event
                            )
                            await throttle.passed(_cost(event))
                    writing.cancel()
        except* ProblemError as group_error:
            problem = _first(group_error)
        finally:
            del self._outboxes[session_number], self._tasks[session_number]
        self._core.call(self._core.dictation.session_closed, session_number, problem)

    async def _write(self, session_number: int, session: BackendSession) -> None:
        """Perform queued effects in order. If the session breaks, its reader reports why."""
        outbox = self._outboxes[session_number]
        while True:
            order = await outbox.get()
            pcm = b""
            try:
                if isinstance(order, fx.Send):
                    pcm = await self._store.read(order.start_sample, order.end_sample)
                await _pass_on(order, session, pcm)
            except ProblemError:
                return
            except UnreadableError as error:
                self._publish(Noticed(error.problem))
                self._core.call(self._core.dictation.unreadable, error.start, error.end)
                return
            if isinstance(order, fx.Send):
                self._core.call(self._core.dictation.sent, session_number, order.end_sample)


async def _pass_on(order: Order, session: BackendSession, pcm: bytes) -> None:
    match order:
        case fx.Send():
            await session.send_audio(pcm)
        case fx.SendSilence():
            await session.send_silence(order.n_samples)
        case fx.EndUtterance():
            await session.end_utterance()
        case fx.Finish():
            await session.finish()


def _cost(event: Event) -> float:
    """The weight of an event in the rate limit: 1, and 1 more for each 500 characters of text."""
    return 1 + len(event.text) / 500 if isinstance(event, Partial | Final | Refinement) else 1


def _first(group: BaseExceptionGroup[ProblemError]) -> Problem:
    """The first problem in a group of exceptions, however deeply nested."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error.problem
