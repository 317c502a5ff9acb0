"""``skdictate history``: what was dictated before."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from skdictate.cli.option_flags import add_option, given
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.settings.option_table import BY_NAME, OPTIONS
from skdictate.system.paths import Paths

if TYPE_CHECKING:
    from skdictate.app.reprocess import Choice

NOT_FOR_REDO = (
    *("source", "source_command", "rate", "channel", "stop_after", "talk", "speed"),
    *("keep_audio", "keep_audio_days", "keep_text_days"),
)
"""Options that are about recording."""


def add(groups: Any) -> None:
    """All of its commands."""
    history = groups.add_parser("history", help="what was dictated before")
    commands = history.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="all dictations, the newest first")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    listing.set_defaults(run=_list)
    for name, words, run in (
        ("show", "one dictation, and what is known of it", _show),
        ("export", "the text of one dictation, in any format", _export),
    ):
        parser = commands.add_parser(name, help=words)
        parser.set_defaults(run=run)
        parser.add_argument("number", nargs="?", type=int, help="as listed; the last if left out")
        parser.add_argument("--last", action="store_true", help="the last one")
        if name == "export":
            for option in ("format", "output"):
                add_option(parser, BY_NAME[option])
    _add_redo(commands)
    _add_delete(commands)


def _add_redo(commands: Any) -> None:
    redo = commands.add_parser(
        "redo",
        help="recognise what was not recognised, or anything else again",
        usage="skdictate history redo [N] [WHAT OF IT] [OPTION ...]",
    )
    redo.set_defaults(run=_redo)
    redo.add_argument(
        "number", nargs="?", type=int, help="as listed; if left out, the last unfinished one"
    )
    which = redo.add_argument_group("what of it")
    which.add_argument("--gaps", action="store_true", help="what was not recognised; the default")
    which.add_argument("--lines", metavar="A-B", help="these lines, or one")
    which.add_argument("--from", dest="begin", metavar="T", help="from this time, as 1:05 or 65.5")
    which.add_argument("--to", dest="end", metavar="T", help="until this time")
    which.add_argument("--all", action="store_true", help="all of it")
    options = redo.add_argument_group("options")
    for option in OPTIONS:
        if option.name not in NOT_FOR_REDO:
            add_option(options, option)


def _add_delete(commands: Any) -> None:
    delete = commands.add_parser(
        "delete",
        help="remove dictations, sound and text, with all traces",
        usage="skdictate history delete (N ... | --all | --before DATE) [--yes]",
    )
    delete.set_defaults(run=_delete)
    delete.add_argument("numbers", nargs="*", type=int, metavar="N", help="as listed")
    delete.add_argument("--all", action="store_true", help="all of them")
    delete.add_argument("--before", metavar="DATE", default="", help="begun before 2026-01-31")
    delete.add_argument("--yes", action="store_true", help="without asking")


def _list(parsed: argparse.Namespace) -> int:
    from skdictate.cli.history_output import write_list

    write_list(Paths.of(), given(parsed).settings, sys.stdout, parsed.format)
    return Exit.DONE


def _show(parsed: argparse.Namespace) -> int:
    from skdictate.cli.history_output import write_about

    write_about(Paths.of(), sys.stdout, None if parsed.last else parsed.number)
    return Exit.DONE


def _export(parsed: argparse.Namespace) -> int:
    settings = given(parsed).settings
    from skdictate.cli.history_output import text_of
    from skdictate.output.sinks import opened

    number = None if parsed.last else parsed.number
    with opened(settings.output) as sink:
        sink.put(text_of(Paths.of(), settings.format, number))
        sink.settle(is_complete=True)
    return Exit.DONE


def _redo(parsed: argparse.Namespace) -> int:
    config = given(parsed)
    choice = _choice(parsed)
    from skdictate.cli.reprocess_headless import amend

    return amend(config, Paths.of(), parsed.number, choice)


def _delete(parsed: argparse.Namespace) -> int:
    ways = bool(parsed.numbers) + parsed.all + bool(parsed.before)
    if ways != 1:
        raise ProblemError(_wrong("Say which", "Give numbers, or --all, or --before DATE."))
    from skdictate.cli.history_output import chosen, remove

    paths = Paths.of()
    numbers = chosen(paths, parsed.numbers, is_all=parsed.all, before=parsed.before)
    if numbers and not parsed.yes and not _is_sure(numbers):
        return Exit.DONE
    return remove(paths, numbers, is_all=parsed.all, notes=sys.stderr)


def _is_sure(numbers: list[int]) -> bool:
    """Ask."""
    if not sys.stdin.isatty():
        raise ProblemError(_wrong("Nobody can be asked", "To delete without asking: --yes"))
    which = f"dictation {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} dictations"
    sys.stderr.write(f"Delete {which}, sound and text, for good? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", "д", "да")


def _choice(parsed: argparse.Namespace) -> Choice:
    """What is to be recognised again.

    Raises:
        ProblemError: two things at once, or no times or numbers.
    """
    from skdictate.library.reprocess_ranges import TextSelection

    is_time = parsed.begin is not None or parsed.end is not None
    if parsed.gaps + parsed.all + bool(parsed.lines) + is_time > 1:
        raise ProblemError(_wrong("Too much at once", "Choose one of what can be redone."))
    if parsed.all:
        return TextSelection.whole
    if parsed.lines:
        first, last = _numbers(parsed.lines)
        return lambda text: text.numbered(first, last)
    if is_time:
        begin_s = _seconds(parsed.begin or "0")
        end_s = _seconds(parsed.end) if parsed.end is not None else float("inf")
        return lambda text: text.between_s(begin_s, end_s)
    return TextSelection.missing


def _numbers(words: str) -> tuple[int, int]:
    first, _, last = words.partition("-")
    try:
        return int(first), int(last or first)
    except ValueError as error:
        raise ProblemError(_wrong(f"{words!r} are no lines", "Give 5, or 5-8.")) from error


def _seconds(words: str) -> float:
    """A time as 65.5, 1:05 or 1:02:03."""
    try:
        total_s = 0.0
        for part in words.split(":"):
            total_s = 60 * total_s + float(part)
    except ValueError as error:
        hint = "Give seconds, or minutes and seconds as 1:05."
        raise ProblemError(_wrong(f"{words!r} is no time", hint)) from error
    return total_s


def _wrong(title: str, hint: str) -> Problem:
    return Problem(Kind.USAGE, title, "", hint, is_permanent=True)
