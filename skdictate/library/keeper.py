"""Keeps one dictation while it runs: its recording, and its lines in the library."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from skdictate.core.audio import Format
from skdictate.core.changes import (
    Change,
    FindingMade,
    GapMarked,
    LineCommitted,
    LineRefined,
    LinkChanged,
)
from skdictate.library.library import About, Library
from skdictate.library.recording import Recording

_KEPT = (LineCommitted, LineRefined, GapMarked, FindingMade, LinkChanged)


class Keeper:
    """The files appear with the first sound: a dictation that never began leaves nothing."""

    def __init__(self, library: Library, folder: Path, about: About) -> None:
        self.about = about
        self._library = library
        self._folder = folder
        self._recording: Recording | None = None
        self._dictation_id: int | None = None

    @property
    def dictation_id(self) -> int | None:
        """Its id in the library, once it has one."""
        return self._dictation_id

    @property
    def recording_path(self) -> Path:
        """Where the sound is, or will be."""
        return self._folder / self.about.recording

    def append(self, pcm: bytes, sound: Format) -> None:
        """Add sound; see ``Recording.append``."""
        self._opened(sound).append(pcm)

    def append_silence(self, n_samples: int, sound: Format) -> None:
        """Stand in for lost sound; see ``Recording.append_silence``."""
        self._opened(sound).append_silence(n_samples)

    def note_source(self, name: str) -> None:
        """This is heard from now on."""
        if self._dictation_id is None:
            self.about = replace(self.about, source=name)
        else:
            self._library.add_source(self._dictation_id, name)

    def _opened(self, sound: Format) -> Recording:
        if self._recording is None:
            self._recording = Recording.create(self.recording_path, sound)
            self._dictation_id = self._library.begin(self.about)
        return self._recording

    def read(self, start: int, end: int) -> bytes:
        """Sound that was appended; see ``Recording.read``."""
        assert self._recording is not None
        return self._recording.read(start, end)

    def sync(self) -> None:
        """Make the sound so far outlive a power cut."""
        if self._recording is not None:
            self._recording.sync()

    def is_kept(self, change: Change) -> bool:
        """Whether a change is one to store."""
        return isinstance(change, _KEPT)

    def keep(self, change: Change) -> None:
        """Store a change; on return it outlives a power cut."""
        assert self._dictation_id is not None
        match change:
            case LineCommitted(line):
                self._library.add_line(self._dictation_id, line)
            case LineRefined(line):
                self._library.refine_line(self._dictation_id, line)
            case GapMarked(gap):
                self._library.add_gap(self._dictation_id, gap)
            case FindingMade(finding):
                self._library.add_finding(self._dictation_id, finding)
            case LinkChanged():
                self._library.note_link(self._dictation_id, change)

    def close(self, n_samples: int, billed_s: int) -> None:
        """The dictation is over."""
        if self._recording is not None:
            self._recording.close()
        if self._dictation_id is not None:
            self._library.finish(self._dictation_id, n_samples, billed_s)


def about(*, engine: str, api: str, languages: tuple[str, ...], source: str, rate_hz: int) -> About:
    """What is known of a dictation that begins now."""
    now = datetime.now(UTC)
    name = now.astimezone().strftime("%Y-%m-%d %H.%M.%S.%f")[:-3]
    return About(engine, api, ", ".join(languages), source, rate_hz, f"{name}.wav", now)
