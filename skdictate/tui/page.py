"""The page: the dictations since the last "new page", which are shown and saved together."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.core.changes import Change, FindingMade, Gap, GapMarked, LineCommitted, LineRefined
from skdictate.core.findings import Finding
from skdictate.output.formats import SUFFIXES, rendered
from skdictate.output.sinks import save
from skdictate.system.paths import expanded, working_folder
from skdictate.tui.packed_lines import PackedLines

MOST_FINDINGS = 10_000
"""Newest findings that are kept of a dictation; the library has all of them."""


@dataclass
class Section:
    """One dictation on the page."""

    sound: Format
    lines: PackedLines = field(default_factory=PackedLines)
    gaps: list[Gap] = field(default_factory=list)
    findings: deque[Finding] = field(default_factory=lambda: deque(maxlen=MOST_FINDINGS))


@dataclass
class Page:
    """The content of the page, and its file."""

    begun_at: datetime = field(default_factory=lambda: datetime.now().astimezone())
    sections: list[Section] = field(default_factory=list)
    saved_as: Path | None = None
    """The file that the page was saved to, which is used again; None if not saved."""

    @property
    def n_lines(self) -> int:
        """Number of lines on the page."""
        return sum(len(section.lines) for section in self.sections)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to save."""
        return not any(len(section.lines) or section.gaps for section in self.sections)

    @property
    def n_findings(self) -> int:
        """Number of SpeechKit's findings on the page."""
        return sum(len(section.findings) for section in self.sections)

    def begin(self, sound: Format) -> None:
        """Add a dictation."""
        self.sections.append(Section(sound))

    def apply(self, change: Change) -> None:
        """Apply a change to the newest dictation."""
        section = self.sections[-1]
        match change:
            case LineCommitted(line) | LineRefined(line):
                section.lines.put(line)
            case GapMarked(gap):
                section.gaps.append(gap)
            case FindingMade(finding):
                section.findings.append(finding)

    def text(self, name: str) -> str:
        """The page as text in the format ``name``."""
        texts = [rendered(name, it.sound, it.lines, it.gaps, it.findings) for it in self.sections]
        return "\n".join(text for text in texts if text)

    def save(self, name: str, output: str) -> Path:
        """Write the page to a file and return its path.

        Args:
            name: the format.
            output: path; if empty, a new file in the working folder. Not used if the page was
                saved before.

        Raises:
            ProblemError: the file cannot be written.
        """
        path = self.saved_as or self._path(output, SUFFIXES[name])
        save(path, self.text(name))
        self.saved_as = path
        return path

    def _path(self, output: str, suffix: str) -> Path:
        if output:
            return expanded(output)
        return working_folder() / f"dictation-{self.begun_at:%Y-%m-%d-%H%M%S}{suffix}"
