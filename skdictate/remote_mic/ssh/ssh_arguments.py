"""``skdictate ssh [SSH OPTION ...] HOST [SSH OPTION ...] [-- OPTION ...]``: whose word is whose."""

from __future__ import annotations

import getopt
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.remote_mic.ssh.remote_host import checked
from skdictate.text.clean_text import clean

KNOWN = "1246ab:c:e:fgi:kl:m:no:p:qstvxAB:CD:E:F:GI:J:KL:MNO:P:Q:R:S:TVw:W:XYy"
"""The options of OpenSSH 10, as its manual has them; a colon says that a value follows."""
OTHERWISE = frozenset("fGNnOQsTVW")
"""Those that leave no terminal to dictate in, or connect to nothing."""


@dataclass(frozen=True, slots=True)
class SshArguments:
    """Words, sorted."""

    host: str
    """``[USER@]HOST``."""
    options: tuple[str, ...]
    """For ``ssh``."""
    ours: tuple[str, ...]
    """For skdictate over there."""

    @property
    def again(self) -> str:
        """A line for a shell that says the same."""
        ours = ("--", *self.ours) if self.ours else ()
        return clean(shlex.join(("skdictate", "ssh", self.host, *self.options, *ours)))

    @classmethod
    def of(cls, words: Sequence[str]) -> SshArguments:
        """From a command line; whatever follows ``--`` is ours.

        Raises:
            ProblemError: they cannot be sorted, and which one is to blame.
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
    """The options at the beginning, one word for each and for each value; and the rest."""
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
