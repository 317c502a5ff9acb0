"""``skdictate mic``: the microphone of this machine for an app elsewhere, and the way in here."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from skdictate.cli.log_flags import add_log_flags
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.system.paths import Paths

FORMS = ("text", "json")
SEND = """\
Bring this machine's microphone to an app that runs on another one. It is on while a dictation runs
there, and at no other time. A line that breaks is opened again, for ever; what is said meanwhile is
kept here, and comes first then. Ctrl-C ends it.

  skdictate mic send me@server
  skdictate mic send server -- -p 2222 -J gateway
"""
IN = """\
Take sound from standard input to the app that waits for it on this machine, as in:

  arecord -q -f S16_LE -r 16000 -c 1 -t raw |
    ssh server 'PATH=$PATH:$HOME/.local/bin skdictate mic in'

It is what mic send says, or WAV, or raw sound.
"""
WEB = """\
Serve a page, on this machine only, that makes a browser the microphone of the app that waits here.
The link it prints opens one page, once; from another machine, forward the port first:

  ssh -L 8137:127.0.0.1:8137 me@server \\
    'PATH=$PATH:$HOME/.local/bin skdictate mic web --port 8137'
"""


def add(commands: Any) -> None:
    """The group."""
    parser = commands.add_parser("mic", help="the microphone of another machine")
    group = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_send(group)
    _add_in(group)
    _add_out(group)
    _add_web(group)
    listing = group.add_parser("list", help="microphones here, and apps here that wait for one")
    listing.set_defaults(run=_list)
    listing.add_argument("--format", dest="form", choices=FORMS, default="text")
    _add_test(group)


def _add_send(group: Any) -> None:
    send = group.add_parser(
        "send",
        help="bring the microphone of this machine to an app on another",
        description=SEND,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="skdictate mic send [OPTION ...] [USER@]HOST [-- SSH OPTION ...]",
    )
    send.set_defaults(run=_send)
    send.add_argument("host", nargs="?", default="", help="left out: an app of this machine")
    send.add_argument("ssh", nargs="*", metavar="SSH OPTION", help="after --: options of ssh")
    _add_source(send)
    _add_program(send)
    words = "how sound goes: as Opus where the line is too thin for PCM, or always as one of them"
    send.add_argument("--codec", choices=("auto", "pcm", "opus"), default="auto", help=words)
    _add_take_over(send)
    _add_session(send)
    add_log_flags(send)


def _add_in(group: Any) -> None:
    into = group.add_parser(
        "in",
        help="take sound from standard input to an app here",
        description=IN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="skdictate mic in [OPTION ...]",
    )
    into.set_defaults(run=_in)
    words = "samples per second, of raw sound; 16000 if left out"
    into.add_argument("--rate", type=int, default=16_000, metavar="HZ", help=words)
    words = "of raw sound; 1 if left out"
    into.add_argument("--channels", type=int, default=1, metavar="N", help=words)
    names = ("u8", "s16le", "s24le", "s32le", "f32le")
    into.add_argument("--format", choices=names, default="s16le", help="of raw sound")
    _add_take_over(into)
    words = "what the screen there calls it"
    into.add_argument("--label", default="", metavar="NAME", help=words)
    _add_session(into)


def _add_web(group: Any) -> None:
    web = group.add_parser(
        "web",
        help="a page that makes a browser the microphone of an app here",
        description=WEB,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="skdictate mic web [OPTION ...]",
    )
    web.set_defaults(run=_web)
    words = "of 127.0.0.1; any that is free if left out"
    web.add_argument("--port", type=int, default=0, metavar="N", help=words)
    words = "form of the lines that tell the links"
    web.add_argument("--format", dest="form", choices=FORMS, default="text", help=words)
    _add_session(web)


def _add_out(group: Any) -> None:
    """For ``--source ssh://HOST``, which calls it; nobody types it."""
    out = group.add_parser("out", usage="skdictate mic out [OPTION ...]")
    out.set_defaults(run=_out)
    out.add_argument("--rate", type=int, required=True, metavar="HZ", help="samples per second")
    out.add_argument("--device", default="", metavar="NAME", help="which microphone")
    out.add_argument(
        "--call", required=True, metavar="ID", help="who calls, if not for the first time"
    )


def _add_test(group: Any) -> None:
    test = group.add_parser(
        "test",
        help="how it sounds, and how long the way there takes",
        usage="skdictate mic test [OPTION ...] [[USER@]HOST [-- SSH OPTION ...]]",
    )
    test.set_defaults(run=_test)
    test.add_argument("host", nargs="?", default="", help="measure the way there, too")
    test.add_argument("ssh", nargs="*", metavar="SSH OPTION", help="after --: options of ssh")
    _add_source(test)
    _add_program(test)
    words = "listen for so long; 3 if left out"
    test.add_argument("--seconds", type=float, default=3.0, metavar="S", help=words)
    test.add_argument("--format", dest="form", choices=FORMS, default="text")


def _add_source(parser: argparse.ArgumentParser) -> None:
    words = "mic, mic:NAME, file:PATH or demo"
    parser.add_argument("--source", default="mic", metavar="WHERE", help=words)
    words = "of a stereo microphone; all of them mixed if left out"
    parser.add_argument("--channel", type=int, default=0, metavar="N", help=words)


def _add_program(parser: argparse.ArgumentParser) -> None:
    words = "what runs skdictate there, if its PATH does not have it"
    parser.add_argument("--program", default="", metavar="COMMAND", help=words)


def _add_take_over(parser: argparse.ArgumentParser) -> None:
    words = "take the place of another microphone"
    parser.add_argument("--take-over", action="store_true", help=words)


def _add_session(parser: argparse.ArgumentParser) -> None:
    words = "which app, by its number in mic list; the newest if left out"
    parser.add_argument("--session", default="", metavar="ID", help=words)


def _send(parsed: argparse.Namespace) -> int:
    """A microphone for an app elsewhere."""
    from skdictate.remote_mic.commands.mic_send import send

    return send(parsed, Paths.of())


def _in(parsed: argparse.Namespace) -> int:
    """Sound for an app here."""
    if sys.stdin.isatty():
        from skdictate.remote_mic.ssh.ssh_command_line import shown

        hint = f"As in: arecord -q -f S16_LE -r 16000 -c 1 -t raw | {shown('HOST', 'mic', 'in')}"
        problem = Problem(Kind.USAGE, "Standard input is a terminal", "", hint, is_permanent=True)
        raise ProblemError(problem)
    from skdictate.remote_mic.commands.mic_in import take_in

    return take_in(parsed, Paths.of())


def _web(parsed: argparse.Namespace) -> int:
    """The page."""
    from skdictate.remote_mic.commands.mic_web import serve

    return serve(Paths.of(), parsed.port, parsed.session, parsed.form)


def _out(parsed: argparse.Namespace) -> int:
    """A microphone for an app that has connected to here."""
    from skdictate.remote_mic.commands.mic_out import bring_out

    return bring_out(Paths.of(), parsed.call, parsed.rate, parsed.device)


def _list(parsed: argparse.Namespace) -> int:
    """What there is."""
    from skdictate.remote_mic.commands.mic_listing import write_list

    write_list(Paths.of(), sys.stdout, parsed.form)
    return Exit.DONE


def _test(parsed: argparse.Namespace) -> int:
    """How it is."""
    from skdictate.remote_mic.commands.mic_send import test

    return test(parsed, Paths.of(), sys.stdout)
