"""The page in front of the user: dictations one below the other, until a new page is begun."""

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
"""Of one dictation, the newest ones; the library has them all."""


@dataclass
class Section:
    """One dictation on the page."""

    sound: Format
    lines: PackedLines = field(default_factory=PackedLines)
    gaps: list[Gap] = field(default_factory=list)
    findings: deque[Finding] = field(default_factory=lambda: deque(maxlen=MOST_FINDINGS))


@dataclass
class Page:
    """What would be saved."""

    begun_at: datetime = field(default_factory=lambda: datetime.now().astimezone())
    sections: list[Section] = field(default_factory=list)
    saved_as: Path | None = None
    """The file that has it: saved again, it goes there again."""

    @property
    def n_lines(self) -> int:
        """Lines on the page."""
        return sum(len(section.lines) for section in self.sections)

    @property
    def is_empty(self) -> bool:
        """There is nothing to save."""
        return not any(len(section.lines) or section.gaps for section in self.sections)

    @property
    def n_findings(self) -> int:
        """What was found beside the text."""
        return sum(len(section.findings) for section in self.sections)

    def begin(self, sound: Format) -> None:
        """Another dictation."""
        self.sections.append(Section(sound))

    def take(self, change: Change) -> None:
        """Something has become of the newest dictation."""
        section = self.sections[-1]
        match change:
            case LineCommitted(line) | LineRefined(line):
                section.lines.put(line)
            case GapMarked(gap):
                section.gaps.append(gap)
            case FindingMade(finding):
                section.findings.append(finding)

    def text(self, name: str) -> str:
        """The page in a format."""
        texts = [rendered(name, it.sound, it.lines, it.gaps, it.findings) for it in self.sections]
        return "\n".join(text for text in texts if text)

    def save(self, name: str, output: str) -> Path:
        """Write the page in a format, to ``output`` or else to a file of the working folder.

        Raises:
            ProblemError: the folder or the disk does not take it.
        """
        path = self.saved_as or self._path(output, SUFFIXES[name])
        save(path, self.text(name))
        self.saved_as = path
        return path

    def _path(self, output: str, suffix: str) -> Path:
        if output:
            return expanded(output)
        return working_folder() / f"dictation-{self.begun_at:%Y-%m-%d-%H%M%S}{suffix}"
