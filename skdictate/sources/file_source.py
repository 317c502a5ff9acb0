"""Plays files at the pace of a microphone: all that libsndfile reads, and raw PCM."""

from __future__ import annotations

import importlib.util
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Self

import soundfile

from skdictate.audio.pcm import Format
from skdictate.audio.resampling import Converter
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.sources.base import BLOCK_MS
from skdictate.sources.pacing import Pace
from skdictate.text.clean_text import clean

RAW_SUFFIXES = (".raw", ".pcm", ".s16le")
"""Files without a header: s16le, mono, at the rate that the user gives."""
DEMO = ("two_cities.wav", "beckett.wav")
"""The human speech that comes with the recogniser's package."""


class FileSource:
    """Plays files one after the other."""

    is_live = False
    is_microphone = False
    overruns = 0

    def __init__(self, paths: list[Path], sound: Format, speed: float, name: str = "") -> None:
        self.name = clean(name or ", ".join(path.name for path in paths))
        self.format = sound
        self._paths = paths
        self._pace = Pace(speed)
        self._files: list[soundfile.SoundFile] = []
        self._is_stopped = False

    def stop(self) -> None:
        """End after the current block."""
        self._is_stopped = True

    async def __aenter__(self) -> Self:
        """Open the files; see ``Source``."""
        for path in self._paths:
            self._files.append(self._open(path))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the files."""
        for file in self._files:
            file.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The blocks; see ``Source``."""
        for file in self._files:
            converter = Converter(file.samplerate, self.format.rate_hz)
            n_frames = file.samplerate * BLOCK_MS // 1000
            is_last = False
            while not is_last and not self._is_stopped:
                frames = file.read(n_frames, dtype="float32", always_2d=True)
                is_last = len(frames) < n_frames
                await self._pace.after(len(frames) / file.samplerate)
                if pcm := converter.convert(frames, is_last=is_last):
                    yield pcm

    def _open(self, path: Path) -> soundfile.SoundFile:
        raw = {
            "samplerate": self.format.rate_hz,
            "channels": 1,
            "format": "RAW",
            "subtype": "PCM_16",
            "endian": "LITTLE",
        }
        try:
            is_raw = path.suffix.lower() in RAW_SUFFIXES
            # libsndfile's Python wrapper cannot encode a name that is not valid text in the locale.
            name = os.fsencode(path) if os.name == "posix" else path
            return soundfile.SoundFile(name, **(raw if is_raw else {}))
        except (OSError, soundfile.SoundFileError) as error:
            raise ProblemError(_unreadable(path, error)) from error


def demo_paths() -> list[Path]:
    """The recordings of the demo.

    Raises:
        ProblemError: the package that carries them is not installed.
    """
    spec = importlib.util.find_spec("moonshine_voice")
    folder = Path(spec.origin).parent / "assets" if spec and spec.origin else Path("missing")
    paths = [folder / name for name in DEMO]
    if not all(path.is_file() for path in paths):
        raise ProblemError(
            Problem(
                Kind.CONFIG,
                "There is no demo here",
                "Its recordings come with the embedded recogniser, which has no package here",
                "Use --source file:PATH with a recording of yours.",
                is_permanent=True,
            )
        )
    return paths


def _unreadable(path: Path, error: Exception) -> Problem:
    detail = f"{path}: {_reason(error)}"
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            detail = f"{path} is a folder"
    except FileNotFoundError:
        detail = f"There is no file {path}"
    except OSError as unseen:
        detail = f"{path}: {unseen.strerror}"
    return Problem(
        Kind.USAGE,
        "The recording cannot be read",
        detail,
        "WAV, FLAC, OGG and MP3 are read by their header, .raw and .pcm as 16-bit mono at --rate.",
        is_permanent=True,
    )


def _reason(error: Exception) -> str:
    """The reason without the file name, which the library gives as bytes."""
    return getattr(error, "error_string", None) or getattr(error, "strerror", None) or str(error)
