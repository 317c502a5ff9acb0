"""Runs dictations one after the other on the worker's event loop.

A factory is built for the settings in force and used for all dictations until the settings change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from skdictate.app.remote_entry import RemoteEntry
from skdictate.app.unsaved_text import UnsavedText
from skdictate.app.worker_events import (
    Began,
    Changed,
    Ended,
    Failed,
    Ready,
    WorkerEvent,
    WorkerView,
)
from skdictate.errors import ProblemError

if TYPE_CHECKING:
    from skdictate.app.factory import Factory
    from skdictate.engine import Engine
    from skdictate.settings.remembered import RememberedMicrophone
    from skdictate.speechkit.auth import Issuer

LOOK_S = 0.1
"""Interval between snapshots for the gauges."""


class DictationLoop:
    """Carries out commands and sends events; a command that is not valid now is ignored."""

    def __init__(self, build: Callable[[], Factory], tell: Callable[[WorkerEvent], None]) -> None:
        self.view: WorkerView | None = None
        """The newest snapshot of the running dictation; replaced as a whole."""
        self.factory: Factory | None = None
        """The factory in use; None until it is ready."""
        self.engine: Engine | None = None
        """The running dictation, if there is one."""
        self.entrance = RemoteEntry(tell)
        self.is_leaving = False
        self._build = build
        self._tell = tell
        self._remains = UnsavedText(tell)
        self._is_stopped_early = False
        """Whether ``stop`` was called before the requested dictation has begun."""
        self._is_stale = False
        """Whether the factory was built for settings that are no longer in force."""
        self._requests: asyncio.Queue[bool] = asyncio.Queue()
        """True requests another dictation, False the end of the factory."""

    async def run(self) -> None:
        """Build factories and run their dictations until ``leave`` is called."""
        is_wanted = False
        async with asyncio.TaskGroup() as group:
            self._group = group
            while not self.is_leaving:
                self._is_stale = False
                try:
                    factory = self._build()
                    await factory.sound.settle(self.entrance.hub, may_wait=True)
                except ProblemError as error:
                    self._tell(Failed(error.problem))
                    is_wanted = await self._requests.get()
                    continue
                await self.entrance.receive(group, factory.sound.hub)
                if is_wanted:  # a dictation was requested after a failure
                    self._requests.put_nowait(True)
                    is_wanted = False
                await self._serve(factory)
            await self.entrance.receive(group, None)
            self._remains.close()

    # ------------------------------------------------------------------------- commands

    def begin(self) -> None:
        """Begin a dictation, unless one runs."""
        if self.engine is None:
            self._is_stopped_early = False
            self._requests.put_nowait(True)

    def stop(self) -> None:
        """Stop recording; also applies to a requested dictation that has not begun yet."""
        if self.engine is not None:
            self.engine.stop()
        else:
            self._is_stopped_early = True

    def choose(self, microphone: RememberedMicrophone) -> None:
        """Use this microphone from now on, also in a running dictation."""
        if self.factory is None:
            return
        self.factory.sound.choose(microphone)
        if self.engine is not None:
            self.engine.switch(microphone.name)
        else:
            self._tell_ready(self.factory)

    def renew(self) -> None:
        """Build a new factory for the next dictation; a running one is not affected."""
        if not self._is_stale:
            self._is_stale = True
            self._requests.put_nowait(False)

    def sign_in(self, issuer: Issuer) -> None:
        """Use this issuer's credentials from now on; a running dictation reconnects with them."""
        factory = self.factory
        if self.engine is not None and factory is not None and not factory.recogniser.is_local:
            factory.issuer = issuer
            self.engine.retry()
        self.renew()

    def leave(self, patience_s: float) -> None:
        """End the loop; a running dictation has ``patience_s`` seconds to finish."""
        self._requests.put_nowait(False)
        if self.engine is not None:
            self.engine.stop()
            asyncio.get_running_loop().call_later(patience_s, self._give_up)

    def _give_up(self) -> None:
        if self.engine is not None:
            self.engine.abandon()

    # ------------------------------------------------------------------------- one factory

    async def _serve(self, factory: Factory) -> None:
        """Run dictations until another factory is needed or the loop ends."""
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(factory.server.run()) if factory.server else None
            looking = group.create_task(self._look())
            self.factory = factory
            self._tell_ready(factory)
            while not self.is_leaving and await self._requests.get():
                await self._dictate(factory)
            self.factory = None
            looking.cancel()
            if serving is not None:
                serving.cancel()
        await factory.close()

    def _tell_ready(self, factory: Factory) -> None:
        self._tell(
            Ready(
                factory.sound.name,
                factory.backend.name,
                factory.recogniser.place,
                factory.recogniser.languages,
                factory.recogniser.is_local,
                factory.sound.absence,
                factory.sound.invitation,
            )
        )

    async def _dictate(self, factory: Factory) -> None:
        try:
            source = factory.sound.source()
            engine = factory.engine(source)
        except ProblemError as error:
            self._tell(Failed(error.problem))
            return
        engine.on_change = lambda change: self._tell(Changed(change))
        self.engine = engine
        self._tell(Began(source.name, source.format.rate_hz))
        if self._is_stopped_early:
            self._is_stopped_early = False
            engine.stop()
        try:
            outcome = await engine.run()
        finally:
            self.engine = self.view = None
        number = engine.store.dictation_id
        # Repaired ranges are recognised again, which needs the recording; it is deleted afterwards.
        note = await _spend_sound(factory, number) if not outcome.repaired else ""
        self._tell(Ended(outcome, number, note, is_unsaved=engine.store.is_waiting))
        if engine.store.is_waiting:
            self._remains.persist(self._group, engine.store)

    async def _look(self) -> None:
        """Update the snapshot for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self.entrance.check(self.factory.sound.hub if self.factory is not None else None)
            engine = self.engine
            if engine is not None:
                level, held_dbfs = engine.meter.read(loop.time())
                self.view = WorkerView(
                    engine.status(), level, held_dbfs, engine.is_paused, engine.source.overruns
                )
            await asyncio.sleep(LOOK_S)


async def _spend_sound(factory: Factory, number: int | None) -> str:
    """Delete the recording if it is not to be kept; returns a sentence if that failed."""
    if number is None or factory.settings.keep_audio:
        return ""
    from skdictate.app.archive import Archive

    try:
        return await asyncio.to_thread(Archive(factory.paths).spend_sound, number)
    except ProblemError as error:
        return str(error.problem)
