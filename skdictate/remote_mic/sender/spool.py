"""Keeps sound until it is acknowledged: in memory first, then in unnamed files."""

from __future__ import annotations

import tempfile
import wave
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.mic_protocol.frames import Decoder, Frame, Type
from skdictate.system.paths import FILE_MODE, private_folder

MEMORY_S = 60.0
"""Seconds kept in memory; more goes to files."""
FILE_S = 600.0
"""Seconds in one file, which is deleted when all of it was sent."""
LONGEST_S = 2 * 3600.0
"""Seconds kept at most: 230 MB at 16 kHz. What comes then is lost and reported as a gap."""
FEW_S = 10.0
"""Seconds left in memory below which it is filled up from the files."""
_PIECE_BYTES = 1 << 18


class Spool:
    """Frames of sound and gaps in the order of their samples; removed from the front."""

    def __init__(self, sound: Format, folder: Path, longest_s: float = LONGEST_S) -> None:
        self._format = sound
        self._folder = folder
        self._most = sound.samples(longest_s)
        self._front: deque[Frame] = deque()
        self._files: deque[_File] = deque()
        self._n_front = 0
        """Samples in memory."""
        self.n_samples = 0
        """Samples kept, not counting gaps."""

    @property
    def has_room(self) -> bool:
        """Whether there is room for another second at least."""
        return self.n_samples + self._format.rate_hz <= self._most

    def append(self, frame: Frame) -> bool:
        """Keep a frame; False if there is no room for it in the spool or on the disk."""
        n_samples = _n_kept(frame)
        if n_samples and self.n_samples + n_samples > self._most:
            return False
        if self._files or self._n_front + n_samples > self._format.samples(MEMORY_S):
            try:
                self._file(n_samples).write(frame)
            except OSError:
                return False
        else:
            self._front.append(frame)
            self._n_front += n_samples
        self.n_samples += n_samples
        return True

    def drop(self, sample: int) -> Iterator[Frame]:
        """Remove and yield the frames that lie wholly before this position."""
        while (frame := self.first()) is not None and frame.end <= sample:
            self._front.popleft()
            self._n_front -= _n_kept(frame)
            self.n_samples -= _n_kept(frame)
            yield frame

    def first(self) -> Frame | None:
        """The oldest frame; None if there is none."""
        self._fill()
        return self._front[0] if self._front else None

    def at(self, sample: int) -> Frame | None:
        """The frame with this sample, or the next one; None if there is none."""
        self._fill()
        return next((frame for frame in self._front if frame.end > sample), None)

    def clear(self) -> None:
        """Drop everything."""
        while self._files:
            self._files.popleft().close()
        self._front.clear()
        self._n_front = self.n_samples = 0

    def save(self, path: Path) -> None:
        """Move everything into a private WAV file, with gaps as silence.

        Raises:
            OSError: it cannot be written.
        """
        private_folder(path.parent)
        with path.open("xb") as raw:
            path.chmod(FILE_MODE)
            with wave.open(raw, "wb") as file:
                file.setparams((1, BYTES_PER_SAMPLE, self._format.rate_hz, 0, "NONE", ""))
                while (frame := self.first()) is not None:
                    is_gap = frame.type is Type.GAP
                    file.writeframes(
                        bytes(frame.n_samples * BYTES_PER_SAMPLE) if is_gap else frame.payload
                    )
                    for _ in self.drop(frame.end):
                        pass

    def _file(self, n_samples: int) -> _File:
        """The newest file if it has room, else a new one."""
        if not self._files or self._files[-1].n_samples + n_samples > self._format.samples(FILE_S):
            self._files.append(_File(private_folder(self._folder)))
        self._files[-1].n_samples += n_samples
        return self._files[-1]

    def _fill(self) -> None:
        while self._files and self._n_front < self._format.samples(FEW_S):
            frames = self._files[0].read()
            if not frames:
                self._files.popleft().close()
                continue
            self._front.extend(frames)
            self._n_front += sum(map(_n_kept, frames))


class _File:
    """Frames as they are sent; written at the end, read from the start. The file has no name."""

    def __init__(self, folder: Path) -> None:
        self.n_samples = 0
        self._file: IO[bytes] = tempfile.TemporaryFile(  # noqa: SIM115 - closed with the spool
            dir=folder, buffering=0
        )
        self._written = self._read = 0
        self._decoder = Decoder(has_preamble=False, is_peer=True)

    def write(self, frame: Frame) -> None:
        """Append a frame.

        Raises:
            OSError: the disk does not accept it; what was written before is whole.
        """
        rest = memoryview(frame.encode())
        self._file.seek(self._written)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._written = self._file.tell()

    def read(self) -> list[Frame]:
        """The next frames; none at the end."""
        frames: list[Frame] = []
        while not frames and self._read < self._written:
            self._file.seek(self._read)
            data = self._file.read(min(_PIECE_BYTES, self._written - self._read))
            self._read += len(data)
            frames = self._decoder.feed(data)
        return frames

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()


def _n_kept(frame: Frame) -> int:
    return 0 if frame.type is Type.GAP else frame.n_samples
