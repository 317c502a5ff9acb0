"""The command line: reads it, and hands over. Nothing heavy is loaded before it is needed."""

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
"""Of Linux, see prctl(2)."""
EXAMPLES = """\
Dictate in a terminal; no word is lost.

  skdictate --demo                   dictate a recording, to see how it looks
  skdictate                          dictate with the microphone
  skdictate transcribe talk.flac     print what a recording says
  skdictate listen --format json     dictate into a pipe
  skdictate ssh user@host            dictate there, with this microphone
  skdictate history export --last    print the last dictation again
  skdictate doctor                   what is wrong here, and what mends it
  skdictate auth login               keep a key of SpeechKit's
  skdictate serve                    be SpeechKit, for other programs' tests

With a key, from SKDICTATE_API_KEY or from auth login, SpeechKit is used.
Every option is also a key of config.toml and a variable SKDICTATE_<NAME>.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code."""
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
    """Speech and keys are in it: no core dump, and no look into it by other programs of the user.

    Children have theirs to themselves again: they are told no key.
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
    """Shows what it does not understand, which may be anything, without letting it act."""

    def error(self, message: str) -> NoReturn:
        """End with a sentence."""
        super().error(clean(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="skdictate",
        usage="skdictate [OPTION ...] [COMMAND ...]",
        description=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
        allow_abbrev=False,  # it would be done to options of the commands, too
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
