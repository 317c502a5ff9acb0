"""This machine's microphone: a process captures, and another one replaces it if it fails."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

from skdictate.audio.continuity import Continuity
from skdictate.audio.pcm import Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import Frame, Type
from skdictate.sources.base import Item, Named, Trouble, Unopened
from skdictate.sources.mic_handover import MicHandover
from skdictate.sources.mic_process import MicProcess, reported_problem
from skdictate.sources.standby_process import Standby, Successor
from skdictate.text.clean_text import clean

SUCCESSOR_S = 0.5
"""Seconds without sound after which a second process starts to capture and keeps its sound."""
REPORT_S = 2.0
"""Seconds after which the second process takes over if it has sound; otherwise the user is told."""
REPLACE_S = 4.0
"""Seconds after which the process is replaced in any case."""
RETRY_S = 0.5
TRIES = 3
"""How often a microphone is tried that has never delivered sound."""

NO_SOUND = Problem(
    Kind.MICROPHONE,
    "No sound arrives",
    f"The sound system has delivered nothing for {REPORT_S:.0f} seconds",
    "Trying again; what was recorded is safe.",
)


class MicSource(Unopened):
    """A microphone by its name, part of its name, or number; the default one if that is empty."""

    is_live = True
    is_microphone = True

    def __init__(
        self, device: str, sound: Format, *, channel: int = 0, is_required: bool = True
    ) -> None:
        self.name = device or "microphone"
        self.format = sound
        self.overruns = 0
        self._wanted = device
        self._channel = channel
        self._is_required = is_required
        """Whether the default microphone is no substitute, unless this one worked before."""
        self._continuity = Continuity(sound)
        self._process: MicProcess | None = None
        self._trouble: Problem | None = None
        self._handover: MicHandover | None = None
        self._standby = Standby(sound.rate_hz, channel)
        self._replacement: MicProcess | None = None
        """A process that already captures in place of one that was killed."""
        self._successor: Successor | None = None
        """A process that captures while it is not certain whether the current one still does."""
        self._is_named = self._is_heard = self._is_stopped = self._is_switching = False
        self._is_reported = False
        """Whether the user was told that no sound comes."""
        self._heard_ns = 0
        """When the last of the sound so far was captured."""
        self._overlap_ns = 0
        """The sound of a new process overlaps that of the old one until this time."""
        self._n_failures = 0
        self._was_killed = False
        """Whether the first process in a row of failures ended in mid-capture without a message."""
        self._woken = asyncio.Event()

    def stop(self) -> None:
        """Deliver what was captured, then end."""
        self._is_stopped = True
        self._woken.set()
        if self._process is not None:
            self._process.end()

    def switch(self, device: str) -> None:
        """Change to another microphone once that delivers sound."""
        self._wanted = device
        self._is_required = False
        self._is_switching = True
        self._n_failures = 0
        self._woken.set()

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Yield sound, gaps, and device changes."""
        try:
            while not self._is_stopped or self._handover is not None:
                async with await self._next_process() as self._process:
                    if self._is_stopped:
                        self._process.end()
                    async for item in self._items_of_process(self._process):
                        yield item
                self._process = None
                if self._is_stopped or self._handover is not None:
                    continue
                self._n_failures += 1
                assert self._trouble is not None
                if not self._is_heard and self._is_hopeless():
                    raise ProblemError(self._trouble)
                yield Trouble(self._trouble)
                await self._wait_for_retry()
        finally:
            if self._handover is not None:
                await self._handover.close()
            if self._replacement is not None:
                await self._replacement.close()
            await self._close_successor()
            await self._standby.close()
        for item in self._continuity.ended(time.monotonic()):
            yield item

    async def _next_process(self) -> MicProcess:
        """The process that takes over, or a new one."""
        if self._handover is not None:
            handover, self._handover = self._handover, None
            return await handover.successor()
        self._standby.note_use(True)
        if self._replacement is not None:
            replacement, self._replacement = self._replacement, None
            return replacement
        self._is_switching = False
        if self._successor is not None:
            successor, self._successor = self._successor, None
            if successor.has_sound:
                return successor.process
            await successor.process.close()
        return self._new_process(self._next_device())

    def _new_process(self, device: str) -> MicProcess:
        order = {
            "do": "capture",
            "rate_hz": self.format.rate_hz,
            "device": device,
            "channel": self._channel,
        }
        return self._standby.hand_over(**order) or MicProcess(**order)

    async def _close_successor(self) -> None:
        """Drop the second process, as the current one does capture."""
        if self._successor is not None:
            successor, self._successor = self._successor, None
            self._standby.note_use(False)
            await successor.close()

    async def _wait_for_retry(self) -> None:
        """Wait between attempts, but not before the first."""
        self._woken.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), RETRY_S * (self._n_failures > 1))

    def _hand_over(self, process: MicProcess) -> None:
        """Start a handover if the user asked to switch."""
        if self._is_switching and self._handover is None and not self._is_stopped:
            self._is_switching = False
            self._handover = MicHandover(process, self._new_process(self._wanted))

    def _next_device(self) -> str:
        """The wanted device; every other time the default, if that is better than nothing."""
        is_default_allowed = self._is_heard or not self._is_required
        # when a process was killed, the device is not to blame
        n_in_vain = self._n_failures - self._was_killed
        return "" if n_in_vain % 2 == 1 and is_default_allowed else self._wanted

    def _is_hopeless(self) -> bool:
        """Whether it never delivered sound, and another attempt is unlikely to change that."""
        assert self._trouble is not None
        if self._wanted and not self._is_required and self._n_failures < 2:
            return False
        return self._trouble is not NO_SOUND or self._n_failures >= TRIES

    async def _items_of_process(self, process: MicProcess) -> AsyncIterator[Item]:
        """The items of one process, until it ends or has to be killed."""
        loop = asyncio.get_running_loop()
        self._trouble = None
        self._overlap_ns = self._heard_ns
        self._is_reported = False
        heard_s = loop.time()
        while True:
            self._hand_over(process)
            try:
                async with asyncio.timeout_at(heard_s + self._silence_limit_s):
                    frames = await self._read(process)
            except TimeoutError:
                if self._handle_silence(process):
                    return
                if self._is_reported:
                    yield Trouble(NO_SOUND)
                continue
            if frames is None:
                return
            if await self._has_sound(frames):
                heard_s = loop.time()
            for frame in frames:
                for item in self._items_of_frame(frame):
                    yield item
                if frame.type is Type.AUDIO:
                    process.acknowledge(frame.end)

    async def _read(self, process: MicProcess) -> list[Frame] | None:
        """The next frames; None when the process has ended, with the reason in ``_trouble``."""
        try:
            frames = await process.read()
        except ProblemError as error:
            self._trouble = error.problem
            return None
        if frames is None:
            self._was_killed = self._trouble is None and self._n_failures == 0
            # before anything else, so that as little as possible is lost
            if self._was_killed and self._can_start_successor:
                self._replacement = self._new_process(self._wanted)
                await self._replacement.start()
            self._trouble = self._trouble or await process.exit_problem()
        return frames

    async def _has_sound(self, frames: list[Frame]) -> bool:
        """Whether there is sound among the frames; if so, a standby process is prepared."""
        if not any(frame.type is Type.AUDIO for frame in frames):
            return False
        self._is_reported = False
        await self._close_successor()
        self._standby.prepare()
        return True

    @property
    def _can_start_successor(self) -> bool:
        """Whether a second process could capture beside the current one, and none does yet."""
        is_possible = self._is_heard and self._handover is None and not self._is_stopped
        return is_possible and self._successor is None and self._standby.is_ready

    @property
    def _silence_limit_s(self) -> float:
        """Seconds without sound after which something is done."""
        return (
            SUCCESSOR_S
            if self._can_start_successor
            else REPLACE_S
            if self._is_reported
            else REPORT_S
        )

    def _handle_silence(self, process: MicProcess) -> bool:
        """React to a lack of sound; returns whether the process must be replaced."""
        if self._can_start_successor:
            self._successor = Successor(self._new_process(self._wanted))
        elif self._is_reported or (self._successor is not None and self._successor.has_sound):
            self._trouble = NO_SOUND
            process.kill()
            return True
        else:
            self._is_reported = True
        return False

    def _items_of_frame(self, frame: Frame) -> Iterator[Item]:
        match frame.type:
            case Type.AUDIO if frame.capture_ns > self._overlap_ns:
                self._overlap_ns = 0  # times of one process may go back a little
                self._is_heard = True
                self._n_failures = 0
                self._heard_ns = max(self._heard_ns, frame.capture_ns)
                yield from self._continuity.feed(frame.payload, frame.capture_ns / 1e9)
            case Type.HELLO:
                yield from self._change_device(json.loads(frame.payload))
            case Type.OVERRUN:
                self.overruns += 1
                self._continuity.overrun(frame.capture_ns / 1e9)
            case Type.TROUBLE:
                self._trouble = reported_problem(json.loads(frame.payload))

    def _change_device(self, facts: dict[str, str]) -> Iterator[Item]:
        """Handle the name of the device that is captured."""
        label = clean(str(facts["label"]))
        if self._is_named and label == self.name:
            self._continuity.restarted(time.monotonic())
        else:
            self._continuity.changed(time.monotonic())
        if not self._is_named or label != self.name:
            was = self.name if self._is_named else ""
            self.name, self._is_named = label, True
            yield Named(label, was)
