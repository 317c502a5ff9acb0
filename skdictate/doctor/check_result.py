"""What a check is given, and what it finds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from skdictate.errors import Exit, Kind, Problem
from skdictate.settings.config import Config, Settings
from skdictate.system.paths import Paths

_RECOGNISERS = (Kind.NETWORK, Kind.SERVICE, Kind.LIMIT, Kind.RECOGNISER)


class CheckState(StrEnum):
    """How it stands with the subject of a check."""

    OK = "ok"
    WARNING = "warning"
    """Dictation works, but less well than it might."""
    FAILED = "failed"
    """Dictation as the settings have it cannot work."""
    SKIPPED = "skipped"
    """Not looked at, or not needed; the detail says why."""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What is examined: the settings in force, and the places of this user."""

    paths: Paths
    environ: Mapping[str, str] = field(repr=False)
    """May hold a key, so it shows in no representation."""
    config: Config = field(default_factory=lambda: Config(Settings(), {}))
    """The settings in force."""
    problem: Problem | None = None
    """Why these are not the settings that were asked for."""
    is_online: bool = False
    """Checks that cost money were asked for."""
    is_on_terminal: bool = False
    """The findings are written to a terminal, which may then be asked things."""

    @property
    def settings(self) -> Settings:
        """The values of the settings."""
        return self.config.settings


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check, for a person to read."""

    name: str
    state: CheckState
    detail: str
    """What was found."""
    hint: str = ""
    """What to do. Lines after the first are commands, to be copied whole."""
    exit_code: Exit = Exit.DONE
    """What the command ends with if this is the first that failed."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check, and how long it may take."""

    name: str
    run: Callable[[CheckContext], Awaitable[CheckResult]]
    bound_s: float
    asks: str = ""
    """What the user is asked to do meanwhile."""
    exit_code: Exit = Exit.CONFIG
    """What the command ends with if the check itself comes to nothing."""


def failed(name: str, problem: Problem) -> CheckResult:
    """The finding that a problem is."""
    said = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
    # What a passing trouble with a recogniser hints at is a dictation that goes on; here is none.
    is_about_dictation = problem.kind in _RECOGNISERS and not problem.is_permanent
    hint = "" if is_about_dictation else problem.hint
    return CheckResult(name, CheckState.FAILED, said, hint, problem.exit_code)
