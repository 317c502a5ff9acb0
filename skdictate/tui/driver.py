"""The library's driver for Linux and macOS, which also asks for releases of keys and tells them.

For those who hold a key to talk; everybody else has the library's own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from textual import constants
from textual._xterm_parser import XTermParser
from textual.drivers import linux_driver
from textual.message import Message

from skdictate.tui.keyboard import ASK, Flags, KeyStream, SpaceUp
from skdictate.tui.messages import Released, Reported


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


class HoldDriver(linux_driver.LinuxDriver):
    """Asks each time that the terminal is taken, at the start and after a suspension."""

    def start_application_mode(self) -> None:
        """Take the terminal as the library does, and ask."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None and not constants.DISABLE_KITTY_KEY:
            self.write(ASK)


def driver() -> type[HoldDriver]:
    """The driver, and the parser put in place for it."""
    setattr(linux_driver, "XTermParser", HoldParser)  # noqa: B010 - not exported
    return HoldDriver
