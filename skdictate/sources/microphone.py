"""The microphone of this machine: a process captures, and another takes its place when it fails."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

from skdictate.core.audio import Format
from skdictate.core.clean import clean
from skdictate.core.continuity import Continuity
from skdictate.core.frames import Frame, Type
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources.base import Item, Named, Trouble, Unopened
from skdictate.sources.handover import Handover
from skdictate.sources.mic_process import MicProcess, told

SAID_S = 2.0
"""Without sound for this long, the user is told ..."""
KILLED_S = 4.0
"""... and after this long the process is replaced."""
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
        self._handover: Handover | None = None
        self._is_named = self._is_heard = self._is_stopped = self._is_switching = False
        self._heard_ns = 0
        """When the last of the sound so far was captured."""
        self._overlap_ns = 0
        """A process that takes over begins with sound that the last one heard too: until then."""
        self._n_failures = 0
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
        for item in self._continuity.ended(time.monotonic()):
            yield item

    async def _next_process(self) -> MicProcess:
        """The one that takes over, or a new one."""
        if self._handover is not None:
            handover, self._handover = self._handover, None
            return await handover.successor()
        self._is_switching = False
        return self._new_process(self._next_device())

    def _new_process(self, device: str) -> MicProcess:
        rate_hz, channel = self.format.rate_hz, self._channel
        return MicProcess(do="capture", rate_hz=rate_hz, device=device, channel=channel)

    async def _rest(self) -> None:
        """Between two tries; not before the first."""
        self._woken.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), RETRY_S * (self._n_failures > 1))

    def _hand_over(self, process: MicProcess) -> None:
        """Begin to exchange the process, if that is wanted."""
        if self._is_switching and self._handover is None and not self._is_stopped:
            self._is_switching = False
            self._handover = Handover(process, self._new_process(self._wanted))

    def _next_device(self) -> str:
        """The wanted one; every other time the default, if that is better than nothing."""
        is_default_allowed = self._is_heard or not self._is_required
        return "" if self._n_failures % 2 and is_default_allowed else self._wanted

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
        heard_s = loop.time()
        is_said = False
        while True:
            self._hand_over(process)
            deadline_s = heard_s + (KILLED_S if is_said else SAID_S)
            try:
                async with asyncio.timeout_at(deadline_s):
                    frames = await process.read()
            except TimeoutError:
                if is_said:
                    self._trouble = NO_SOUND
                    process.kill()
                    return
                is_said = True
                yield Trouble(NO_SOUND)
                continue
            except ProblemError as error:
                self._trouble = error.problem
                return
            if frames is None:
                self._trouble = self._trouble or await process.death()
                return
            for frame in frames:
                if frame.type is Type.AUDIO:
                    heard_s = loop.time()
                    is_said = False
                for item in self._take(frame):
                    yield item
                if frame.type is Type.AUDIO:
                    process.acknowledge(frame.end)

    def _take(self, frame: Frame) -> Iterator[Item]:
        match frame.type:
            case Type.AUDIO if frame.capture_ns > self._overlap_ns:
                self._overlap_ns = 0  # one process drops nothing: its times may go back a little
                self._is_heard = True
                self._n_failures = 0
                self._heard_ns = max(self._heard_ns, frame.capture_ns)
                yield from self._continuity.take(frame.payload, frame.capture_ns / 1e9)
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
        self._continuity.changed(time.monotonic())
        if not self._is_named or label != self.name:
            was = self.name if self._is_named else ""
            self.name, self._is_named = label, True
            yield Named(label, was)
