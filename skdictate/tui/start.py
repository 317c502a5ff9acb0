"""Runs the app, and makes sure that it ends in good order whatever ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.remote_mic.ssh.local_terminal import attributes
from skdictate.settings.config import Config
from skdictate.system import boundary, standard_streams
from skdictate.system.paths import Paths
from skdictate.system.signals import CODES
from skdictate.tui import terminal
from skdictate.tui.app import DictateApp
from skdictate.tui.exiting import LEAVE_S

GRACE_S = 2.0
"""How long the screen may take to close after the dictation has ended."""


def start(config: Config, paths: Paths) -> int:
    """Run the app and return its exit code.

    Raises:
        ProblemError: there is no terminal.
    """
    if standard_streams.closed or not all(it.isatty() for it in (sys.stdout, sys.stderr)):
        with suppress(OSError):  # without a terminal, an error follows below
            standard_streams.to_terminal()
    stdin = 0
    if config.settings.source == "stdin" or config.settings.api_key_file == "-":
        stdin = _take_stdin()
    elif not sys.stdin.isatty():
        raise ProblemError(_no_terminal())
    terminal.install()
    app = DictateApp(config.settings, paths, stdin_fd=stdin, origins=config.origins)
    mistakes: list[str] = []
    try:
        with boundary.saying(mistakes.append):
            code = asyncio.run(_run(app))
    finally:
        _say_last(app, mistakes)
    if app.mistake is not None and not terminal.is_gone():
        raise app.mistake
    return int(code)


def _say_last(app: DictateApp, mistakes: list[str]) -> None:
    """Print errors, unsaved text and the last dictation's number after the screen has closed."""
    if terminal.is_gone():
        terminal.let_go()
        return
    for words in mistakes:
        standard_streams.say(words)
    if app.saving.unsaved is not None:
        standard_streams.say(str(app.saving.unsaved))
    if app.kept:
        number = app.kept[-1]
        sys.stderr.write(f"Saved as dictation {number}: skdictate history show {number}\n")


async def _run(app: DictateApp) -> int:
    """Run the app with handlers for the signals that would otherwise kill it."""
    ending = Ending(app, asyncio.get_running_loop())
    for name, code in CODES.items():
        number = getattr(signal, name, None)
        if number is not None:
            signal.signal(number, ending.handler(code))
    try:
        await app.run_async()
    finally:
        await asyncio.to_thread(app.worker.close, LEAVE_S)
        await asyncio.to_thread(app.past_dictations.reprocess_queue.close, GRACE_S)
    return app.return_value if app.return_value is not None else app.return_code or Exit.DONE


class Ending:
    """Ends the app on a signal: in good order, or by force if the screen does not respond.

    A Python signal handler runs even while the main thread waits for a stopped terminal.
    """

    def __init__(self, app: DictateApp, loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._loop = loop
        self._has_begun = False
        self._before = attributes(0)

    def handler(self, code: Exit) -> Callable[[int, FrameType | None], None]:
        """A signal handler that ends the app with this exit code."""
        return lambda _number, _frame: self.begin(code)

    def begin(self, code: Exit) -> None:
        """Begin to end the app with this exit code."""
        self._loop.call_soon_threadsafe(self._app.exiting.leave, code)
        if not self._has_begun:
            self._has_begun = True
            threading.Thread(target=self._see_through, args=(code,), daemon=True).start()

    def _see_through(self, code: Exit) -> None:
        """Close the worker, and end the process if it still runs after ``GRACE_S``."""
        self._app.worker.close(LEAVE_S)
        threading.Event().wait(GRACE_S)
        terminal.restore(self._before)
        os._exit(code)


def _take_stdin() -> int:
    standard_streams.check_input()
    try:
        return terminal.take_stdin()
    except OSError as error:
        raise ProblemError(_no_terminal()) from error


def _no_terminal() -> Problem:
    return Problem(
        Kind.USAGE,
        "The screen needs a terminal",
        "Standard input is not a terminal, and /dev/tty cannot be opened",
        "To dictate without a screen: skdictate listen",
        is_permanent=True,
    )
