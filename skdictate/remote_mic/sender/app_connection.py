"""One line to the app, from its beginning to its end: frames both ways, and whether it is alive."""

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
"""A line on which nothing was heard for so long stands still: both ends say something every second.
It may go on."""
LIFE_S = 3.0
"""A line on which nothing was heard for so long is dead ..."""
KEPT_S = 120.0
"""... or, where others are tried meanwhile, in that time."""
ANSWER_S = 20.0
"""The same for a line that has not begun; a login takes time."""
PING_S = 1.0
LOOK_S = 0.1
GONE_S = 1.0
"""A line that takes nothing ends within that time."""


class LostError(Exception):
    """The line is gone; there may be more to say. ``is_refusal``: the app has closed it."""

    def __init__(self, problem: Problem | None = None, *, is_refusal: bool = False) -> None:
        super().__init__(str(problem or "the line is gone"))
        self.problem = problem
        self.is_refusal = is_refusal


class AppConnection:
    """What is said goes to ``hear``, and what is to be said comes from ``outgoing``."""

    def __init__(
        self,
        connection: TransportConnection,
        name: str,
        hear: Callable[[Frame], None],
        outgoing: Callable[[float], Iterable[Frame]],
    ) -> None:
        """A line through a passage to what is called ``name``."""
        self.on_begin: Callable[[], None] = lambda: None
        """Told when the app has said something for the first time, other than that it refuses."""
        self.on_sign: Callable[[], None] = lambda: None
        """Told whenever something was heard."""
        self.is_kept = False
        """Others are tried while it stands still: there is no hurry to end it."""
        self.is_patient = False
        """Somebody may be typing a password: the beginning takes as long as it takes."""
        self.is_over = False
        """Nothing more is to be said."""
        self.changed = asyncio.Event()
        """There may be something to say."""
        self.token = connection.token
        self._connection = connection
        self._name = name
        self._hear = hear
        self._outgoing = outgoing
        self._began_s = time.monotonic()
        self._heard_s = 0.0
        self.has_begun = False
        """The app is there, and has not refused."""
        self._ping_due_s = 0.0

    @property
    def silent_s(self) -> float:
        """For how long nothing was heard."""
        return time.monotonic() - (self._heard_s or self._began_s)

    def say(self, *frames: Frame) -> None:
        """Now."""
        self._connection.write(b"".join(frame.encode() for frame in frames))

    async def run(self, hello: Frame) -> None:
        """Talk until all is said.

        Raises:
            LostError: the line has ended before; alone or in a group.
        """
        self._connection.write(PREAMBLE)
        self.say(hello)
        async with asyncio.TaskGroup() as group:
            reading = group.create_task(self._read())
            await self._write()
            reading.cancel()

    async def _read(self) -> None:
        """Hear what the app says, until the line ends."""
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
        """Say what is to be said, when it is."""
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
                await asyncio.sleep(GONE_S)  # who reads knows more of it, and is quicker
                raise LostError from error

    def _check_life(self) -> None:
        if self._heard_s:
            is_dead = self.silent_s > (KEPT_S if self.is_kept else LIFE_S)
        else:
            is_dead = self.silent_s > ANSWER_S and not self.is_patient
        if is_dead:
            raise LostError(still(self._name, self.silent_s))


def still(name: str, silent_s: float) -> Problem:
    """Nothing is heard any more."""
    detail = f"{name} has said nothing for {silent_s:.0f} seconds"
    return Problem(Kind.NETWORK, "The line stands still", detail, "Trying another one.")


def nonsense(name: str, detail: str) -> Problem:
    """What the other end says is not understood."""
    title = f"What {name} says is not understood"
    return Problem(Kind.NETWORK, title, clean(detail), "Is skdictate there the same version?")


def lost(group: BaseExceptionGroup[LostError]) -> LostError:
    """The one in a group, however deep."""
    error = group.exceptions[0]
    return lost(error) if isinstance(error, BaseExceptionGroup) else error
