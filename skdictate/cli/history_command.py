"""Parses ``skdictate history``: list, show, export, recognise again and delete dictations."""

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
"""Options about recording, which ``history redo`` does not take."""


def add(groups: Any) -> None:
    """Add ``history`` and its commands to the subparsers ``groups``."""
    history = groups.add_parser("history", help="past dictations: list, export, redo, delete")
    commands = history.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list all dictations, newest first")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    listing.set_defaults(run=_list)
    for name, words, run in (
        ("show", "show a dictation and its details", _show),
        ("export", "print the text of a dictation in any format", _export),
    ):
        parser = commands.add_parser(name, help=words)
        parser.set_defaults(run=run)
        parser.add_argument(
            "number", nargs="?", type=int, help="number as listed; default: the last one"
        )
        parser.add_argument("--last", action="store_true", help="use the last dictation")
        if name == "export":
            for option in ("format", "output"):
                add_option(parser, BY_NAME[option])
    _add_redo(commands)
    _add_delete(commands)


def _add_redo(commands: Any) -> None:
    redo = commands.add_parser(
        "redo",
        help="recognise what is missing, or any part again",
        usage="skdictate history redo [N] [WHAT OF IT] [OPTION ...]",
    )
    redo.set_defaults(run=_redo)
    redo.add_argument(
        "number", nargs="?", type=int, help="number as listed; default: the last unfinished one"
    )
    which = redo.add_argument_group("what of it")
    which.add_argument("--gaps", action="store_true", help="what was not recognised; the default")
    which.add_argument("--lines", metavar="A-B", help="a range of lines, or one line")
    which.add_argument("--from", dest="begin", metavar="T", help="start time, as 1:05 or 65.5")
    which.add_argument("--to", dest="end", metavar="T", help="end time")
    which.add_argument("--all", action="store_true", help="the whole dictation")
    options = redo.add_argument_group("options")
    for option in OPTIONS:
        if option.name not in NOT_FOR_REDO:
            add_option(options, option)


def _add_delete(commands: Any) -> None:
    delete = commands.add_parser(
        "delete",
        help="delete dictations, sound and text, for good",
        usage="skdictate history delete (N ... | --all | --before DATE) [--yes]",
    )
    delete.set_defaults(run=_delete)
    delete.add_argument("numbers", nargs="*", type=int, metavar="N", help="number as listed")
    delete.add_argument("--all", action="store_true", help="all dictations")
    delete.add_argument(
        "--before", metavar="DATE", default="", help="those begun before this date: 2026-01-31"
    )
    delete.add_argument("--yes", action="store_true", help="do not ask for confirmation")


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
    from skdictate.cli.reprocess_headless import reprocess

    return reprocess(config, Paths.of(), parsed.number, choice)


def _delete(parsed: argparse.Namespace) -> int:
    ways = bool(parsed.numbers) + parsed.all + bool(parsed.before)
    if ways != 1:
        hint = "Give numbers, or --all, or --before DATE."
        raise ProblemError(_wrong("It is not clear which dictations to delete", hint))
    from skdictate.cli.history_output import chosen, remove

    paths = Paths.of()
    numbers = chosen(paths, parsed.numbers, is_all=parsed.all, before=parsed.before)
    if numbers and not parsed.yes and not _is_sure(numbers):
        return Exit.DONE
    return remove(paths, numbers, is_all=parsed.all, notes=sys.stderr)


def _is_sure(numbers: list[int]) -> bool:
    """Ask for confirmation on the terminal.

    Raises:
        ProblemError: standard input is not a terminal.
    """
    if not sys.stdin.isatty():
        hint = "To delete without confirmation, use --yes."
        raise ProblemError(_wrong("Cannot ask for confirmation without a terminal", hint))
    which = f"dictation {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} dictations"
    sys.stderr.write(f"Delete {which}, sound and text, for good? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes", "д", "да")


def _choice(parsed: argparse.Namespace) -> Choice:
    """The part of the dictation to recognise again.

    Raises:
        ProblemError: more than one part is given, or a time or line number is invalid.
    """
    from skdictate.library.reprocess_ranges import TextSelection

    is_time = parsed.begin is not None or parsed.end is not None
    if parsed.gaps + parsed.all + bool(parsed.lines) + is_time > 1:
        hint = "Use one of --gaps, --lines, --from/--to and --all."
        raise ProblemError(_wrong("These options exclude each other", hint))
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
        raise ProblemError(_wrong(f"{words!r} is not a range of lines", "Use 5 or 5-8.")) from error


def _seconds(words: str) -> float:
    """Parse a time such as 65.5, 1:05 or 1:02:03 into seconds.

    Raises:
        ProblemError: it is not a time.
    """
    try:
        total_s = 0.0
        for part in words.split(":"):
            total_s = 60 * total_s + float(part)
    except ValueError as error:
        hint = "Use seconds, such as 65.5, or minutes and seconds, such as 1:05."
        raise ProblemError(_wrong(f"{words!r} is not a time", hint)) from error
    return total_s


def _wrong(title: str, hint: str) -> Problem:
    return Problem(Kind.USAGE, title, "", hint, is_permanent=True)
