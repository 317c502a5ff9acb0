"""The receiver's side of one connection with a sender: frames both ways, and pings."""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from contextlib import suppress
from statistics import median

from skdictate.errors import Kind, Problem
from skdictate.mic_protocol.clock import ClockAnswer
from skdictate.mic_protocol.frames import Decoder, Frame, Type
from skdictate.remote_mic.receiver.incoming_stream import Hello, IncomingStream
from skdictate.text.clean_text import clean

PING_S = 1.0
ANSWERS = 5
"""How many round trips the median is taken of, since a single one may have been delayed."""
READ_BYTES = 1 << 16
UNREAD_BYTES = 1 << 16
"""Bytes. A sender that leaves more than this unread is disconnected."""
CLOSE_S = 1.0


class RefusedError(Exception):
    """A sender is refused; ``code`` is for its program, ``problem`` for people."""

    def __init__(self, code: str, problem: Problem) -> None:
        super().__init__(str(problem))
        self.code = code
        self.problem = problem


class SenderConnection:
    """A connection over any duplex byte stream. All times are of the steady clock."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        has_preamble: bool = True,
        app: str = "",
    ) -> None:
        """``app`` is the id of the receiving app, which its pings carry."""
        self.hello: Hello | None = None
        self.start = 0
        """The oldest sample that the sender has of the stream in its hello."""
        self.stream: IncomingStream | None = None
        """The stream that is received now."""
        self.heard_s = time.monotonic()
        self._began_ns = time.monotonic_ns()
        self.told = -1
        """The position that was acknowledged last."""
        self.answer: ClockAnswer | None = None
        """The last time that the sender's clock gave."""
        self._app = app.encode()
        self._round_trips_s: deque[float] = deque(maxlen=ANSWERS)
        self._reader = reader
        self._writer = writer
        self._decoder = Decoder(has_preamble=has_preamble, is_peer=True)
        self._waiting: list[Frame] = []
        self._is_left = False
        self._ping_due_s = self.heard_s + PING_S

    @property
    def stream_id(self) -> str:
        """The id of the stream in the hello; empty before it."""
        return self.hello.stream if self.hello is not None else ""

    async def first(self) -> Frame:
        """The first frame.

        Raises:
            EOFError: there is none.
        """
        while not self._waiting:
            self._waiting = await self._read()
        return self._waiting.pop(0)

    async def read(self) -> list[Frame]:
        """The next frames; sometimes the list is empty.

        Raises:
            EOFError: the connection has ended.
            FrameError: the bytes are not frames.
        """
        if self._is_left:
            raise EOFError
        if time.monotonic() >= self._ping_due_s:
            self.ask()
        if self._waiting:
            waiting, self._waiting = self._waiting, []
            return waiting
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._ping_due_s - time.monotonic())):
                return await self._read()
        return []

    def ask(self) -> None:
        """Send a ping, which also asks for the time; ``read`` does this regularly."""
        self._ping_due_s = time.monotonic() + PING_S
        self.say(Frame(Type.PING, capture_ns=time.monotonic_ns(), payload=self._app))

    async def _read(self) -> list[Frame]:
        data = await self._reader.read(READ_BYTES)
        if not data:
            raise EOFError
        self.heard_s = time.monotonic()
        return self._decoder.feed(data)

    def say(self, *frames: Frame) -> None:
        """Send frames if the connection is open."""
        if self._writer.is_closing():
            return
        self._writer.write(b"".join(frame.encode() for frame in frames))
        if self._writer.transport.get_write_buffer_size() > UNREAD_BYTES:
            self._writer.transport.abort()

    def answered(self, pong: Frame) -> None:
        """Handle a pong, which may carry the time."""
        now_ns = time.monotonic_ns()
        if self._began_ns <= pong.capture_ns <= now_ns:
            self._round_trips_s.append((now_ns - pong.capture_ns) / 1e9)
        if pong.clock_ns is not None and self._began_ns <= pong.capture_ns <= now_ns:
            self.answer = ClockAnswer(pong.clock_ns / 1e9, pong.capture_ns / 1e9, now_ns / 1e9)
            if self.stream is not None:
                self.stream.clocks.add_answer(self.answer)

    @property
    def round_trip_s(self) -> float | None:
        """The round trip in seconds; None until there was an answer.

        The answer repeats our own time, so a sender can only make the round trip appear longer.
        """
        return median(self._round_trips_s) if self._round_trips_s else None

    def refuse(self, error: RefusedError) -> None:
        """Tell the sender why it is refused."""
        said = {"code": error.code, **error.problem.as_json()}
        self.say(Frame(Type.TROUBLE, payload=json.dumps(said).encode()))

    def leave(self) -> None:
        """Close the connection; ``read`` then raises ``EOFError``."""
        self._is_left = True
        self._writer.close()

    async def close(self) -> None:
        """Close the connection and wait until it is closed."""
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()


def refused(code: str, title: str, detail: str = "", hint: str = "") -> RefusedError:
    """An error that refuses a sender."""
    return RefusedError(code, Problem(Kind.MICROPHONE, title, clean(detail), hint))
