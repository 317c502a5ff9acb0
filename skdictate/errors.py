"""What can go wrong, told once and in words: ``Problem`` and the exception that carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import IntEnum, StrEnum
from typing import Any

from skdictate.text.clean_text import clean


class Kind(StrEnum):
    """What a problem is about; decides the exit code and nothing else."""

    USAGE = "usage"
    CONFIG = "config"
    CREDENTIALS = "credentials"
    MICROPHONE = "microphone"
    NETWORK = "network"
    SERVICE = "service"
    LIMIT = "limit"
    RECOGNISER = "recogniser"
    DISK = "disk"


class Exit(IntEnum):
    """Exit codes of the command line; other programs rely on them."""

    DONE = 0
    GAP = 1
    USAGE = 2
    CONFIG = 3
    CREDENTIALS = 4
    MICROPHONE = 5
    NETWORK = 6
    DISK = 7
    INTERNAL = 70
    """A mistake in this program, as sysexits.h has it."""
    HANGUP = 129
    INTERRUPTED = 130
    TERMINATED = 143


_EXITS = {
    Kind.USAGE: Exit.USAGE,
    Kind.CONFIG: Exit.CONFIG,
    Kind.CREDENTIALS: Exit.CREDENTIALS,
    Kind.MICROPHONE: Exit.MICROPHONE,
    Kind.DISK: Exit.DISK,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What happened and what to do next, for a person to read."""

    kind: Kind
    title: str
    """A few words: what happened."""
    detail: str = ""
    """One sentence: what is wrong, and where."""
    hint: str = ""
    """One sentence: what to do."""
    is_permanent: bool = False
    """Trying again unchanged cannot help."""
    support: str = field(default="", compare=False)
    """What the support of a service asks for: the names of a request, where it gave any."""

    def __post_init__(self) -> None:
        """Make it safe to show: it may name a file or an address that would act on a terminal."""
        for name in ("title", "detail", "hint"):
            object.__setattr__(self, name, clean(getattr(self, name)))

    @property
    def exit_code(self) -> Exit:
        """The exit code of a command that this problem ended."""
        return _EXITS.get(self.kind, Exit.NETWORK)

    @property
    def brief(self) -> str:
        """Kind and title alone, for a log: the rest may quote a file, a command or a server."""
        return f"{self.kind}: {self.title}" + (" (for good)" if self.is_permanent else "")

    def of_file(self) -> Problem:
        """The same where a file is heard: it is not recorded, and waits for the recogniser."""
        hint = self.hint.replace("Recording goes on", "The file waits")
        return replace(self, hint=hint.replace("recording goes on", "the file waits"))

    def as_json(self) -> dict[str, Any]:
        """For another process."""
        return asdict(self)

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> Problem:
        """What ``as_json`` gave; the texts are as untrusted as the process."""
        title, detail, hint = (str(said.get(name, "")) for name in ("title", "detail", "hint"))
        is_permanent, support = bool(said.get("is_permanent")), str(said.get("support", ""))
        return cls(Kind(said["kind"]), title, detail, hint, is_permanent, support)

    def __str__(self) -> str:
        """The problem in one line: title, detail, hint, and what support asks for."""
        said = f"{self.title}: {self.detail}" if self.detail else self.title
        said = said if said.endswith((".", "!", "?")) else f"{said}."
        support = f" For support: {self.support}." if self.support else ""
        return f"{said} {self.hint}".rstrip() + support


class ProblemError(Exception):
    """Raised where a problem ends what was being done; ``problem`` says which."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
