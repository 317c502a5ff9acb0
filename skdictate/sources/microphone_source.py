"""The microphone of this machine: a process captures, and another takes its place when it fails."""

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
from skdictate.sources.mic_process import MicProcess, told
from skdictate.sources.standby_process import Standby, Successor
from skdictate.text.clean_text import clean

DOUBTED_S = 0.5
"""Without sound for this long another process begins to capture, and keeps what it hears ..."""
SAID_S = 2.0
"""... after this long it takes over, if it hears anything; else the user is told ..."""
KILLED_S = 4.0
"""... and after this long the process is replaced all the same."""
RETRY_S = 0.5
TRIES = 3
"""How often a microphone that never gave a sound is tried."""

NO_SOUND = Problem(
    Kind.MICROPHONE,
    "No sound arrives",
    f"The sound system has delivered nothing for {SAID_S:.0f} seconds",
    "Trying again; what was recorded is safe.",
)


class MicSource(Unopened):
    """A microphone by its name, a part of it, or its number; the default one if that is empty."""

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
        """The default one will not do, unless this one was heard before."""
        self._continuity = Continuity(sound)
        self._process: MicProcess | None = None
        self._trouble: Problem | None = None
        self._handover: MicHandover | None = None
        self._standby = Standby(sound.rate_hz, channel)
        self._replacement: MicProcess | None = None
        """Captures already, in the place of one that was killed."""
        self._successor: Successor | None = None
        """Captures while it is not known whether the process in use still does."""
        self._is_named = self._is_heard = self._is_stopped = self._is_switching = False
        self._is_said = False
        """The user was told that nothing comes."""
        self._heard_ns = 0
        """When the last of the sound so far was captured."""
        self._overlap_ns = 0
        """A process that takes over begins with sound that the last one heard too: until then."""
        self._n_failures = 0
        self._was_killed = False
        """The first process in a row of failures ended without a word, in the middle of it."""
        self._woken = asyncio.Event()

    def stop(self) -> None:
        """Hand over what was captured, and end."""
        self._is_stopped = True
        self._woken.set()
        if self._process is not None:
            self._process.end()

    def switch(self, device: str) -> None:
        """Go on with another microphone, from the moment that it is heard."""
        self._wanted = device
        self._is_required = False
        self._is_switching = True
        self._n_failures = 0
        self._woken.set()

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Sound, what is missing of it, and where it comes from."""
        try:
            while not self._is_stopped or self._handover is not None:
                async with await self._next_process() as self._process:
                    if self._is_stopped:
                        self._process.end()
                    async for item in self._listen(self._process):
                        yield item
                self._process = None
                if self._is_stopped or self._handover is not None:
                    continue
                self._n_failures += 1
                assert self._trouble is not None
                if not self._is_heard and self._is_hopeless():
                    raise ProblemError(self._trouble)
                yield Trouble(self._trouble)
                await self._rest()
        finally:
            if self._handover is not None:
                await self._handover.close()
            if self._replacement is not None:
                await self._replacement.close()
            await self._dismiss()
            await self._standby.close()
        for item in self._continuity.ended(time.monotonic()):
            yield item

    async def _next_process(self) -> MicProcess:
        """The one that takes over, or a new one."""
        if self._handover is not None:
            handover, self._handover = self._handover, None
            return await handover.successor()
        self._standby.was_needed(True)
        if self._replacement is not None:
            replacement, self._replacement = self._replacement, None
            return replacement
        self._is_switching = False
        if self._successor is not None:
            successor, self._successor = self._successor, None
            if successor.is_heard:
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
        return self._standby.take(**order) or MicProcess(**order)

    async def _dismiss(self) -> None:
        """The process in use does capture."""
        if self._successor is not None:
            successor, self._successor = self._successor, None
            self._standby.was_needed(False)
            await successor.close()

    async def _rest(self) -> None:
        """Between two tries; not before the first."""
        self._woken.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), RETRY_S * (self._n_failures > 1))

    def _hand_over(self, process: MicProcess) -> None:
        """Begin to exchange the process, if that is wanted."""
        if self._is_switching and self._handover is None and not self._is_stopped:
            self._is_switching = False
            self._handover = MicHandover(process, self._new_process(self._wanted))

    def _next_device(self) -> str:
        """The wanted one; every other time the default, if that is better than nothing."""
        is_default_allowed = self._is_heard or not self._is_required
        n_in_vain = self._n_failures - self._was_killed  # then the device is not to blame
        return "" if n_in_vain % 2 == 1 and is_default_allowed else self._wanted

    def _is_hopeless(self) -> bool:
        """It was never heard, and another try is not likely to change that."""
        assert self._trouble is not None
        if self._wanted and not self._is_required and self._n_failures < 2:
            return False
        return self._trouble is not NO_SOUND or self._n_failures >= TRIES

    async def _listen(self, process: MicProcess) -> AsyncIterator[Item]:
        """One process, until it ends or has to be ended."""
        loop = asyncio.get_running_loop()
        self._trouble = None
        self._overlap_ns = self._heard_ns
        self._is_said = False
        heard_s = loop.time()
        while True:
            self._hand_over(process)
            try:
                async with asyncio.timeout_at(heard_s + self._patience_s):
                    frames = await self._read(process)
            except TimeoutError:
                if self._doubt(process):
                    return
                if self._is_said:
                    yield Trouble(NO_SOUND)
                continue
            if frames is None:
                return
            if await self._has_sound(frames):
                heard_s = loop.time()
            for frame in frames:
                for item in self._take(frame):
                    yield item
                if frame.type is Type.AUDIO:
                    process.acknowledge(frame.end)

    async def _read(self, process: MicProcess) -> list[Frame] | None:
        """The next frames; None at the end of the process, and ``_trouble`` says why it ended."""
        try:
            frames = await process.read()
        except ProblemError as error:
            self._trouble = error.problem
            return None
        if frames is None:
            self._was_killed = self._trouble is None and self._n_failures == 0
            if self._was_killed and self._may_doubt:  # before anything else is done about it
                self._replacement = self._new_process(self._wanted)
                await self._replacement.start()
            self._trouble = self._trouble or await process.death()
        return frames

    async def _has_sound(self, frames: list[Frame]) -> bool:
        """Whether some of it is sound; then another process is made ready, should this one fail."""
        if not any(frame.type is Type.AUDIO for frame in frames):
            return False
        self._is_said = False
        await self._dismiss()
        self._standby.prepare()
        return True

    @property
    def _may_doubt(self) -> bool:
        """Another process could capture beside the one in use, and none does."""
        is_possible = self._is_heard and self._handover is None and not self._is_stopped
        return is_possible and self._successor is None and self._standby.is_ready

    @property
    def _patience_s(self) -> float:
        """How long no sound may come before something is done about it."""
        return DOUBTED_S if self._may_doubt else KILLED_S if self._is_said else SAID_S

    def _doubt(self, process: MicProcess) -> bool:
        """No sound has come for that long; whether the process has to go."""
        if self._may_doubt:
            self._successor = Successor(self._new_process(self._wanted))
        elif self._is_said or (self._successor is not None and self._successor.is_heard):
            self._trouble = NO_SOUND
            process.kill()
            return True
        else:
            self._is_said = True
        return False

    def _take(self, frame: Frame) -> Iterator[Item]:
        match frame.type:
            case Type.AUDIO if frame.capture_ns > self._overlap_ns:
                self._overlap_ns = 0  # one process drops nothing: its times may go back a little
                self._is_heard = True
                self._n_failures = 0
                self._heard_ns = max(self._heard_ns, frame.capture_ns)
                yield from self._continuity.feed(frame.payload, frame.capture_ns / 1e9)
            case Type.HELLO:
                yield from self._meet(json.loads(frame.payload))
            case Type.OVERRUN:
                self.overruns += 1
                self._continuity.overrun(frame.capture_ns / 1e9)
            case Type.TROUBLE:
                self._trouble = told(json.loads(frame.payload))

    def _meet(self, facts: dict[str, str]) -> Iterator[Item]:
        """A microphone introduces itself."""
        label = clean(str(facts["label"]))
        if self._is_named and label == self.name:
            self._continuity.restarted(time.monotonic())
        else:
            self._continuity.changed(time.monotonic())
        if not self._is_named or label != self.name:
            was = self.name if self._is_named else ""
            self.name, self._is_named = label, True
            yield Named(label, was)
