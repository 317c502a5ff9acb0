"""The microphone of a machine that has only a recorder: its raw samples, made into a stream here.

What is captured while the way there is broken exists nowhere; when it works again, that is a gap of
its true length.
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
"""A recorder that has printed nothing for so long does not speak: who asks is not answered."""
GO = b"go\n"
"""What starts the recorder."""


class RawStream:
    """The stream of one dictation after the other, over any number of runs of the recorder."""

    def __init__(self, sound: Format, host: str) -> None:
        self.is_over = True
        """The last dictation wants no more; the next run is for another one."""
        self._sound = sound
        self._host = host
        self._stream = ""
        self._next = 0
        """The number of the next sample."""
        self._heard_s: float | None = None
        """When the newest sound came, on the steady clock."""

    async def run(
        self,
        name: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        receiver: Receiver,
    ) -> None:
        """Wait for a dictation, let the recorder run for it, and return at the end of either.

        Args:
            name: of the recorder, for the screen.
            reader: raw s16le mono, once the recorder was told to go.
            writer: takes ``GO``.
            reception: who takes the stream.

        Raises:
            ProblemError: another microphone is listened to.
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
        """Number what comes, from the sample on that is wanted first."""
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
        """The first samples of a run: say what is missing before them."""
        start, run.start = run.start, None
        if self._heard_s is None or start is None:
            return
        lost_s = time.monotonic() - self._heard_s - self._sound.seconds(n_samples)
        if lost_s >= LEAST_S:
            self._next += self._sound.samples(lost_s)
        if self._next > start:
            run.say(Frame.gap(start, self._next - start))


class _Run:
    """Our end of a connection to the reception."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        recorder: asyncio.StreamWriter,
    ) -> None:
        self.is_over = False
        self.refused: Problem | None = None
        self.start: int | None = None
        """The sample that is wanted first, until there is one."""
        self.heard_s: float | None = None
        self._reader = reader
        self._writer = writer
        self._recorder = recorder
        self._decoder = Decoder(has_preamble=False)

    def greet(self, hello: Frame) -> None:
        """Say who speaks."""
        self._writer.write(PREAMBLE)
        self.say(hello)

    async def listen(self) -> None:
        """Answer, and start the recorder when it is wanted, until it is wanted no more."""
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
        """Send."""
        if not self._writer.is_closing():
            self._writer.write(frame.encode())

    async def drain(self) -> None:
        """Wait until there is room for more."""
        await self._writer.drain()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
