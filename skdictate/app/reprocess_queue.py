"""Reprocesses past dictations on a background thread, while the user does something else.

It pauses during a dictation, which has priority.
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
"""Interval between updates of the progress."""


@dataclass(frozen=True, slots=True)
class UnfinishedFound:
    """The library was checked; ``found`` has the unfinished dictations."""

    found: Found


@dataclass(frozen=True, slots=True)
class Reprocessed:
    """An order was carried out, completely or in part."""

    report: ReprocessReport


@dataclass(frozen=True, slots=True)
class ReprocessRefused:
    """An order could not be carried out, or the library could not be checked."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class ReprocessCrashed:
    """An unexpected exception has ended the thread."""

    error: BaseException


Word = UnfinishedFound | Reprocessed | ReprocessRefused | ReprocessCrashed


@dataclass(frozen=True, slots=True)
class ReprocessOrder:
    """Which part of a dictation to recognise again, and how."""

    number: int
    """Number of the dictation."""
    choice: Choice
    engine: str = ""
    """Value of the setting ``engine``; empty for the one in force."""
    language: tuple[str, ...] = ()
    """Languages; empty for those of the dictation."""


class ReprocessQueue:
    """Carries out one order at a time and sends events about them.

    ``tell`` is called on the queue's threads.
    """

    def __init__(
        self, paths: Paths, build: Callable[[Settings], Factory], tell: Callable[[Word], None]
    ) -> None:
        self._paths = paths
        self.at: ReprocessProgress | None = None
        """Progress of the current order, None without one; replaced as a whole."""
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

    def check_library(self, settings: Settings) -> None:
        """Recover killed dictations and look for unfinished ones, on a thread of its own.

        Sends ``UnfinishedFound``, or ``ReprocessRefused`` if the library cannot be used.
        """
        threading.Thread(target=self._look, args=(settings,), daemon=True).start()

    def submit(self, settings: Settings, *orders: ReprocessOrder) -> None:
        """Queue orders, which are carried out one after the other.

        Each ends with a ``Reprocessed`` or a ``ReprocessRefused`` event.
        """
        with self._lock:
            self._orders += [(settings, order) for order in orders]
            if self._thread is None and self._orders:
                self._thread = threading.Thread(target=self._work, name="redo", daemon=True)
                self._thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether an order is being carried out or waits."""
        return self._thread is not None

    def stop(self) -> None:
        """Stop and drop all orders; text that is not yet replaced stays."""
        with self._lock:
            self._orders.clear()
            self._is_stopped = True
        self._call(lambda redo: redo.stop())

    def pause(self) -> None:
        """Pause while the user dictates."""
        self._is_resting = True
        self._call(lambda redo: redo.pause())

    def resume(self) -> None:
        """Continue after a dictation."""
        self._is_resting = False
        self._call(lambda redo: redo.resume())

    def close(self, patience_s: float) -> None:
        """Stop, and wait up to ``patience_s`` seconds; being killed later does no harm."""
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
        """Run a command for the current order on its event loop, if there is one."""

        def obey() -> None:
            if self._redo is not None:
                command(self._redo)

        if (loop := self._loop) is not None and not loop.is_closed():
            loop.call_soon_threadsafe(obey)
