"""The library's driver for Linux and macOS, which also knows how a terminal goes and comes back.

It reads keys by itself, for the library's own reader takes the end of a terminal for silence and
looks again at once, for ever. For those who hold a key to talk it asks for releases of keys, too.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from codecs import getincrementaldecoder
from collections.abc import Iterable
from contextlib import suppress
from types import FrameType

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message
from textual.messages import InBandWindowResize

from skdictate.tui.keyboard import ASK, Flags, KeyStream, SpaceUp
from skdictate.tui.messages import Released, Reported, TerminalGone, TerminalSpoiled

READ_BYTES = 4096
TICK_S = 0.1
"""The parser is asked so often whether what waits was a key by itself."""


class TerminalDriver(linux_driver.LinuxDriver):
    """Tells the app when the terminal is gone, and when its picture has to be painted anew."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self._told_size: tuple[int, int] | None = None

    def start_application_mode(self) -> None:
        """Take the terminal as the library does, and be told of every size."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        on_resize = signal.getsignal(signal.SIGWINCH)
        if not callable(on_resize):
            return

        def resized(number: int, frame: FrameType | None) -> None:
            size = None
            with suppress(OSError):
                size = os.get_terminal_size(self.fileno)
            if self._in_band_window_resize or size == self._told_size:
                self.send_message(TerminalSpoiled())  # the library does nothing about it
            self._told_size = size
            on_resize(number, frame)

        signal.signal(signal.SIGWINCH, resized)

    def process_message(self, message: Message) -> None:
        """See the library; a size that the terminal tells by itself may be the one it had."""
        super().process_message(message)
        if isinstance(message, InBandWindowResize):
            self.send_message(TerminalSpoiled())

    def run_input_thread(self) -> None:
        """On the library's thread: keys and reports, until there are no more."""
        parser = self._parser()
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.SelectSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(TICK_S):
                    data = self._read()
                    if data is None:
                        self.send_message(TerminalGone())
                        return
                    for message in parser.feed(decode(data)) if data else ():
                        self.process_message(message)
                for message in parser.tick():
                    self.process_message(message)

    def _parser(self) -> XTermParser:
        return XTermParser(self._debug)

    def _read(self) -> bytes | None:
        """What was typed; None if nothing more can be."""
        try:
            data = os.read(self.fileno, READ_BYTES)
        except OSError:  # EIO: it was hung up, or belongs to others now
            return None
        if not data:
            if not os.isatty(self.fileno):
                return None
            self.exit_event.wait(TICK_S)  # somebody has typed the end of a file
        return data

    def _sigcont_application(self, *_: object) -> None:
        """This process goes on; it was perhaps stopped without being asked (SIGSTOP)."""
        if not self._auto_restart:
            return
        if self._key_thread is not None and self._key_thread.is_alive():
            self.suspend_application_mode()
        self.resume_application_mode()
        self.send_message(TerminalSpoiled())


class HoldParser(XTermParser):
    """Sees what the terminal sends before the library does."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._stream = KeyStream()
        self._fed_s = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """Messages out of a piece of input; an empty one is its end."""
        if not data:
            yield from super().feed(data)
        for piece in self._stream.feed(data):
            match piece:
                case SpaceUp():
                    yield Released()
                case Flags() as flags:
                    yield Reported(has_releases=flags.has_events)
                case str(text):
                    yield from super().feed(text)
        self._fed_s = time.monotonic()

    def tick(self) -> Iterable[Message]:
        """Called several times a second: what waits for long was a key by itself."""
        is_late = time.monotonic() - self._fed_s >= constants.ESCAPE_DELAY
        if self._stream.may_be_escape and is_late:
            yield from super().feed(self._stream.flush())
        yield from super().tick()


class HoldDriver(TerminalDriver):
    """Asks each time that the terminal is taken, at the start and after a suspension."""

    def start_application_mode(self) -> None:
        """Take the terminal, and ask."""
        super().start_application_mode()
        if self._writer_thread is not None and not constants.DISABLE_KITTY_KEY:
            self.write(ASK)

    def _parser(self) -> XTermParser:
        return HoldParser(self._debug)
