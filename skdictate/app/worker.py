"""The door between two threads: commands go in, news come out.

A terminal that stalls blocks whoever writes to it. Recording must not wait for that: the engine
runs here, the screen in the main thread, and between them go only commands and messages.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from skdictate.app.dictation_loop import DictationLoop
from skdictate.app.worker_events import Broken, WorkerEvent, WorkerView
from skdictate.mic_protocol.remote_status import RemoteStatus

if TYPE_CHECKING:
    from skdictate.app.factory import Factory
    from skdictate.engine import Engine
    from skdictate.settings.remembered import RememberedMicrophone
    from skdictate.speechkit.auth import Issuer


class Worker:
    """Commands may be given from any thread and in any order; what makes no sense is ignored."""

    def __init__(self, build: Callable[[], Factory], tell: Callable[[WorkerEvent], None]) -> None:
        self._show = DictationLoop(build, tell)
        self._tell = tell
        self._thread = threading.Thread(target=self._work, name="dictation", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def view(self) -> WorkerView | None:
        """The newest snapshot, while a dictation runs."""
        return self._show.view

    @property
    def elsewhere(self) -> RemoteStatus | None:
        """How the microphone of another machine stands, if that is what is used."""
        return self._show.entrance.elsewhere

    @property
    def issuer(self) -> Issuer | None:
        """Who hands out what is shown to the service at present, if somebody does."""
        factory = self._show.factory
        return factory.issuer if factory is not None else None

    # ------------------------------------------------------------------------- commands

    def start(self) -> None:
        """Load what is needed; then ``Ready`` or ``Failed`` is told."""
        self._thread.start()

    def begin(self) -> None:
        """Begin a dictation, unless one runs."""
        self._call(self._show.begin)

    def stop(self) -> None:
        """Capture no more; ``Ended`` is told when all is answered for."""
        self._call(self._show.stop)

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

    def choose(self, microphone: RememberedMicrophone) -> None:
        """Record from this one from now on; a dictation that runs goes on with it."""
        self._call(lambda: self._show.choose(microphone))

    def retry(self) -> None:
        """Connect now."""
        self._command(lambda engine: engine.retry())
        self._call(self._show.entrance.retry)

    def logged_in(self) -> None:
        """The user has opened a connection to where the microphone is."""
        self._call(lambda: self._show.entrance.retry(is_logged_in=True))

    def renew(self) -> None:
        """Build the studio anew, for the next dictation; one that runs goes on as it is.

        ``Ready`` or ``Failed`` is told, as after ``start``.
        """
        self._call(self._show.renew)

    def sign_in(self, issuer: Issuer) -> None:
        """Show the service this from now on, also in a dictation that runs, which tries again."""
        self._call(lambda: self._show.sign_in(issuer))

    def close(self, patience_s: float) -> bool:
        """End everything in good order; whether that was done in time.

        A dictation that runs is stopped, and its last words are waited for; in the last second
        what is not answered is given up, so that it is kept as a gap.
        """
        self._show.is_leaving = True
        self._call(lambda: self._show.leave(patience_s))
        self._thread.join(patience_s + 1)
        return not self._thread.is_alive()

    # ------------------------------------------------------------------------- between threads

    def _work(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:  # noqa: BLE001 - the edge of a thread: the screen must know
            self._tell(Broken(_sole(error)))

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._show.run()

    def _command(self, command: Callable[[Engine], None]) -> None:
        def obey() -> None:
            if self._show.engine is not None:
                command(self._show.engine)

        self._call(obey)

    def _call(self, function: Callable[[], None]) -> None:
        """Run a function on the thread's loop, if that is up."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)


def _sole(error: BaseException) -> BaseException:
    """The error in a group that has only one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
