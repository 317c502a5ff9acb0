"""One dictation on an event loop: the user's commands, and the effects that the core asks for.

Everything that happens goes to the core with the time. Its effects are performed at once; its
changes are published after they are stored. All tasks are in one group, so none is left running.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from skdictate.core import effects as fx
from skdictate.core.changes import Change, Noticed, ProblemCleared, Topic
from skdictate.core.dictation import Dictation
from skdictate.core.policy import Policy
from skdictate.core.status import Status
from skdictate.engine.change_log import ChangeLog
from skdictate.engine.core_driver import CoreDriver
from skdictate.engine.event_log import log_effect, log_outcome
from skdictate.engine.outcome import Outcome
from skdictate.engine.sessions import Sessions
from skdictate.engine.source_reader import SourceReader
from skdictate.errors import Problem
from skdictate.library.base import DictationStore
from skdictate.sources.base import Source, Switchable
from skdictate.speechkit.base import Backend

_log = logging.getLogger(__name__)


class Engine:
    """One dictation, from ``run`` to its outcome. Not thread-safe: used on its event loop only."""

    def __init__(
        self, source: Source, backend: Backend, store: DictationStore, policy: Policy
    ) -> None:
        self.source = source
        self.backend = backend
        self.store = store
        self.on_change: Callable[[Change], None] = lambda change: None
        """Called with every change after it is stored, on the event loop."""
        dictation = Dictation(source.format, backend.limits, policy, begin=store.n_samples)
        self._core = CoreDriver(dictation, self._perform, self._publish)
        self._change_log = ChangeLog(store, lambda change: self.on_change(change))
        self._capture = SourceReader(source, store, self._core, self._publish)
        self._sessions = Sessions(backend, source.format, store, self._core, self._publish)
        self.meter = self._capture.meter
        self._done = asyncio.Event()
        self._is_cancelled: Callable[[], bool] = lambda: False

    @property
    def is_paused(self) -> bool:
        """Whether the user has paused the dictation."""
        return self._capture.is_paused

    async def run(self) -> Outcome:
        """Dictate until the source ends or ``stop`` is called, and everything is settled.

        Returns:
            How it ended; an error of the source, the recogniser or the disk is in its ``problem``.
        """
        self._is_cancelled = _cancelled_from_now_on()
        _log.info("dictation begins: %s", self.backend.name)
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                keeping = group.create_task(self.store.run())
                storing = group.create_task(self._change_log.run())
                syncing = group.create_task(self._change_log.sync())
                self._capture.start(group)
                await self._done.wait()
                syncing.cancel()
                await storing
                keeping.cancel()
        finally:
            self._core.close()
            status = self.status()
            n_samples = self.source.format.samples(status.recorded_s)
            unkept = await asyncio.shield(self.store.close(n_samples, status.billed_s))
            self._change_log.close()
        outcome = self._outcome(status, unkept)
        log_outcome(outcome)
        return outcome

    def _outcome(self, status: Status, unkept: Problem | None) -> Outcome:
        standing = (raised for raised in status.problems if raised.topic is not Topic.SOUND)
        in_the_way = next((raised.problem for raised in standing), None)
        return Outcome(
            n_lines=status.n_lines,
            n_gaps=self._change_log.n_gaps,
            n_sessions=status.n_sessions,
            audio_ms=round(status.recorded_s * 1000),
            billed_s=status.billed_s,
            problem=unkept or self._capture.problem or in_the_way,
            repaired=tuple(
                part
                for part in self._capture.repaired.ranges
                if self._core.dictation.is_spoken(*part)
            ),
        )

    # ------------------------------------------------------------------------- commands

    def stop(self) -> None:
        """Stop capturing; ``run`` returns when everything captured is settled."""
        self._capture.stop()

    def abandon(self) -> None:
        """Stop at once: everything that has no text yet becomes a gap."""
        _log.info("asked to wait no longer")
        self._capture.abandon()
        self._core.call(self._core.dictation.abandon)

    def pause(self) -> None:
        """Capture nothing until ``resume``."""
        self._capture.pause()

    def resume(self) -> None:
        """Capture again."""
        self._capture.resume()

    def retry(self) -> None:
        """Connect to the recogniser now, without waiting for the next scheduled try."""
        _log.info("asked to connect now")
        self._core.call(self._core.dictation.retry)

    def switch(self, device: str) -> None:
        """Switch to another microphone; does nothing for a source that is not a microphone."""
        if isinstance(self.source, Switchable):
            self.source.switch(device)

    def end_utterance(self) -> None:
        """Ask the recogniser to end the utterance here."""
        self._core.call(self._core.dictation.end_utterance)

    def announce(self, problem: Problem) -> None:
        """Raise a problem of the recogniser; the next session that opens clears it."""
        self._sessions.announce(problem if self.source.is_live else problem.of_file())

    def notice(self, problem: Problem) -> None:
        """Publish a problem that is over, or needs no action, once ``run`` has begun."""
        self._change_log.publish(Noticed(problem))

    def status(self) -> Status:
        """How the dictation stands now, for display."""
        return self._core.status()

    # ------------------------------------------------------------------------- outputs of the core

    def _perform(self, effect: fx.Effect) -> None:
        """Do it; unless all of this is being cancelled, when nothing is to be begun any more."""
        if self._is_cancelled():
            return
        log_effect(effect)
        match effect:
            case fx.Open(session_number):
                self._sessions.open(session_number, self._group)
            case fx.Drop(session_number):
                self._sessions.drop(session_number)
            case fx.StopSource():
                self.stop()
            case fx.Done():
                self._done.set()
            case fx.Send() | fx.SendSilence() | fx.Finish() | fx.EndUtterance():
                self._sessions.enqueue(effect)

    def _publish(self, change: Change) -> None:
        """Publish a change, but never that capture works again after the source has failed."""
        if self._capture.problem is None or change != ProblemCleared(Topic.CAPTURE):
            self._change_log.publish(change)


def _cancelled_from_now_on() -> Callable[[], bool]:
    """Whether the task that runs now has been cancelled since, be it by one that it waits for."""
    task = asyncio.current_task()
    assert task is not None
    n_before = task.cancelling()
    return lambda: task.cancelling() > n_before
