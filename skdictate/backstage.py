"""Dictation on a thread of its own, with an event loop of its own, behind a screen.

A terminal that stalls blocks whoever writes to it. Recording must not wait for that: the engine
runs here, the screen in the main thread, and between them go only commands and messages.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from skdictate.core.audio import Level
from skdictate.core.changes import Change
from skdictate.core.status import Status
from skdictate.errors import Problem, ProblemError

if TYPE_CHECKING:
    from skdictate.engine import Engine, Outcome
    from skdictate.memory import Microphone
    from skdictate.studio import Studio

LOOK_S = 0.1
"""How often the gauges' snapshot is renewed."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The settings make sense, and a dictation may begin."""

    source: str
    engine: str
    place: str
    languages: tuple[str, ...]
    is_local: bool


@dataclass(frozen=True, slots=True)
class Failed:
    """No dictation can begin; ``run`` may be tried again where that makes sense."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Began:
    """A dictation runs."""

    source: str
    rate_hz: int


@dataclass(frozen=True, slots=True)
class Changed:
    """Something has become of the text; it is stored already."""

    change: Change


@dataclass(frozen=True, slots=True)
class Ended:
    """A dictation is over."""

    outcome: Outcome
    dictation_id: int | None
    """Its number in the library, if it is there."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A mistake in this program has ended the thread."""

    error: BaseException


News = Broken | Ready | Failed | Began | Changed | Ended


@dataclass(frozen=True, slots=True)
class View:
    """What the gauges show."""

    status: Status
    level: Level
    held_dbfs: float
    """The held peak."""
    is_paused: bool
    overruns: int


class Backstage:
    """Commands may be given from any thread and in any order; what makes no sense is ignored."""

    def __init__(self, build: Callable[[], Studio], tell: Callable[[News], None]) -> None:
        self.view: View | None = None
        """The newest snapshot, while a dictation runs; replaced whole."""
        self._build = build
        self._tell = tell
        self._thread = threading.Thread(target=self._work, name="dictation", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_leaving = False
        self._engine: Engine | None = None
        self._studio: Studio | None = None
        self._wanted: asyncio.Queue[bool]

    # ------------------------------------------------------------------------- commands

    def start(self) -> None:
        """Load what is needed; then ``Ready`` or ``Failed`` is told."""
        self._thread.start()

    def begin(self) -> None:
        """Begin a dictation, unless one runs."""
        self._call(lambda: None if self._engine else self._wanted.put_nowait(True))

    def stop(self) -> None:
        """Capture no more; ``Ended`` is told when all is answered for."""
        self._command(lambda engine: engine.stop())

    def abandon(self) -> None:
        """End the dictation without waiting for anything."""
        self._command(lambda engine: engine.abandon())

    def pause(self) -> None:
        """Capture nothing for a while."""
        self._command(lambda engine: engine.pause())

    def resume(self) -> None:
        """Capture again."""
        self._command(lambda engine: engine.resume())

    def end_utterance(self) -> None:
        """End the sentence here."""
        self._command(lambda engine: engine.end_utterance())

    def choose(self, microphone: Microphone) -> None:
        """Record from this one from now on; a dictation that runs goes on with it."""
        self._call(self._choose, microphone)

    def retry(self) -> None:
        """Connect now."""
        self._command(lambda engine: engine.retry())

    def close(self, patience_s: float) -> bool:
        """End everything in good order; whether that was done in time.

        A dictation that runs is stopped, and its last words are waited for; in the last second
        what is not answered is given up, so that it is kept as a gap.
        """
        self._is_leaving = True
        self._call(self._leave, patience_s)
        self._thread.join(patience_s + 1)
        return not self._thread.is_alive()

    # ------------------------------------------------------------------------- on the thread

    def _work(self) -> None:
        try:
            asyncio.run(self._serve(self._build()))
        except ProblemError as error:
            self._tell(Failed(error.problem))
        except BaseException as error:  # noqa: BLE001 - the edge of a thread: the screen must know
            self._tell(Broken(error))

    async def _serve(self, studio: Studio) -> None:
        """Dictation after dictation, until told to leave."""
        self._loop = asyncio.get_running_loop()
        self._wanted = asyncio.Queue()
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(studio.server.run()) if studio.server else None
            looking = group.create_task(self._look())
            self._studio = studio
            self._tell_ready(studio)
            while not self._is_leaving and await self._wanted.get():
                await self._dictate(studio)
            looking.cancel()
            if serving is not None:
                serving.cancel()
        await studio.close()

    def _tell_ready(self, studio: Studio) -> None:
        self._tell(
            Ready(
                studio.source_name,
                studio.backend.name,
                studio.place,
                studio.languages,
                studio.is_local,
            )
        )

    def _choose(self, microphone: Microphone) -> None:
        assert self._studio is not None
        self._studio.choose(microphone)
        if self._engine is not None:
            self._engine.switch(microphone.name)
        else:
            self._tell_ready(self._studio)

    async def _dictate(self, studio: Studio) -> None:
        try:
            source = studio.source()
            engine = studio.engine(source)
        except ProblemError as error:
            self._tell(Failed(error.problem))
            return
        engine.on_change = lambda change: self._tell(Changed(change))
        self._engine = engine
        self._tell(Began(source.name, source.format.rate_hz))
        try:
            outcome = await engine.run()
        finally:
            self._engine = self.view = None
        self._tell(Ended(outcome, engine.keeper.dictation_id))

    async def _look(self) -> None:
        """Renew the snapshot."""
        loop = asyncio.get_running_loop()
        while True:
            engine = self._engine
            if engine is not None:
                level, held_dbfs = engine.meter.look(loop.time())
                self.view = View(
                    engine.status(), level, held_dbfs, engine.is_paused, engine.source.overruns
                )
            await asyncio.sleep(LOOK_S)

    def _leave(self, patience_s: float) -> None:
        self._wanted.put_nowait(False)
        if self._engine is not None:
            self._engine.stop()
            asyncio.get_running_loop().call_later(patience_s, self._give_up)

    def _give_up(self) -> None:
        if self._engine is not None:
            self._engine.abandon()

    # ------------------------------------------------------------------------- between threads

    def _command(self, command: Callable[[Engine], None]) -> None:
        def obey() -> None:
            if self._engine is not None:
                command(self._engine)

        self._call(obey)

    def _call(self, function: Callable[..., object], *arguments: object) -> None:
        """Run a function on the thread's loop, if that is up."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)
