"""Parses ``skdictate ssh``: dictate on another machine with the microphone of this one."""

from __future__ import annotations

import argparse
from typing import Any

from skdictate.cli.log_flags import logged, take_log_flags
from skdictate.system.paths import Paths

USAGE = "skdictate ssh [USER@]HOST [SSH OPTION ...] [-- OPTION OF SKDICTATE ...]"
ABOUT = """\
Log in with ssh and run skdictate there with the microphone of this machine. The microphone is on
only while a dictation runs.

  skdictate ssh pi
  skdictate ssh me@server -p 2222 -- --language ru-RU

Of the options before --, --log-file FILE and --verbose are skdictate's, here; all others are ssh's.
"""


def add(commands: Any) -> None:
    """Add ``ssh``; its arguments are passed on to ssh and to skdictate on the other machine."""
    parser = commands.add_parser(
        "ssh",
        help="dictate on another machine with this microphone",
        description=ABOUT,
        usage=USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        prefix_chars="\0",
        add_help=False,
    )
    parser.set_defaults(run=lambda parsed: _ssh(parser, parsed))
    parser.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def _ssh(parser: argparse.ArgumentParser, parsed: argparse.Namespace) -> int:
    if parsed.words in (["-h"], ["--help"]):
        parser.print_help()
        return 0
    import os

    from skdictate.remote_mic.ssh.ssh_arguments import SshArguments
    from skdictate.settings.config import load

    paths = Paths.of()
    flags, words = take_log_flags(parsed.words)
    arguments = SshArguments.of(words)
    settings = load({}, os.environ, paths.config_file).settings
    from skdictate.remote_mic.commands.ssh_session import visit

    with logged(flags, is_on_screen=True):
        return visit(arguments, settings, paths)
