"""What a person may send to the developers when something went wrong that nobody foresaw.

It says where that was: kinds of errors, files, lines and functions; and the last events before it.
It holds no values and no messages of errors, since those may be what was dictated, or a key.
"""

from __future__ import annotations

import errno
import traceback
from collections.abc import Iterator
from pathlib import Path, PurePath

from skdictate.errors import ProblemError
from skdictate.system import report_file
from skdictate.text.clean_text import clean

MOST_FRAMES = 60
"""Of one error, the innermost; endless recursion has thousands."""
MOST_ERRORS = 40
ROOTS = ("site-packages", "dist-packages", "skdictate")


def write(error: BaseException, where: str) -> Path | None:
    """A new report, readable by this user alone.

    Args:
        error: what went wrong.
        where: the part of the program, in words of ours.

    Returns:
        Where it is; None if no folder takes it.
    """
    return report_file.write(where, _told(error))


def place_of(error: BaseException) -> str:
    """The kind of an error and the line that it came from, the same for the same mistake."""
    frames = traceback.extract_tb(error.__traceback__)
    last = f"{_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return f"{_kind(error)} {last}"


def _told(error: BaseException) -> Iterator[str]:
    """Each error, and those that led to it or are gathered in it."""
    left: list[tuple[str, BaseException]] = [("", error)]
    seen: set[int] = set()
    while left and len(seen) < MOST_ERRORS:
        link, error = left.pop(0)
        if id(error) in seen:
            continue
        seen.add(id(error))
        yield ""
        yield f"{link}{_kind(error)}"
        yield from _frames(error)
        if error.__cause__ is not None:
            left.append(("caused by ", error.__cause__))
        elif error.__context__ is not None and not error.__suppress_context__:
            left.append(("while handling ", error.__context__))
        if isinstance(error, BaseExceptionGroup):
            left += [("one of these: ", it) for it in error.exceptions]


def _kind(error: BaseException) -> str:
    """The class, and what is known to be no more than a word of the system or of ours."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if isinstance(error, ProblemError):
        return f"{kind} ({error.problem.kind})"
    if isinstance(error, OSError) and error.errno is not None:
        return f"{kind} ({errno.errorcode.get(error.errno, error.errno)})"
    if isinstance(error, UnicodeError) and hasattr(error, "encoding"):
        return f"{kind} ({clean(str(error.encoding))[:40]})"
    return kind


def _frames(error: BaseException) -> Iterator[str]:
    frames = traceback.extract_tb(error.__traceback__)
    if len(frames) > MOST_FRAMES:
        yield f"  ... {len(frames) - MOST_FRAMES} more"
    for frame in frames[-MOST_FRAMES:]:
        yield f"  {_short(frame.filename)}:{frame.lineno} in {clean(frame.name)}"


def _short(filename: str) -> str:
    """A file of a package, without the folders above it, which name this user."""
    parts = PurePath(clean(filename)).parts
    for root in ROOTS:
        if root in parts:
            at = len(parts) - 1 - parts[::-1].index(root)
            return "/".join(parts[at if root == "skdictate" else at + 1 :])
    return "/".join(parts[-2:]) if "lib" in parts else parts[-1] if parts else "?"
