"""Entry point of ``skdictate``: parses the command line and runs the command.

Commands import their modules when they run, so that ``--help`` is quick.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from skdictate.cli import (
    auth_command,
    dictation_commands,
    history_command,
    inspection_commands,
    mic_command,
    serve_command,
    ssh_command,
)
from skdictate.cli.log_flags import add_log_flags, logged
from skdictate.cli.option_flags import add_options
from skdictate.system import boundary, standard_streams
from skdictate.system.hidden_value import forget_telltales
from skdictate.text.clean_text import clean

PR_SET_DUMPABLE = 4
"""From <linux/prctl.h>, see prctl(2)."""
EXAMPLES = """\
Dictate in a terminal without losing a word.

  skdictate --demo                   try it with a recording
  skdictate                          dictate with the microphone
  skdictate transcribe talk.flac     print the text of a recording
  skdictate listen --format json     dictate into a pipe
  skdictate ssh user@host            dictate there with the microphone here
  skdictate history export --last    print the last dictation again
  skdictate doctor                   check this machine and suggest fixes
  skdictate auth login               store a SpeechKit key
  skdictate serve                    offer the SpeechKit API to other programs

SpeechKit is used if there is a key, from SKDICTATE_API_KEY or from auth login.
Every option is also a key of config.toml and a variable SKDICTATE_<NAME>.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, ``sys.argv`` if ``arguments`` is None; returns the exit code."""
    standard_streams.complete()
    standard_streams.take_output()
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it would write over the screen
    for sentence in forget_telltales(os.environ):
        standard_streams.say(sentence)
    _keep_memory_private()
    return boundary.run(lambda: _command(arguments), "the command line")


def _command(arguments: Sequence[str] | None) -> int:
    parsed = _parser().parse_args(arguments)
    with logged(parsed, is_on_screen=parsed.run is dictation_commands.app):
        return int(parsed.run(parsed))


def _keep_memory_private() -> None:
    """Forbid core dumps and other processes' access to our memory: it holds speech and keys.

    Child processes are not affected; they get no keys.
    """
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, highest = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, highest))
    if sys.platform == "linux":
        with suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


class _Parser(argparse.ArgumentParser):
    """Parser whose error messages contain no control characters of the arguments they quote."""

    def error(self, message: str) -> NoReturn:
        """Print the cleaned message and exit with code 2."""
        super().error(clean(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="skdictate",
        usage="skdictate [OPTION ...] [COMMAND ...]",
        description=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,  # else the options of the commands could be shortened, too
    )
    parser.set_defaults(run=dictation_commands.app)
    commands = parser.add_subparsers(title="commands", metavar="")
    add_log_flags(add_options(parser))
    for module in (
        dictation_commands,
        ssh_command,
        mic_command,
        inspection_commands,
        serve_command,
        auth_command,
        history_command,
    ):
        module.add(commands)
    return parser
