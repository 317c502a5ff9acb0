"""The page in front of the user: dictations one below the other, until a new page is begun."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from skdictate.core.audio import Format
from skdictate.core.changes import Change, Gap, GapMarked, Line, LineCommitted, LineRefined
from skdictate.output.formats import SUFFIXES, rendered
from skdictate.output.sinks import save


@dataclass
class Section:
    """One dictation on the page."""

    sound: Format
    lines: dict[int, Line] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)


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
        return not any(section.lines or section.gaps for section in self.sections)

    def begin(self, sound: Format) -> None:
        """Another dictation."""
        self.sections.append(Section(sound))

    def take(self, change: Change) -> None:
        """Something has become of the newest dictation."""
        section = self.sections[-1]
        match change:
            case LineCommitted(line) | LineRefined(line):
                section.lines[line.number] = line
            case GapMarked(gap):
                section.gaps.append(gap)

    def text(self, name: str) -> str:
        """The page in a format."""
        texts = [
            rendered(name, section.sound, section.lines.values(), section.gaps)
            for section in self.sections
        ]
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
            return Path(output).expanduser()
        return Path.cwd() / f"dictation-{self.begun_at:%Y-%m-%d-%H%M%S}{suffix}"
