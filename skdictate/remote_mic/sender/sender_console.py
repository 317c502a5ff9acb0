"""Runs a sender in a terminal: shows its status, and ends cleanly."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from contextlib import suppress
from typing import TextIO

from skdictate.errors import Exit, Problem, ProblemError
from skdictate.remote_mic.sender.sender import Sender
from skdictate.system.signals import signals

LOOK_S = 0.25
LAST_S = 5.0
"""Seconds after a signal in which what is kept is still sent."""


class SenderConsole:
    """One sender and its user. Not in a terminal, it prints whole lines only, on standard error."""

    def __init__(self, sender: Sender, out: TextIO, keys_fd: int = 0) -> None:
        self._sender = sender
        self._out = out
        self._keys_fd = keys_fd
        self._is_terminal = out.isatty()
        self._has_keys = self._is_terminal and os.isatty(keys_fd)
        self._signalled = Exit.DONE
        self._shown = ""
        self._problem: Problem | None = None
        self._running: asyncio.Task[None]
        sender.on_change = self.say

    async def run(self) -> Exit:
        """Run until the sender ends or the user ends it.

        Raises:
            ProblemError: see ``Sender.run``.
        """
        async with asyncio.TaskGroup() as group:
            showing = group.create_task(self._show())
            self._running = group.create_task(self._bring())
            with signals(self.interrupt):
                await asyncio.wait([self._running])
            showing.cancel()
            self._clear()
        if self._problem is not None:
            raise ProblemError(self._problem)
        return self._signalled

    async def _bring(self) -> None:
        try:
            await self._sender.run()
        except ProblemError as error:
            self._problem = error.problem

    def interrupt(self, code: Exit) -> None:
        """Turn the microphone off but send what was captured; the second time, leave at once."""
        if self._signalled:
            self._running.cancel()
            return
        self._signalled = code
        self._sender.finish()
        kept_s = self._sender.report.kept_s
        if kept_s >= 1:
            self.say(f"the microphone is off; {kept_s:.1f} s are still brought. Again: leave")
        asyncio.get_running_loop().call_later(LAST_S, self._running.cancel)

    def say(self, words: str) -> None:
        """Print a line that stays."""
        self._clear()
        self._write(f"skdictate: {words}\n")

    async def _show(self) -> None:
        """Update the status line, but not while ssh may ask for something."""
        is_watched = False
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                report = self._sender.report
                if not self._has_keys or is_watched != self._sender.may_ask:
                    pass
                elif is_watched:
                    is_watched = False
                    asyncio.get_running_loop().remove_reader(self._keys_fd)
                else:
                    is_watched = True
                    asyncio.get_running_loop().add_reader(self._keys_fd, self._press)
                if self._is_terminal and not self._sender.may_ask:
                    self._redraw(report.words)
        finally:
            if is_watched:
                asyncio.get_running_loop().remove_reader(self._keys_fd)

    def _press(self) -> None:
        """At Enter, connect now and let ssh ask what it has to."""
        try:
            is_end = not os.read(self._keys_fd, 1024)
        except OSError:
            is_end = True
        if is_end and not os.isatty(self._keys_fd):
            self._has_keys = False  # it would be readable again and again
            asyncio.get_running_loop().remove_reader(self._keys_fd)
            if not self._signalled:
                self.interrupt(Exit.HANGUP)
            return
        self._sender.retry_now()

    def _redraw(self, words: str) -> None:
        width = shutil.get_terminal_size().columns - 1
        shown = words if len(words) <= width else words[: width - 1] + "…"
        if shown != self._shown:
            self._write(f"\r\x1b[K{shown}")
            self._shown = shown

    def _clear(self) -> None:
        if self._shown:
            self._write("\r\x1b[K")
            self._shown = ""

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody reads it, which is no reason to end
            self._out.write(text)
            self._out.flush()


async def bring(sender: Sender) -> Exit:
    """Run a sender for the user of this terminal."""
    return await SenderConsole(sender, sys.stderr).run()
