"""``skdictate history``: what was dictated before."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from skdictate.commands.settings import add_option, given
from skdictate.errors import Exit
from skdictate.options import BY_NAME
from skdictate.paths import Paths


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


def _list(parsed: argparse.Namespace) -> int:
    from skdictate.history import write_list

    write_list(Paths.of(), sys.stdout, parsed.format)
    return Exit.DONE


def _show(parsed: argparse.Namespace) -> int:
    from skdictate.history import write_about

    write_about(Paths.of(), sys.stdout, None if parsed.last else parsed.number)
    return Exit.DONE


def _export(parsed: argparse.Namespace) -> int:
    settings = given(parsed).settings
    from skdictate.headless import opened
    from skdictate.history import write_one

    number = None if parsed.last else parsed.number
    with opened(settings.output) as out:
        write_one(Paths.of(), out, settings.format, number)
    return Exit.DONE
