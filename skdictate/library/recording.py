"""A WAV file that is written as the sound comes, and is valid at any moment.

Each block is one ``write`` to the file (no buffer in this process), and then the sizes in the
header are set to what is there: a reader after a ``kill -9`` finds all whole blocks. A power cut
costs what was not synced, see ``sync``. Room is left for the header of a 64-bit file (RF64, EBU
Tech 3306), which takes over at 4 GiB.
"""

from __future__ import annotations

import io
import os
import struct
from contextlib import suppress
from pathlib import Path

from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.library.recording_lock import claim
from skdictate.library.storage_problems import translated
from skdictate.system.paths import FILE_MODE, private_folder, sync_folder

HEADER_BYTES = 80
"""RIFF 12, JUNK or ds64 36, fmt 24, data 8."""
LARGEST = 0xFFFF_FFFF
"""What a size of 32 bits can say."""
_HEADER = struct.Struct("<4sI4s 4sIQQQI 4sIHHIIHH 4sI")


def header(rate_hz: int, data_bytes: int) -> bytes:
    """The header for that much data: RIFF, or RF64 where RIFF cannot say the size."""
    riff_bytes = HEADER_BYTES - 8 + data_bytes
    is_large = riff_bytes > LARGEST
    return _HEADER.pack(
        b"RF64" if is_large else b"RIFF",
        LARGEST if is_large else riff_bytes,
        b"WAVE",
        b"ds64" if is_large else b"JUNK",
        28,
        riff_bytes if is_large else 0,
        data_bytes if is_large else 0,
        data_bytes // BYTES_PER_SAMPLE if is_large else 0,
        0,
        b"fmt ",
        16,
        1,  # PCM
        1,  # channel
        rate_hz,
        rate_hz * BYTES_PER_SAMPLE,
        BYTES_PER_SAMPLE,
        8 * BYTES_PER_SAMPLE,
        b"data",
        LARGEST if is_large else data_bytes,
    )


class Recording:
    """The sound of one dictation: append at the end, read anywhere. Positions are samples."""

    def __init__(self, path: Path, file: io.FileIO, sound: Format, n_samples: int) -> None:
        self.path = path
        self.format = sound
        self.n_samples = n_samples
        """Samples in the file."""
        self._file = file
        self._n_synced = n_samples

    @classmethod
    def create(cls, path: Path, sound: Format) -> Recording:
        """A new, empty file; it must not exist.

        Raises:
            ProblemError: the disk is full, read-only or forbidden.
        """
        private_folder(path.parent)
        with translated(path):
            recording = cls(path, io.FileIO(path, "x+", opener=_private), sound, 0)
            try:
                claim(recording._file)
                recording._write(header(sound.rate_hz, 0), 0)
                recording._sync()
                sync_folder(path.parent)
            except OSError:  # half a file would be in the way of the next try
                recording._file.close()
                path.unlink(missing_ok=True)
                raise
        return recording

    @classmethod
    def open(cls, path: Path) -> Recording:
        """An existing recording, for reading; what its header forgot is found by its length.

        Raises:
            ProblemError: it is missing, or no recording of ours.
        """
        with translated(path):
            file = io.FileIO(path, "r")
            head = file.read(HEADER_BYTES)
            size_bytes = file.seek(0, io.SEEK_END) - HEADER_BYTES
        if len(head) < HEADER_BYTES or head[:4] not in (b"RIFF", b"RF64"):
            file.close()
            detail = f"{path} does not begin as a recording of this program does"
            raise ProblemError(Problem(Kind.DISK, "Not a recording", detail, is_permanent=True))
        return cls(path, file, Format(_HEADER.unpack(head)[13]), size_bytes // BYTES_PER_SAMPLE)

    @property
    def n_in_file(self) -> int:
        """Samples that are really there: fewer, if another program has cut it short."""
        with translated(self.path):
            size_bytes = os.fstat(self._file.fileno()).st_size
        return max(0, size_bytes - HEADER_BYTES) // BYTES_PER_SAMPLE

    @property
    def is_removed(self) -> bool:
        """Another program has removed it; what was written is still ours to read."""
        with translated(self.path):
            is_nameless = os.fstat(self._file.fileno()).st_nlink == 0
        return is_nameless and not self.path.exists()

    def append(self, pcm: bytes) -> None:
        """Add whole samples at the end.

        Raises:
            ProblemError: the disk does not take them; what was there before is untouched.
        """
        n_samples = self.n_samples + len(pcm) // BYTES_PER_SAMPLE
        with translated(self.path):
            self._write(pcm, HEADER_BYTES + self.n_samples * BYTES_PER_SAMPLE)
            self._write(header(self.format.rate_hz, n_samples * BYTES_PER_SAMPLE), 0)
        self.n_samples = n_samples  # not before: what was refused is tried again in its place

    def append_silence(self, n_samples: int) -> None:
        """Stand in for samples that were lost, so that positions stay true to time."""
        while n_samples > 0:
            n = min(n_samples, self.format.rate_hz)
            self.append(bytes(BYTES_PER_SAMPLE * n))
            n_samples -= n

    def overwrite(self, start: int, pcm: bytes) -> None:
        """Put other samples in the place of those that begin there; the length stays.

        Raises:
            ProblemError: the disk does not take them.
        """
        most = max(0, self.n_samples - start) * BYTES_PER_SAMPLE
        with translated(self.path):
            self._write(pcm[:most], HEADER_BYTES + start * BYTES_PER_SAMPLE)

    def read(self, start: int, end: int) -> bytes:
        """Samples ``[start, end)`` as s16le; fewer where the file is shorter."""
        with translated(self.path):
            self._file.seek(HEADER_BYTES + start * BYTES_PER_SAMPLE)
            return self._file.read((end - start) * BYTES_PER_SAMPLE)

    def sync(self) -> None:
        """Make all that was appended outlive a power cut; takes milliseconds."""
        n_samples = self.n_samples
        if n_samples > self._n_synced:
            with translated(self.path):
                self._sync()
            self._n_synced = n_samples

    def close(self) -> None:
        """Sync and let go of the file; appending is over."""
        if not self._file.closed:
            with suppress(ProblemError):
                self.sync()
            self._file.close()

    def _sync(self) -> None:
        getattr(os, "fdatasync", os.fsync)(self._file.fileno())

    def _write(self, data: bytes, offset: int) -> None:
        self._file.seek(offset)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]


def repair(path: Path, sound: Format) -> int:
    """Set the sizes in a recording's header to what is there; the samples there, 0 without a file.

    Raises:
        ProblemError: it cannot be looked at.
    """
    if not path.exists():
        return 0
    with translated(path):
        before = path.stat()
    n_samples = max(0, before.st_size - HEADER_BYTES) // BYTES_PER_SAMPLE
    wanted = header(sound.rate_hz, n_samples * BYTES_PER_SAMPLE)
    with suppress(OSError), io.FileIO(path, "r+") as file:  # others can wait for their header
        if file.read(HEADER_BYTES) != wanted:
            file.seek(0)
            file.write(wanted)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # it tells when it ended
            os.fsync(file.fileno())
    return n_samples


def _private(path: str, flags: int) -> int:
    """Opens a new file that nobody else may read, and never through a link."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), FILE_MODE)
