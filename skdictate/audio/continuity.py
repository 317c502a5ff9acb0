"""Tells late sound from lost sound, so that positions on the timeline stay true to the clock.

After a stall, late sound arrives complete and in one burst, and the following blocks are on time.
Lost sound leaves every following block late by the same amount. So blocks are held for
``SETTLE_S`` after a stall, until it is known which of the two it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format

STALL_S = 0.25
"""A block this late may follow a loss. Healthy capture jitters by some tens of milliseconds."""
SETTLE_S = 0.4
"""Blocks are held this long; what was kept for us arrives within that time."""
LEAST_S = 0.06
"""Less lateness than this cannot be told from jitter."""
MEMORY_S = 5.0
"""A block's delay is compared with the smallest of the last seconds, since the clocks of the device
and of this machine drift apart by milliseconds a minute."""


@dataclass(frozen=True, slots=True)
class Missing:
    """This many samples should have been captured and were not."""

    n_samples: int
    is_overrun: bool = False
    """They were dropped because this machine was too busy."""


class Continuity:
    """Takes blocks with their capture times; yields the blocks and what is missing between them."""

    def __init__(self, sound: Format) -> None:
        self._format = sound
        self._n_samples = 0
        """Samples so far, missing ones included."""
        self._late: deque[tuple[float, float]] = deque()
        """Times and latenesses, each lower than all after it: the first is the best of late."""
        self._held: list[bytes] = []
        self._held_late_s = 0.0
        self._held_since_s: float | None = None
        self._is_overrun = False
        self._is_another = self._is_same = False

    def overrun(self, now_s: float) -> None:
        """Something was dropped before the next block: find out how much."""
        if self._late:
            self._hold(now_s)
            self._is_overrun = True

    def changed(self, now_s: float) -> None:
        """The next block comes from another device, which may be later by nature."""
        if self._late:
            self._hold(now_s)
            self._is_another = True

    def restarted(self, now_s: float) -> None:
        """The next block comes from the same device by another process, or after a pause in it.

        What was lost between is known to the jitter, since the device is as late as before.
        """
        if self._late:
            self._hold(now_s)
            self._is_same = True

    def feed(self, pcm: bytes, captured_s: float) -> Iterator[bytes | Missing]:
        """Take the next block.

        Args:
            pcm: whole samples, s16le mono.
            captured_s: when its last sample was captured, on a steady clock.

        Yields:
            Blocks in order, and ``Missing`` where samples were lost; nothing while they are held.
        """
        n_samples = len(pcm) // BYTES_PER_SAMPLE
        self._n_samples += n_samples
        late_s = captured_s - self._format.seconds(self._n_samples)
        if self._held_since_s is None and self._late and late_s > self._best_s + STALL_S:
            self._hold(captured_s)
        if self._held_since_s is None:
            self._remember(captured_s, late_s)
            yield pcm
            return
        self._held_late_s = min(self._held_late_s, late_s) if self._held else late_s
        self._held.append(pcm)
        if captured_s >= self._held_since_s + SETTLE_S:
            yield from self.flush()

    def flush(self) -> Iterator[bytes | Missing]:
        """Decide now whether samples were lost before the held blocks, and yield all of it."""
        if self._held:
            missing_s = self._held_late_s - self._best_s
            is_sure = self._is_overrun or (self._is_same and not self._is_another)
            if missing_s >= (LEAST_S if is_sure else STALL_S):
                n_samples = self._format.samples(missing_s)
                self._n_samples += n_samples
                yield Missing(n_samples, self._is_overrun)
            elif self._is_another:
                self._late.clear()
                self._remember(self._held_since_s or 0.0, self._held_late_s)
            yield from self._held
        self._held = []
        self._held_since_s = None
        self._is_overrun = self._is_another = self._is_same = False

    def ended(self, now_s: float) -> Iterator[bytes | Missing]:
        """The stream ends, and sound was due until ``now_s``: yield what is held and missing."""
        yield from self.flush()
        if self._late:
            late_s = now_s - self._format.seconds(self._n_samples) - self._best_s
            if late_s >= STALL_S:
                self._n_samples += self._format.samples(late_s)
                yield Missing(self._format.samples(late_s))

    @property
    def _best_s(self) -> float:
        return self._late[0][1]

    def _hold(self, now_s: float) -> None:
        if self._held_since_s is None:
            self._held_since_s = now_s

    def _remember(self, now_s: float, late_s: float) -> None:
        while self._late and self._late[-1][1] >= late_s:
            self._late.pop()
        self._late.append((now_s, late_s))
        while self._late[0][0] < now_s - MEMORY_S:
            self._late.popleft()
