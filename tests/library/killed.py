"""Dictations as a killed program leaves them, or one that still runs."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Line
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from tests.library.test_library import ABOUT

SOUND = Format(16_000)


def sound(n_samples: int) -> bytes:
    return array("h", [i % 30_000 for i in range(n_samples)]).tobytes()


def running(
    library: Library,
    folder: Path,
    name: str = "a.wav",
    *,
    n_samples: int = 16_000,
    lines: tuple[Line, ...] = (),
    gaps: tuple[Gap, ...] = (),
    settled: int = 0,
) -> tuple[int, Recording]:
    """A dictation that somebody works on, until the recording is closed."""
    recording = Recording.create(folder / name, SOUND)
    dictation_id = library.begin(replace(ABOUT, recording=name))
    recording.append(sound(n_samples))
    for line in lines:
        library.add_line(dictation_id, line)
    for gap in gaps:
        library.add_gap(dictation_id, gap)
    library.settle(dictation_id, settled)
    return dictation_id, recording
