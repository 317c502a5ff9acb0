"""Terminal drivers for Linux and macOS that detect when the terminal disappears or is resumed.

They read keys themselves: at the end of input, Textual's reader polls at full speed for ever. To
hold a key to talk, ``HoldDriver`` also asks the terminal for key releases.
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
from skdictate.tui.messages import KeyboardReported, RepaintNeeded, SpaceReleased, TerminalGone

READ_BYTES = 4096
TICK_S = 0.1
"""Interval at which the parser checks whether waiting input is a key by itself."""


class TerminalDriver(linux_driver.LinuxDriver):
    """Tells the app when the terminal is gone, and when to repaint."""

    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]
        self._told_size: tuple[int, int] | None = None

    def start_application_mode(self) -> None:
        """Start as Textual does, and ask for a repaint at resizes that Textual ignores."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        on_resize = signal.getsignal(signal.SIGWINCH)
        if not callable(on_resize):
            return

        def resized(number: int, frame: FrameType | None) -> None:
            size = None
            with suppress(OSError):
                size = os.get_terminal_size(self.fileno)
            if self._in_band_window_resize or size == self._told_size:
                self.send_message(RepaintNeeded())  # Textual ignores it
            self._told_size = size
            on_resize(number, frame)

        signal.signal(signal.SIGWINCH, resized)

    def process_message(self, message: Message) -> None:
        """Pass a message on; an in-band resize also asks for a repaint, as its size may be old."""
        super().process_message(message)
        if isinstance(message, InBandWindowResize):
            self.send_message(RepaintNeeded())

    def run_input_thread(self) -> None:
        """Read keys and reports on Textual's input thread until the app ends."""
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
        """Typed bytes, perhaps none; None if the terminal is gone."""
        try:
            data = os.read(self.fileno, READ_BYTES)
        except OSError:  # EIO: hung up, or this is a background process
            return None
        if not data:
            if not os.isatty(self.fileno):
                return None
            self.exit_event.wait(TICK_S)  # the user typed an end of file
        return data

    def _sigcont_application(self, *_: object) -> None:
        """Resume after SIGCONT; the process may have been stopped by SIGSTOP, unannounced."""
        if not self._auto_restart:
            return
        if self._key_thread is not None and self._key_thread.is_alive():
            self.suspend_application_mode()
        self.resume_application_mode()
        self.send_message(RepaintNeeded())


class HoldParser(XTermParser):
    """Extracts key releases from terminal input before Textual parses it."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._stream = KeyStream()
        self._fed_s = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        """Parse a piece of input into messages; an empty piece is the end of input."""
        if not data:
            yield from super().feed(data)
        for piece in self._stream.feed(data):
            match piece:
                case SpaceUp():
                    yield SpaceReleased()
                case Flags() as flags:
                    yield KeyboardReported(has_releases=flags.has_events)
                case str(text):
                    yield from super().feed(text)
        self._fed_s = time.monotonic()

    def tick(self) -> Iterable[Message]:
        """Parse input that has waited too long for the rest of a sequence, as plain keys."""
        is_late = time.monotonic() - self._fed_s >= constants.ESCAPE_DELAY
        if self._stream.may_be_escape and is_late:
            yield from super().feed(self._stream.flush())
        yield from super().tick()


class HoldDriver(TerminalDriver):
    """Asks for key releases whenever the app takes the terminal: at its start and on resume."""

    def start_application_mode(self) -> None:
        """Start as the base class does, and ask for key releases."""
        super().start_application_mode()
        if self._writer_thread is not None and not constants.DISABLE_KITTY_KEY:
            self.write(ASK)

    def _parser(self) -> XTermParser:
        return HoldParser(self._debug)
