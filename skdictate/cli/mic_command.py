"""Parses ``skdictate mic``: send a microphone to an app on another machine, or receive one."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from skdictate.cli.log_flags import add_log_flags
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.system.paths import Paths

FORMS = ("text", "json")
SEND = """\
Send this machine's microphone to skdictate on another machine. The microphone is on only while a
dictation runs there. A lost connection is reopened as often as needed; sound recorded meanwhile is
kept here and sent first. Ctrl-C stops.

  skdictate mic send me@server
  skdictate mic send server -- -p 2222 -J gateway
"""
IN = """\
Pass sound from standard input to skdictate, which waits for it on this machine. For example:

  arecord -q -f S16_LE -r 16000 -c 1 -t raw |
    ssh server 'PATH=$PATH:$HOME/.local/bin skdictate mic in'

The sound is the output of mic send, WAV, or raw PCM.
"""
WEB = """\
Serve a web page that turns a browser into the microphone for skdictate on this machine. The page
can be reached from this machine only, and each link works once. To open it on another machine,
forward the port first:

  ssh -L 8137:127.0.0.1:8137 me@server \\
    'PATH=$PATH:$HOME/.local/bin skdictate mic web --port 8137'
"""


def add(commands: Any) -> None:
    """Add ``mic`` and its commands to the subparsers ``commands``."""
    parser = commands.add_parser("mic", help="use the microphone of another machine")
    group = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_send(group)
    _add_in(group)
    _add_out(group)
    _add_web(group)
    listing = group.add_parser("list", help="list microphones, and apps that wait for one")
    listing.set_defaults(run=_list)
    listing.add_argument("--format", dest="form", choices=FORMS, default="text")
    _add_test(group)


def _add_send(group: Any) -> None:
    send = group.add_parser(
        "send",
        help="send this microphone to an app on another machine",
        description=SEND,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="skdictate mic send [OPTION ...] [USER@]HOST [-- SSH OPTION ...]",
    )
    send.set_defaults(run=_send)
    send.add_argument("host", nargs="?", default="", help="default: an app on this machine")
    send.add_argument("ssh", nargs="*", metavar="SSH OPTION", help="after --: options for ssh")
    _add_source(send)
    _add_program(send)
    words = "audio codec; auto uses Opus if the connection is too slow for PCM"
    send.add_argument("--codec", choices=("auto", "pcm", "opus"), default="auto", help=words)
    _add_take_over(send)
    _add_session(send)
    add_log_flags(send)


def _add_in(group: Any) -> None:
    into = group.add_parser(
        "in",
        help="pass sound from standard input to an app on this machine",
        description=IN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="skdictate mic in [OPTION ...]",
    )
    into.set_defaults(run=_in)
    words = "sample rate of raw sound; default: 16000"
    into.add_argument("--rate", type=int, default=16_000, metavar="HZ", help=words)
    words = "channels of raw sound; default: 1"
    into.add_argument("--channels", type=int, default=1, metavar="N", help=words)
    names = ("u8", "s16le", "s24le", "s32le", "f32le")
    into.add_argument("--format", choices=names, default="s16le", help="format of raw sound")
    _add_take_over(into)
    words = "name of the microphone on the app's screen"
    into.add_argument("--label", default="", metavar="NAME", help=words)
    _add_session(into)


def _add_web(group: Any) -> None:
    web = group.add_parser(
        "web",
        help="use a browser as the microphone of an app on this machine",
        description=WEB,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="skdictate mic web [OPTION ...]",
    )
    web.set_defaults(run=_web)
    words = "port on 127.0.0.1; default: any free one"
    web.add_argument("--port", type=int, default=0, metavar="N", help=words)
    words = "output format of the links"
    web.add_argument("--format", dest="form", choices=FORMS, default="text", help=words)
    _add_session(web)


def _add_out(group: Any) -> None:
    """Add ``mic out``, which ``--source ssh://HOST`` runs; it is not for users."""
    out = group.add_parser("out", usage="skdictate mic out [OPTION ...]")
    out.set_defaults(run=_out)
    out.add_argument("--rate", type=int, required=True, metavar="HZ", help="sample rate")
    out.add_argument("--device", default="", metavar="NAME", help="which microphone")
    out.add_argument(
        "--call", required=True, metavar="ID", help="identifies a caller that calls again"
    )


def _add_test(group: Any) -> None:
    test = group.add_parser(
        "test",
        help="measure sound quality and network delay",
        usage="skdictate mic test [OPTION ...] [[USER@]HOST [-- SSH OPTION ...]]",
    )
    test.set_defaults(run=_test)
    test.add_argument("host", nargs="?", default="", help="also measure the delay to this host")
    test.add_argument("ssh", nargs="*", metavar="SSH OPTION", help="after --: options for ssh")
    _add_source(test)
    _add_program(test)
    words = "how long to listen; default: 3"
    test.add_argument("--seconds", type=float, default=3.0, metavar="S", help=words)
    test.add_argument("--format", dest="form", choices=FORMS, default="text")


def _add_source(parser: argparse.ArgumentParser) -> None:
    words = "mic, mic:NAME, file:PATH or demo"
    parser.add_argument("--source", default="mic", metavar="WHERE", help=words)
    words = "channel of a stereo microphone; default: all channels mixed"
    parser.add_argument("--channel", type=int, default=0, metavar="N", help=words)


def _add_program(parser: argparse.ArgumentParser) -> None:
    words = "command that runs skdictate there, if it is not on the PATH"
    parser.add_argument("--program", default="", metavar="COMMAND", help=words)


def _add_take_over(parser: argparse.ArgumentParser) -> None:
    words = "replace a microphone that is already connected"
    parser.add_argument("--take-over", action="store_true", help=words)


def _add_session(parser: argparse.ArgumentParser) -> None:
    words = "number of the app in mic list; default: the newest"
    parser.add_argument("--session", default="", metavar="ID", help=words)


def _send(parsed: argparse.Namespace) -> int:
    """Send a microphone to an app."""
    from skdictate.remote_mic.commands.mic_send import send

    return send(parsed, Paths.of())


def _in(parsed: argparse.Namespace) -> int:
    """Pass standard input to an app; refused on a terminal, where it would be keys."""
    if sys.stdin.isatty():
        from skdictate.remote_mic.ssh.ssh_command_line import shown

        command = f"arecord -q -f S16_LE -r 16000 -c 1 -t raw | {shown('HOST', 'mic', 'in')}"
        hint = f"Pipe sound into it: {command}"
        problem = Problem(Kind.USAGE, "Standard input is a terminal", "", hint, is_permanent=True)
        raise ProblemError(problem)
    from skdictate.remote_mic.commands.mic_in import take_in

    return take_in(parsed, Paths.of())


def _web(parsed: argparse.Namespace) -> int:
    """Serve the web page."""
    from skdictate.remote_mic.commands.mic_web import serve

    return serve(Paths.of(), parsed.port, parsed.session, parsed.form)


def _out(parsed: argparse.Namespace) -> int:
    """Record for an app that has connected to this machine over ssh."""
    from skdictate.remote_mic.commands.mic_out import bring_out

    return bring_out(Paths.of(), parsed.call, parsed.rate, parsed.device)


def _list(parsed: argparse.Namespace) -> int:
    """List microphones and waiting apps."""
    from skdictate.remote_mic.commands.mic_listing import write_list

    write_list(Paths.of(), sys.stdout, parsed.form)
    return Exit.DONE


def _test(parsed: argparse.Namespace) -> int:
    """Measure the sound and the network delay."""
    from skdictate.remote_mic.commands.mic_send import test

    return test(parsed, Paths.of(), sys.stdout)
