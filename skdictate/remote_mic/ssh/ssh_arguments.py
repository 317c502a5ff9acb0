"""The arguments of ``skdictate ssh [SSH OPTION ...] HOST [SSH OPTION ...] [-- OPTION ...]``."""

from __future__ import annotations

import getopt
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.remote_mic.ssh.remote_host import checked
from skdictate.text.clean_text import clean

KNOWN = "1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYy"
"""The options of OpenSSH 10, from its manual; a colon means that a value follows."""
OTHERWISE = frozenset("fGNnOQsTVW")
"""Options that leave no terminal to dictate in, or do not connect."""


@dataclass(frozen=True, slots=True)
class SshArguments:
    """The arguments, sorted."""

    host: str
    """``[USER@]HOST``."""
    options: tuple[str, ...]
    """For ``ssh``."""
    ours: tuple[str, ...]
    """Options for skdictate on the other machine."""

    @property
    def again(self) -> str:
        """The same command as a line for a shell."""
        ours = ("--", *self.ours) if self.ours else ()
        return clean(shlex.join(("skdictate", "ssh", self.host, *self.options, *ours)))

    @classmethod
    def of(cls, words: Sequence[str]) -> SshArguments:
        """Parse the arguments; whatever follows ``--`` is for skdictate.

        Raises:
            ProblemError: they are malformed.
        """
        theirs = list(words)
        ours: list[str] = []
        if "--" in theirs:
            place = theirs.index("--")
            theirs, ours = theirs[:place], theirs[place + 1 :]
        before, rest = _options(theirs)
        if not rest:
            raise ProblemError(_wrong("No host is named"))
        host, *rest = rest
        after, rest = _options(rest)
        if rest:
            raise ProblemError(_wrong(f"{clean(rest[0][:40])!r} is no option of ssh"))
        return cls(checked(host), (*before, *after), tuple(ours))


def _options(words: list[str]) -> tuple[list[str], list[str]]:
    """Split off the options at the beginning, one word for each option and each value."""
    try:
        found, rest = getopt.getopt(words, KNOWN)
    except getopt.GetoptError as error:
        raise ProblemError(_wrong(f"ssh: {clean(str(error))}")) from error
    for name, _ in found:
        if name[1:] in OTHERWISE:
            raise ProblemError(_wrong(f"With {name} there is no terminal to dictate in"))
    return [word for pair in found for word in pair if word], rest


def _wrong(detail: str) -> Problem:
    return Problem(
        Kind.USAGE,
        "This is no way to connect",
        detail,
        "Use: skdictate ssh USER@HOST [SSH OPTION ...] [-- OPTION OF SKDICTATE ...]",
        is_permanent=True,
    )
