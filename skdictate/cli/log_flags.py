"""``--log-file`` and ``--verbose``: flags of this run alone, and no settings; apart, since a log
begins before the settings are read."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext

from skdictate.errors import Kind, Problem, ProblemError

FILE, VERBOSE = "--log-file", "--verbose"


def add_log_flags(parser: argparse._ActionsContainer) -> None:
    """The flags, for a command that may take long."""
    words = "add events to this file; no speech and no keys"
    parser.add_argument(FILE, default=argparse.SUPPRESS, metavar="FILE", help=words)
    words = "events with details, on standard error; for a screen, to the file alone"
    parser.add_argument(VERBOSE, action="store_true", default=argparse.SUPPRESS, help=words)


def logged(parsed: argparse.Namespace, *, is_on_screen: bool) -> AbstractContextManager[None]:
    """What the flags ask for, while inside.

    Raises:
        ProblemError: that cannot be.
    """
    file, is_verbose = getattr(parsed, "log_file", ""), getattr(parsed, "verbose", False)
    if not file and not is_verbose:
        return nullcontext()
    from skdictate.system.log_output import written

    return written(file, is_verbose=is_verbose, is_on_screen=is_on_screen)


def take_log_flags(words: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The flags among the words for ``ssh``, before ``--``, and the other words.

    Raises:
        ProblemError: the name of the file is missing.
    """
    found = argparse.Namespace()
    place = words.index("--") if "--" in words else len(words)
    left, others = words[:place], []
    while left:
        word = left.pop(0)
        name, mark, value = word.partition("=")
        if word == VERBOSE:
            found.verbose = True
        elif name == FILE:
            if not mark:
                value = left.pop(0) if left else ""
            if not value:
                problem = Problem(Kind.USAGE, f"{FILE} needs a file", is_permanent=True)
                raise ProblemError(problem)
            found.log_file = value
        else:
            others.append(word)
    return found, others + words[place:]
