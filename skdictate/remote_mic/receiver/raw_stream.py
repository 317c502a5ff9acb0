"""Turns the raw samples of a plain recorder on another machine into a stream.

What is spoken while the connection is broken is lost; once it works again, that is a gap of its
true length.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import socket
import time
from contextlib import suppress

from skdictate.audio.continuity import LEAST_S
from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.errors import Problem, ProblemError
from skdictate.mic_protocol.frames import PREAMBLE, Decoder, Frame, Type
from skdictate.remote_mic.receiver.incoming_stream import VERSION
from skdictate.remote_mic.receiver.receiver import Receiver

READ_BYTES = 1 << 14
STILL_S = 2.0
"""Seconds after which a recorder that prints nothing counts as silent, so that pings get no
answer."""
GO = b"go\n"
"""The line that starts the recorder."""


class RawStream:
    """The streams of one dictation after the other, over any number of runs of the recorder."""

    def __init__(self, sound: Format, host: str) -> None:
        self.is_over = True
        """Whether the last dictation has ended, so that the next run is for another one."""
        self._sound = sound
        self._host = host
        self._stream = ""
        self._next = 0
        """The number of the next sample."""
        self._heard_s: float | None = None
        """When the newest sound came, in seconds of the steady clock."""

    async def run(
        self,
        name: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        receiver: Receiver,
    ) -> None:
        """Wait for a dictation and run the recorder for it; returns when either ends.

        Args:
            name: of the recorder, for the screen.
            reader: raw s16le mono, once the recorder was told to start.
            writer: takes ``GO``.
            receiver: receives the stream.

        Raises:
            ProblemError: another microphone is in use.
        """
        if self.is_over:
            self._stream, self._next, self._heard_s = secrets.token_hex(8), 0, None
            self.is_over = False
        ours, theirs = socket.socketpair()
        their_ends = await asyncio.open_connection(sock=theirs)
        run = _Run(*(await asyncio.open_connection(sock=ours)), writer)
        async with asyncio.TaskGroup() as group:
            group.create_task(receiver.receive(*their_ends))
            try:
                run.greet(self._hello(name))
                both = [group.create_task(it) for it in (run.listen(), self._pump(reader, run))]
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
                for task in both:
                    task.cancel()
                if run.is_over:
                    run.say(Frame(Type.BYE, self._next))
            finally:
                run.close()
        self.is_over = run.is_over
        if run.refused is not None:
            raise ProblemError(run.refused)

    def _hello(self, name: str) -> Frame:
        said = {
            "v": VERSION,
            "stream": self._stream,
            "sender": self._stream,
            "rate_hz": self._sound.rate_hz,
            "label": name,
            "host": self._host,
            "keeps": False,
        }
        return Frame(Type.HELLO, self._next, payload=json.dumps(said).encode())

    async def _pump(self, reader: asyncio.StreamReader, run: _Run) -> None:
        """Number the samples that come, and send them."""
        rest = b""
        with suppress(OSError):
            while piece := await reader.read(READ_BYTES):
                data = rest + piece
                whole = len(data) - len(data) % BYTES_PER_SAMPLE
                pcm, rest = data[:whole], data[whole:]
                self._close_gap(run, whole // BYTES_PER_SAMPLE)
                self._heard_s = run.heard_s = time.monotonic()
                if pcm:
                    run.say(Frame(Type.AUDIO, self._next, time.monotonic_ns(), pcm))
                    self._next += len(pcm) // BYTES_PER_SAMPLE
                await run.drain()

    def _close_gap(self, run: _Run, n_samples: int) -> None:
        """Report what is missing before the first samples of a run."""
        start, run.start = run.start, None
        if self._heard_s is None or start is None:
            return
        lost_s = time.monotonic() - self._heard_s - self._sound.seconds(n_samples)
        if lost_s >= LEAST_S:
            self._next += self._sound.samples(lost_s)
        if self._next > start:
            run.say(Frame.gap(start, self._next - start))


class _Run:
    """Our end of the connection to the receiver."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        recorder: asyncio.StreamWriter,
    ) -> None:
        self.is_over = False
        self.refused: Problem | None = None
        self.start: int | None = None
        """The first sample that the receiver wants; None until it says so."""
        self.heard_s: float | None = None
        self._reader = reader
        self._writer = writer
        self._recorder = recorder
        self._decoder = Decoder(has_preamble=False)

    def greet(self, hello: Frame) -> None:
        """Send the preamble and the hello."""
        self._writer.write(PREAMBLE)
        self.say(hello)

    async def listen(self) -> None:
        """Answer the receiver, and start the recorder on request, until the dictation ends."""
        with suppress(OSError):
            while not self.is_over and self.refused is None:
                data = await self._reader.read(READ_BYTES)
                if not data:
                    return
                for frame in self._decoder.feed(data):
                    self._hear(frame)

    def _hear(self, frame: Frame) -> None:
        match frame.type:
            case Type.ACK if self.heard_s is None:
                self.start = frame.sample
                self.heard_s = time.monotonic()
                self._recorder.write(GO)
            case Type.PING if self.heard_s is None or time.monotonic() - self.heard_s < STILL_S:
                self.say(Frame(Type.PONG, frame.sample, frame.capture_ns))
            case Type.BYE:
                self.is_over = True
            case Type.TROUBLE:
                self.refused = Problem.of_json(json.loads(frame.payload))

    def say(self, frame: Frame) -> None:
        """Send a frame."""
        if not self._writer.is_closing():
            self._writer.write(frame.encode())

    async def drain(self) -> None:
        """Wait until there is room to send."""
        await self._writer.drain()

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()
