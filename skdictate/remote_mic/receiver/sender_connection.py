"""One connection of a sender, as its listener sees it: frames in, frames out, signs of life."""

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
"""The middle one of so many round trips is told: one that was held up says little of the line."""
READ_BYTES = 1 << 16
UNREAD_BYTES = 1 << 16
"""A sender that does not read what it is told is no sender."""
CLOSE_S = 1.0


class RefusedError(Exception):
    """A sender is not listened to; ``code`` is for the program there, the problem for people."""

    def __init__(self, code: str, problem: Problem) -> None:
        super().__init__(str(problem))
        self.code = code
        self.problem = problem


class SenderConnection:
    """Any duplex stream of bytes. All times are of the steady clock."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        has_preamble: bool = True,
        app: str = "",
    ) -> None:
        """``app`` is the id of the one that listens, as its sender is told."""
        self.hello: Hello | None = None
        self.start = 0
        """The oldest sample that it has of the stream that its hello names."""
        self.stream: IncomingStream | None = None
        """What is taken of it now."""
        self.heard_s = time.monotonic()
        self._began_ns = time.monotonic_ns()
        self.told = -1
        """The position that was acknowledged last."""
        self.answer: ClockAnswer | None = None
        """The last time that its clock has told."""
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
        """Of the stream that its hello names; empty before."""
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
        """The next frames; now and then there are none.

        Raises:
            EOFError: no more will come.
            FrameError: they are none.
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
        """Whether it is there, and what time it has; done now and then by itself."""
        self._ping_due_s = time.monotonic() + PING_S
        self.say(Frame(Type.PING, capture_ns=time.monotonic_ns(), payload=self._app))

    async def _read(self) -> list[Frame]:
        data = await self._reader.read(READ_BYTES)
        if not data:
            raise EOFError
        self.heard_s = time.monotonic()
        return self._decoder.feed(data)

    def say(self, *frames: Frame) -> None:
        """Send, as far as it still listens."""
        if self._writer.is_closing():
            return
        self._writer.write(b"".join(frame.encode() for frame in frames))
        if self._writer.transport.get_write_buffer_size() > UNREAD_BYTES:
            self._writer.transport.abort()

    def answered(self, pong: Frame) -> None:
        """It has answered, and may have told the time."""
        now_ns = time.monotonic_ns()
        if self._began_ns <= pong.capture_ns <= now_ns:
            self._round_trips_s.append((now_ns - pong.capture_ns) / 1e9)
        if pong.clock_ns is not None and self._began_ns <= pong.capture_ns <= now_ns:
            self.answer = ClockAnswer(pong.clock_ns / 1e9, pong.capture_ns / 1e9, now_ns / 1e9)
            if self.stream is not None:
                self.stream.clocks.add_answer(self.answer)

    @property
    def round_trip_s(self) -> float | None:
        """How long a question and its answer take, in seconds; None until there was an answer.

        What the sender answers to is our own time, so that it can make this longer, not shorter.
        """
        return median(self._round_trips_s) if self._round_trips_s else None

    def refuse(self, error: RefusedError) -> None:
        """Say why it is not listened to."""
        said = {"code": error.code, **error.problem.as_json()}
        self.say(Frame(Type.TROUBLE, payload=json.dumps(said).encode()))

    def leave(self) -> None:
        """End the connection; ``read`` then comes to its end."""
        self._is_left = True
        self._writer.close()

    async def close(self) -> None:
        """End the connection and wait until it is."""
        self._writer.close()
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                await self._writer.wait_closed()


def refused(code: str, title: str, detail: str = "", hint: str = "") -> RefusedError:
    """Why somebody is not listened to."""
    return RefusedError(code, Problem(Kind.MICROPHONE, title, clean(detail), hint))
