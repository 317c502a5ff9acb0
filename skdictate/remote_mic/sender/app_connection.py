"""One connection to the app, from start to end: frames both ways, and checks that it is alive."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress

from skdictate.errors import Kind, Problem
from skdictate.mic_protocol.frames import PREAMBLE, Decoder, Frame, FrameError, Type
from skdictate.remote_mic.sender.transport import TransportConnection
from skdictate.text.clean_text import clean

STALL_S = 1.5
"""Seconds of silence after which a connection counts as stalled, as both ends send every second. It
may recover."""
LIFE_S = 3.0
"""Seconds of silence after which a connection counts as dead."""
KEPT_S = 120.0
"""The same in seconds while other connections are attempted beside it."""
ANSWER_S = 20.0
"""The same in seconds for a connection on which the app has not answered yet; a login takes
time."""
PING_S = 1.0
LOOK_S = 0.1
GONE_S = 1.0
"""Seconds within which a connection ends that accepts no bytes."""


class LostError(Exception):
    """The connection has ended, maybe with a problem. ``is_refusal``: the app refused it."""

    def __init__(self, problem: Problem | None = None, *, is_refusal: bool = False) -> None:
        super().__init__(str(problem or "the line is gone"))
        self.problem = problem
        self.is_refusal = is_refusal


class AppConnection:
    """Received frames go to ``hear``; frames to send come from ``outgoing``."""

    def __init__(
        self,
        connection: TransportConnection,
        name: str,
        hear: Callable[[Frame], None],
        outgoing: Callable[[float], Iterable[Frame]],
    ) -> None:
        """Use an open connection to the app called ``name``."""
        self.on_begin: Callable[[], None] = lambda: None
        """Called when the app has answered for the first time with anything but a refusal."""
        self.on_sign: Callable[[], None] = lambda: None
        """Called whenever something arrives."""
        self.is_kept = False
        """Whether others are attempted while it is stalled, so that it need not end soon."""
        self.is_patient = False
        """Whether somebody may be typing a password, so that the start may take any time."""
        self.is_over = False
        """Whether nothing is left to be sent."""
        self.changed = asyncio.Event()
        """Set when there may be something to send."""
        self.token = connection.token
        self._connection = connection
        self._name = name
        self._hear = hear
        self._outgoing = outgoing
        self._began_s = time.monotonic()
        self._heard_s = 0.0
        self.has_begun = False
        """Whether the app has answered and not refused."""
        self._ping_due_s = 0.0

    @property
    def silent_s(self) -> float:
        """Seconds since anything arrived."""
        return time.monotonic() - (self._heard_s or self._began_s)

    def say(self, *frames: Frame) -> None:
        """Send frames now."""
        self._connection.write(b"".join(frame.encode() for frame in frames))

    async def run(self, hello: Frame) -> None:
        """Send and receive until everything is sent.

        Raises:
            LostError: the connection ended before; alone or in a group.
        """
        self._connection.write(PREAMBLE)
        self.say(hello)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(self._read())
            await self._write()
            reading.cancel()

    async def _read(self) -> None:
        """Receive frames until the connection ends."""
        decoder = Decoder(has_preamble=False, is_peer=True)
        with suppress(OSError):
            while data := await self._connection.read():
                self._heard_s = time.monotonic()
                self.on_sign()
                try:
                    frames = decoder.feed(data)
                except FrameError as error:
                    raise LostError(nonsense(self._name, str(error))) from error
                for frame in frames:
                    self._take(frame)
                self.changed.set()
        raise LostError(await self._connection.ending())

    def _take(self, frame: Frame) -> None:
        if not self.has_begun and frame.type is not Type.TROUBLE:
            self.has_begun = True
            self.on_begin()
        if frame.type is Type.PING:
            self.say(Frame.pong(frame, time.monotonic_ns()))
        self._hear(frame)

    async def _write(self) -> None:
        """Send frames as they become due."""
        while not self.is_over:
            self.changed.clear()
            now_s = time.monotonic()
            frames = list(self._outgoing(now_s))
            if now_s >= self._ping_due_s:
                self._ping_due_s = now_s + PING_S
                frames.append(Frame(Type.PING, capture_ns=time.monotonic_ns()))
            self.say(*frames)
            self._check_life()
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._connection.drain()
                    await self.changed.wait()
            except TimeoutError:
                continue
            except OSError as error:
                await asyncio.sleep(GONE_S)  # the reading task finds out more, and sooner
                raise LostError from error

    def _check_life(self) -> None:
        if self._heard_s:
            is_dead = self.silent_s > (KEPT_S if self.is_kept else LIFE_S)
        else:
            is_dead = self.silent_s > ANSWER_S and not self.is_patient
        if is_dead:
            raise LostError(still(self._name, self.silent_s))


def still(name: str, silent_s: float) -> Problem:
    """The problem to report when nothing arrives any more."""
    detail = f"{name} has said nothing for {silent_s:.0f} seconds"
    return Problem(Kind.NETWORK, "The line stands still", detail, "Trying another one.")


def nonsense(name: str, detail: str) -> Problem:
    """The problem to report when the other end sends something unexpected."""
    title = f"What {name} says is not understood"
    return Problem(Kind.NETWORK, title, clean(detail), "Is skdictate there the same version?")


def lost(group: BaseExceptionGroup[LostError]) -> LostError:
    """The error in a group, however deep."""
    error = group.exceptions[0]
    return lost(error) if isinstance(error, BaseExceptionGroup) else error
