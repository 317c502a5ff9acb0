"""Dictation on a thread of its own, with an event loop of its own, behind a screen.

A terminal that stalls blocks whoever writes to it. Recording must not wait for that: the engine
runs here, the screen in the main thread, and between them go only commands and messages.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from skdictate.core.audio import Level
from skdictate.core.changes import Change
from skdictate.core.elsewhere import Elsewhere
from skdictate.core.invitation import Invitation
from skdictate.core.status import Status
from skdictate.errors import Problem, ProblemError

if TYPE_CHECKING:
    from skdictate.engine import Engine, Outcome
    from skdictate.library.base import Keeping
    from skdictate.memory import Microphone
    from skdictate.sources.lobby import Lobby
    from skdictate.speechkit.auth import Issuer
    from skdictate.studio import Studio

LET_GO_S = 1.0
"""At the end: how long a disk that does not answer is waited for."""
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
    absence: str = ""
    """Why the microphone is not one of this machine, if the user did not want that."""
    invitation: Invitation | None = None
    """How the microphone of another machine comes here, if one is waited for."""


@dataclass(frozen=True, slots=True)
class Failed:
    """No dictation can begin; ``begin`` tries again."""

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
    note: str = ""
    """What there is to say of its recording, if anything."""
    is_unsaved: bool = False
    """Some of it is only in memory, since the disk has trouble; it is tried again and again."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What was left of a dictation is saved after all."""

    dictation_id: int | None


@dataclass(frozen=True, slots=True)
class Broken:
    """A mistake in this program has ended the thread."""

    error: BaseException


News = Broken | Ready | Failed | Began | Changed | Ended | Saved | Elsewhere


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
        self.elsewhere: Elsewhere | None = None
        """How the microphone of another machine stands, if that is what is used."""
        self._lobby: Lobby | None = None
        self._receiving: asyncio.Task[None] | None = None
        self._persisting: set[asyncio.Task[None]] = set()
        self._is_stale = False
        """The studio was built for settings that are no longer in force."""
        self._wanted: asyncio.Queue[bool]
        """Another dictation, or the end of the studio."""

    @property
    def issuer(self) -> Issuer | None:
        """Who hands out what is shown to the service at present, if somebody does."""
        return self._studio.issuer if self._studio is not None else None

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
        self._call(lambda: self._lobby.retry() if self._lobby else None)

    def logged_in(self) -> None:
        """The user has opened a connection to where the microphone is."""
        self._call(lambda: self._lobby.retry(is_logged_in=True) if self._lobby else None)

    def renew(self) -> None:
        """Build the studio anew, for the next dictation; one that runs goes on as it is.

        ``Ready`` or ``Failed`` is told, as after ``start``.
        """
        self._call(self._renew)

    def sign_in(self, issuer: Issuer) -> None:
        """Show the service this from now on, also in a dictation that runs, which tries again."""
        self._call(self._sign_in, issuer)

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
            asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001 - the edge of a thread: the screen must know
            self._tell(Broken(_sole(error)))

    async def _run(self) -> None:
        """Studio after studio, until told to leave."""
        self._loop = asyncio.get_running_loop()
        self._wanted = asyncio.Queue()
        is_wanted = False
        async with asyncio.TaskGroup() as group:
            self._group = group
            while not self._is_leaving:
                self._is_stale = False
                try:
                    studio = self._build()
                    await studio.settle(self._lobby, may_wait=True)
                except ProblemError as error:
                    self._tell(Failed(error.problem))
                    is_wanted = await self._wanted.get()
                    continue
                await self._receive(group, studio.lobby)
                if is_wanted:  # what was wrong has been mended since
                    self._wanted.put_nowait(True)
                    is_wanted = False
                await self._serve(studio)
            await self._receive(group, None)
            for task in self._persisting:
                task.cancel()

    async def _persist(self, keeper: Keeping) -> None:
        """Save what is left of a dictation, as soon as the disk takes it."""
        try:
            await keeper.persist()
        except asyncio.CancelledError:
            with suppress(TimeoutError):
                async with asyncio.timeout(LET_GO_S):
                    await keeper.let_go()
            raise
        self._tell(Saved(keeper.dictation_id))

    async def _receive(self, group: asyncio.TaskGroup, lobby: Lobby | None) -> None:
        """Let microphones come in there from now on, and nowhere else."""
        if lobby is self._lobby:
            return
        if self._receiving is not None and self._lobby is not None:
            self._receiving.cancel()
            await asyncio.wait([self._receiving])
            self._lobby.close()
        self._lobby = lobby
        self._receiving = group.create_task(lobby.run()) if lobby is not None else None

    async def _serve(self, studio: Studio) -> None:
        """Dictation after dictation, until told to leave, or to have another studio."""
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(studio.server.run()) if studio.server else None
            looking = group.create_task(self._look())
            self._studio = studio
            self._tell_ready(studio)
            while not self._is_leaving and await self._wanted.get():
                await self._dictate(studio)
            self._studio = None
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
                studio.absence,
                studio.invitation,
            )
        )

    def _renew(self) -> None:
        if not self._is_stale:
            self._is_stale = True
            self._wanted.put_nowait(False)

    def _sign_in(self, issuer: Issuer) -> None:
        studio = self._studio
        if self._engine is not None and studio is not None and not studio.is_local:
            studio.issuer = issuer
            self._engine.retry()
        self._renew()

    def _choose(self, microphone: Microphone) -> None:
        if self._studio is None:
            return
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
        number = engine.keeper.dictation_id
        note = await _spend_sound(studio, number)
        self._tell(Ended(outcome, number, note, is_unsaved=engine.keeper.is_waiting))
        if engine.keeper.is_waiting:
            task = self._group.create_task(self._persist(engine.keeper))
            self._persisting.add(task)
            task.add_done_callback(self._persisting.discard)

    async def _look(self) -> None:
        """Renew the snapshot."""
        loop = asyncio.get_running_loop()
        while True:
            self._look_elsewhere()
            engine = self._engine
            if engine is not None:
                level, held_dbfs = engine.meter.look(loop.time())
                self.view = View(
                    engine.status(), level, held_dbfs, engine.is_paused, engine.source.overruns
                )
            await asyncio.sleep(LOOK_S)

    def _look_elsewhere(self) -> None:
        before = self.elsewhere
        lobby = self._studio.lobby if self._studio is not None else None
        self.elsewhere = now = lobby.elsewhere if lobby is not None else None
        if now is not None and (before is None or replace(before, words=now.words) != now):
            self._tell(now)

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


async def _spend_sound(studio: Studio, number: int | None) -> str:
    """What there is to say of a recording that was to be kept only for a while."""
    if number is None or studio.settings.keep_audio:
        return ""
    from skdictate.archive import Archive

    try:
        return await asyncio.to_thread(Archive(studio.paths).spend_sound, number)
    except ProblemError as error:
        return str(error.problem)


def _sole(error: BaseException) -> BaseException:
    """The error in a group that has only one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
