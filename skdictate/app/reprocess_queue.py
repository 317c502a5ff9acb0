"""Where old dictations are recognised again, while the user does something else.

A thread of its own, behind the one that dictates: whoever speaks comes first, and this rests.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from skdictate.errors import Problem, ProblemError
from skdictate.library.unfinished import Found
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths

if TYPE_CHECKING:
    from skdictate.app.archive import Archive
    from skdictate.app.factory import Factory
    from skdictate.app.reprocess import Choice, Reprocessing
    from skdictate.app.reprocess_report import ReprocessProgress, ReprocessReport

LOOK_S = 0.2
"""How often it is looked how far it is."""


@dataclass(frozen=True, slots=True)
class UnfinishedFound:
    """What there is that could be recognised yet."""

    found: Found


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """A dictation was recognised again, as far as that went."""

    report: ReprocessReport


@dataclass(frozen=True, slots=True)
class ReprocessRefused:
    """It could not be, and why; or the library could not be looked at."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class ReprocessCrashed:
    """A mistake in this program has ended the thread."""

    error: BaseException


Word = UnfinishedFound | Reprocessed | ReprocessRefused | ReprocessCrashed


@dataclass(frozen=True, slots=True)
class ReprocessOrder:
    """What is to be recognised again, and how."""

    number: int
    """Of the dictation."""
    choice: Choice
    engine: str = ""
    """As in the settings; empty for the one that is set."""
    language: tuple[str, ...] = ()
    """Empty for that of the dictation."""


class ReprocessQueue:
    """One order at a time; those that come meanwhile wait."""

    def __init__(
        self, paths: Paths, build: Callable[[Settings], Factory], tell: Callable[[Word], None]
    ) -> None:
        self._paths = paths
        self.at: ReprocessProgress | None = None
        """How far it is with the present order; replaced whole."""
        self._build = build
        self._tell = tell
        self._orders: list[tuple[Settings, ReprocessOrder]] = []
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._redo: Reprocessing | None = None
        self._is_resting = self._is_stopped = self._is_leaving = False

    @cached_property
    def archive(self) -> Archive:
        """The dictations of this user."""
        from skdictate.app.archive import Archive

        return Archive(self._paths)

    # ------------------------------------------------------------------------- commands

    def look(self, settings: Settings) -> None:
        """See how things stand, and put right what was killed; ``UnfinishedFound`` is told."""
        threading.Thread(target=self._look, args=(settings,), daemon=True).start()

    def order(self, settings: Settings, *orders: ReprocessOrder) -> None:
        """Recognise these again, one after the other.

        Each ends with a ``Reprocessed`` or a ``ReprocessRefused``.
        """
        with self._lock:
            self._orders += [(settings, order) for order in orders]
            if self._thread is None and self._orders:
                self._thread = threading.Thread(target=self._work, name="redo", daemon=True)
                self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Something is being recognised, or waits for its turn."""
        return self._thread is not None

    def stop(self) -> None:
        """Enough; what was not heard yet stays as it was."""
        with self._lock:
            self._orders.clear()
            self._is_stopped = True
        self._call(lambda redo: redo.stop())

    def rest(self) -> None:
        """Somebody speaks."""
        self._is_resting = True
        self._call(lambda redo: redo.pause())

    def go_on(self) -> None:
        """Nobody speaks any more."""
        self._is_resting = False
        self._call(lambda redo: redo.resume())

    def close(self, patience_s: float) -> None:
        """End in good order, if that takes no longer; a kill does no harm either."""
        self._is_leaving = True
        self.stop()
        if (thread := self._thread) is not None:
            thread.join(patience_s)

    # ------------------------------------------------------------------------- on the threads

    def _look(self, settings: Settings) -> None:
        try:
            self._tell(UnfinishedFound(self.archive.look(settings)))
        except ProblemError as error:
            self._tell(ReprocessRefused(error.problem))
        except BaseException as error:  # noqa: BLE001 - the edge of a thread: the screen must know
            self._tell(ReprocessCrashed(error))

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._orders or self._is_leaving:
                    self._thread = None
                    return
                settings, order = self._orders.pop(0)
                self._is_stopped = False
            try:
                self._tell(Reprocessed(asyncio.run(self._obey(settings, order))))
            except ProblemError as error:
                self._tell(ReprocessRefused(error.problem))
            except BaseException as error:  # noqa: BLE001 - the edge of a thread, again
                self._tell(ReprocessCrashed(error))
            finally:
                self.at = None

    async def _obey(self, settings: Settings, order: ReprocessOrder) -> ReprocessReport:
        from skdictate.app.reprocess import Reprocessing

        kept = await asyncio.to_thread(self.archive.get, order.number)
        spoken = tuple(it for it in kept.about.language.split(", ") if it)
        settings = replace(
            settings,
            engine=order.engine or settings.engine,
            endpoint="" if order.engine == "local" else settings.endpoint,
            language=order.language or spoken or settings.language,
        )
        factory = self._build(settings)
        redo = Reprocessing(factory, order.number, order.choice)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._watch(redo))]
            if factory.server is not None:
                tasks.append(group.create_task(factory.server.run()))
            self._loop = asyncio.get_running_loop()
            self._redo = redo
            if self._is_resting:
                redo.pause()
            if self._is_stopped:
                redo.stop()
            try:
                outcome: ReprocessReport | Problem = await redo.run()
            except ProblemError as error:
                outcome = error.problem
            finally:
                self._redo = self._loop = None
                for task in tasks:
                    task.cancel()
                await factory.close()
        if isinstance(outcome, Problem):
            raise ProblemError(outcome)
        return outcome

    async def _watch(self, redo: Reprocessing) -> None:
        while True:
            self.at = redo.progress() or self.at
            await asyncio.sleep(LOOK_S)

    def _call(self, command: Callable[[Reprocessing], None]) -> None:
        """Have the present order obey, if there is one."""

        def obey() -> None:
            if self._redo is not None:
                command(self._redo)

        if (loop := self._loop) is not None and not loop.is_closed():
            loop.call_soon_threadsafe(obey)
