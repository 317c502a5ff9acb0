"""The worker thread of the app: takes commands from the screen and sends events to it.

A stalled terminal blocks the thread that writes to it, and recording must not wait for that. So
dictations run on this thread and the screen on the main thread.
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
    """Runs dictations on a thread; commands are thread-safe, and ignored if not valid now.

    ``tell`` is called on the worker thread with each event.
    """

    def __init__(self, build: Callable[[], Factory], tell: Callable[[WorkerEvent], None]) -> None:
        self._show = DictationLoop(build, tell)
        self._tell = tell
        self._thread = threading.Thread(target=self._work, name="dictation", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def view(self) -> WorkerView | None:
        """The newest snapshot of the running dictation; None without one."""
        return self._show.view

    @property
    def elsewhere(self) -> RemoteStatus | None:
        """Status of the remote microphone; None if none is used."""
        return self._show.entrance.elsewhere

    @property
    def issuer(self) -> Issuer | None:
        """The present issuer of credentials; None if there is none."""
        factory = self._show.factory
        return factory.issuer if factory is not None else None

    # ------------------------------------------------------------------------- commands

    def start(self) -> None:
        """Start the thread and load the recogniser; sends ``Ready`` or ``Failed``."""
        self._thread.start()

    def begin(self) -> None:
        """Begin a dictation, unless one runs."""
        self._call(self._show.begin)

    def stop(self) -> None:
        """Stop recording; sends ``Ended`` when everything is recognised or given up."""
        self._call(self._show.stop)

    def abandon(self) -> None:
        """End the dictation without waiting for the recogniser."""
        self._command(lambda engine: engine.abandon())

    def pause(self) -> None:
        """Pause recording."""
        self._command(lambda engine: engine.pause())

    def resume(self) -> None:
        """Resume recording."""
        self._command(lambda engine: engine.resume())

    def end_utterance(self) -> None:
        """End the sentence here."""
        self._command(lambda engine: engine.end_utterance())

    def choose(self, microphone: RememberedMicrophone) -> None:
        """Use this microphone from now on, also in a running dictation."""
        self._call(lambda: self._show.choose(microphone))

    def retry(self) -> None:
        """Connect to the recogniser and to the remote microphone now."""
        self._command(lambda engine: engine.retry())
        self._call(self._show.entrance.retry)

    def logged_in(self) -> None:
        """Connect to the remote microphone, after the user has logged in with ssh."""
        self._call(lambda: self._show.entrance.retry(is_logged_in=True))

    def renew(self) -> None:
        """Build a new factory for the next dictation; a running one is not affected.

        Sends ``Ready`` or ``Failed``.
        """
        self._call(self._show.renew)

    def sign_in(self, issuer: Issuer) -> None:
        """Use this issuer's credentials from now on; a running dictation reconnects with them."""
        self._call(lambda: self._show.sign_in(issuer))

    def close(self, patience_s: float) -> bool:
        """End the thread in good order.

        A running dictation is stopped and has ``patience_s`` seconds for its last finals; sound
        without an answer then becomes a gap.

        Returns:
            Whether the thread ended in time.
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
        """Run a function on the thread's event loop, if it is running."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function)


def _sole(error: BaseException) -> BaseException:
    """The single error within nested exception groups; otherwise the error itself."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
