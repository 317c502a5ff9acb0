"""The input and the result of a check."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from skdictate.errors import Exit, Kind, Problem
from skdictate.settings.config import Config, Settings
from skdictate.system.paths import Paths

_RECOGNISERS = (Kind.NETWORK, Kind.SERVICE, Kind.LIMIT, Kind.RECOGNISER)


class CheckState(StrEnum):
    """The outcome of a check."""

    OK = "ok"
    WARNING = "warning"
    """Dictation works, but less well than it might."""
    FAILED = "failed"
    """Dictation with these settings cannot work."""
    SKIPPED = "skipped"
    """Not checked, or not needed; the detail says why."""


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What is checked: the settings in force, and the user's folders."""

    paths: Paths
    environ: Mapping[str, str] = field(repr=False)
    """Left out of ``repr``, since it may contain a key."""
    config: Config = field(default_factory=lambda: Config(Settings(), {}))
    """The settings in force."""
    problem: Problem | None = None
    """Why the requested settings are not used, if they are invalid."""
    is_online: bool = False
    """Whether to run checks that are billed."""
    is_on_terminal: bool = False
    """Whether results go to a terminal, which can then be queried."""

    @property
    def settings(self) -> Settings:
        """The values of the settings."""
        return self.config.settings


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check."""

    name: str
    state: CheckState
    detail: str
    """What was found."""
    hint: str = ""
    """What to do. Lines after the first are commands, to be copied as a whole."""
    exit_code: Exit = Exit.DONE
    """Exit code of the command if this is the first check that failed."""


@dataclass(frozen=True, slots=True)
class Check:
    """A check, and its time limit."""

    name: str
    run: Callable[[CheckContext], Awaitable[CheckResult]]
    bound_s: float
    asks: str = ""
    """What the user should do during the check."""
    exit_code: Exit = Exit.CONFIG
    """Exit code if the check itself times out or crashes."""


def failed(name: str, problem: Problem) -> CheckResult:
    """A problem as a failed result."""
    detail = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
    # The hint of a temporary recogniser problem is about a running dictation; there is none here.
    is_about_dictation = problem.kind in _RECOGNISERS and not problem.is_permanent
    hint = "" if is_about_dictation else problem.hint
    return CheckResult(name, CheckState.FAILED, detail, hint, problem.exit_code)
