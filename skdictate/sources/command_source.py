"""Records with any program that prints sound, and restarts the program when it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from skdictate.audio.continuity import LEAST_S, Missing
from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.core.backoff import Backoff
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources.base import Item, Named, Trouble, Unopened, title
from skdictate.sources.recorder_process import RecorderProcess

REPORT_S = 3.0
"""Seconds without sound after which the user is told."""
RESTART_S = 15.0
"""Seconds without sound after which the program is restarted: it may have to log in somewhere
first."""
TRIES = 3
"""How often a program is started that has never printed any sound."""
WORKS_S = 2.0
"""Seconds of recording after which a program counts as working, so that it is restarted at once."""

NO_SOUND = Problem(
    Kind.MICROPHONE,
    "No sound arrives",
    f"The recorder has printed nothing for {REPORT_S:.0f} seconds",
    "What was recorded is safe.",
)


class CommandSource(Unopened):
    """Reads what the program prints: raw s16le mono at the chosen rate, or WAV."""

    is_live = True
    is_microphone = True
    overruns = 0

    def __init__(self, words: Sequence[str], sound: Format) -> None:
        self.name = title(words)
        self.format = sound
        self._words = words
        self._backoff = Backoff()
        self._recorder: RecorderProcess | None = None
        self._heard_s: float | None = None
        """When the latest sound came, in seconds of the steady clock."""
        self._began_s: float | None = None
        """When the current run of the program printed its first sound."""
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        """Deliver what was captured, then end."""
        self._stopped.set()
        if self._recorder is not None:
            self._recorder.end()

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Yield sound, gaps, and problems."""
        while not self._stopped.is_set():
            async with RecorderProcess(self._words, self.format) as self._recorder:
                self._began_s = None
                async for item in self._items_of_run(self._recorder):
                    yield item
                problem = await self._recorder.exit_problem()
            self._recorder = None
            if self._stopped.is_set():
                return
            rest_s = self._backoff.next_wait_s()
            if self._heard_s is None and self._backoff.failures >= TRIES:
                raise ProblemError(problem)
            yield Trouble(problem)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), rest_s)

    async def _items_of_run(self, recorder: RecorderProcess) -> AsyncIterator[Item]:
        """One run of the program, until it ends or has to be killed."""
        loop = asyncio.get_running_loop()
        since_s = loop.time()
        is_reported = False
        while True:
            try:
                async with asyncio.timeout_at(since_s + (RESTART_S if is_reported else REPORT_S)):
                    heard = await recorder.read()
            except TimeoutError:
                if is_reported:
                    recorder.kill()
                    since_s = loop.time()
                elif self._heard_s is not None:
                    yield Trouble(NO_SOUND)
                is_reported = True
                continue
            if heard is None:
                return
            since_s = loop.time()
            is_reported = False
            for item in self._items(*heard):
                yield item

    def _items(self, pcm: bytes, now_s: float) -> list[Item]:
        """A block, preceded by a gap for what was spoken while the program did not run."""
        lost_s = 0.0
        said: list[Item] = [] if self._heard_s is not None else [Named(self.name)]
        if self._began_s is None:
            self._began_s = now_s
            if self._heard_s is not None:
                lost_s = now_s - self._heard_s - self.format.seconds(len(pcm) // BYTES_PER_SAMPLE)
        elif now_s - self._began_s >= WORKS_S:
            self._backoff.reset()
        self._heard_s = now_s
        if lost_s >= LEAST_S:
            said.append(Missing(self.format.samples(lost_s)))
        return [*said, pcm]
