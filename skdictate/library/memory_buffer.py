"""The newest sound in memory: what is not safe on the disk, and a little before that.

What is sent live is read from here. While the disk takes nothing, all that is said lands here; when
that is full, sound goes that is recognised already, the oldest first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format

MOST_BYTES = 600 * 16_000 * BYTES_PER_SAMPLE
"""That wait for the disk: ten minutes at 16 kHz."""
TAIL_S = 10.0
"""Sound that stays for live sending when it is on the disk: so long may a link take to open."""
PIECE_S = 1.0
"""How much is let go at once."""
BITE_S = 4.0
"""The most that is written at once."""
SILENCE_S = 60.0
"""The same for silence, which takes no room here."""


@dataclass(slots=True)
class BufferedChunk:
    """A stretch of the timeline, in samples."""

    start: int
    end: int
    pcm: bytearray | None
    """Its samples, s16le; None for silence."""

    def read(self, start: int, end: int) -> bytes:
        """A part of it."""
        if self.pcm is None:
            return bytes((end - start) * BYTES_PER_SAMPLE)
        first, last = start - self.start, end - self.start
        return bytes(self.pcm[first * BYTES_PER_SAMPLE : last * BYTES_PER_SAMPLE])

    @property
    def size_bytes(self) -> int:
        """What it takes of the memory."""
        return 0 if self.pcm is None else len(self.pcm)


@dataclass(frozen=True, slots=True)
class WriteChunk:
    """What is written next."""

    start: int
    end: int
    pcm: bytes | None
    """None for silence."""


@dataclass
class MemoryBuffer:
    """Pieces without a hole between them, from ``first`` to ``head``."""

    sound: Format
    most_bytes: int = MOST_BYTES
    head: int = 0
    """The end of all that was given."""
    written: int = 0
    """Everything before this is in the file."""
    synced: int = 0
    """Everything before this outlives a power cut."""
    settled: int = 0
    """Everything before this is recognised, and nobody will ask for it."""
    lost: list[tuple[int, int]] = field(default_factory=list)
    """Sound that is gone: recognised, and never written; or taken from the file by somebody."""
    _pieces: deque[BufferedChunk] = field(default_factory=deque)
    size_bytes: int = 0
    """What the pieces take of the memory."""
    _being_written: int = 0
    """Everything before this is in the file, or on its way."""

    @property
    def first(self) -> int:
        """The first sample that is here."""
        return self._pieces[0].start if self._pieces else self.head

    @property
    def n_unsafe(self) -> int:
        """Samples that the disk has not taken for good."""
        return self.head - self.synced

    def append(self, pcm: bytes) -> bool:
        """Take sound; False if there is no room for it."""
        if not self._make_room(len(pcm)):
            return False
        n_samples = len(pcm) // BYTES_PER_SAMPLE
        last = self._pieces[-1] if self._pieces else None
        room = 0 if last is None else self.sound.samples(PIECE_S) - (last.end - last.start)
        if last is not None and last.pcm is not None and n_samples <= room:
            last.pcm += pcm
            last.end += n_samples
        else:
            self._pieces.append(BufferedChunk(self.head, self.head + n_samples, bytearray(pcm)))
        self.head += n_samples
        self.size_bytes += len(pcm)
        self._drop_safe()
        return True

    def skip(self, n_samples: int) -> None:
        """Silence stands here for what is missing."""
        last = self._pieces[-1] if self._pieces else None
        if last is not None and last.pcm is None:
            last.end += n_samples
        else:
            self._pieces.append(BufferedChunk(self.head, self.head + n_samples, None))
        self.head += n_samples
        self._drop_safe()

    def overwrite(self, start: int, pcm: bytes) -> None:
        """Put other samples in the place of those that are here."""
        end = start + len(pcm) // BYTES_PER_SAMPLE
        for piece in self._pieces:
            first, last = max(start, piece.start), min(end, piece.end)
            if piece.pcm is not None and first < last:
                at, place = first - piece.start, first - start
                n_bytes = (last - first) * BYTES_PER_SAMPLE
                at_byte, place_byte = at * BYTES_PER_SAMPLE, place * BYTES_PER_SAMPLE
                piece.pcm[at_byte : at_byte + n_bytes] = pcm[place_byte : place_byte + n_bytes]

    def read(self, start: int, end: int) -> bytes:
        """Samples ``[start, end)``, of which none may lie before ``first``."""
        return b"".join(
            piece.read(max(start, piece.start), min(end, piece.end))
            for piece in self._pieces
            if piece.start < end and piece.end > start
        )

    def next_chunk(self) -> WriteChunk | None:
        """What to write next; None if the disk has everything."""
        start = self.written
        piece = next((piece for piece in self._pieces if piece.end > start), None)
        if piece is None:
            return None
        if piece.pcm is None:
            end = min(piece.end, start + self.sound.samples(SILENCE_S))
            bite = WriteChunk(start, end, None)
        else:
            end = min(self._sound_until(start), start + self.sound.samples(BITE_S))
            bite = WriteChunk(start, end, self.read(start, end))
        self._being_written = end
        return bite

    def mark_written(self, bite: WriteChunk) -> None:
        """That is in the file; unless it is to be written again, from before it."""
        if bite.start == self.written:
            self.written = bite.end

    def mark_refused(self) -> None:
        """Nothing is on its way."""
        self._being_written = self.written

    def mark_synced(self, end: int) -> None:
        """Everything before this position outlives a power cut."""
        self.synced = end
        self._drop_safe()

    def rewrite_unsynced(self) -> None:
        """A disk that refuses only then may have lost what it took before: it is written again."""
        self.written = max(self.first, self.synced)

    def truncate(self, n_samples: int) -> None:
        """Somebody has left no more than that of the file: what is here is written again."""
        first = self.first
        if n_samples < first:
            self.lost.append((n_samples, first))
            self._pieces.appendleft(BufferedChunk(n_samples, first, None))
        self.written = self.synced = n_samples

    def lost_at(self, start: int, end: int) -> int | None:
        """Where sound begins again that is not lost, if some of that stretch is."""
        return next((it[1] for it in self.lost if it[0] < end and start < it[1]), None)

    @property
    def n_lost(self) -> int:
        """Samples that are gone."""
        return sum(end - start for start, end in self.lost)

    def _sound_until(self, start: int) -> int:
        """Where the next silence begins."""
        silent = (it.start for it in self._pieces if it.pcm is None and it.start >= start)
        return next(silent, self.head)

    def _make_room(self, size_bytes: int) -> bool:
        """Whether there is room, or could be made."""
        while self.size_bytes + size_bytes > self.most_bytes:
            if self._pieces and self._pieces[0].end <= self.written:
                self.size_bytes -= self._pieces.popleft().size_bytes
            elif not self._drop_oldest():
                return False
        return True

    def _drop_oldest(self) -> bool:
        """Let the oldest piece go that is recognised; False if there is none."""
        waiting = (
            (index, piece)
            for index, piece in enumerate(self._pieces)
            if piece.pcm is not None and piece.start >= self._being_written
        )
        index, piece = next(waiting, (0, None))
        if piece is None or piece.end > self.settled:
            return False
        self.size_bytes -= piece.size_bytes
        piece.pcm = None
        if self.lost and self.lost[-1][1] == piece.start:
            self.lost[-1] = self.lost[-1][0], piece.end
        else:
            self.lost.append((piece.start, piece.end))
        before = self._pieces[index - 1] if index else None
        if before is not None and before.pcm is None:
            before.end = piece.end
            del self._pieces[index]
        return True

    def _drop_safe(self) -> None:
        """Let go of what is safe, and not needed for live sending."""
        until = min(self.synced, self.head - self.sound.samples(TAIL_S))
        while self._pieces and self._pieces[0].end <= until:
            self.size_bytes -= self._pieces.popleft().size_bytes
