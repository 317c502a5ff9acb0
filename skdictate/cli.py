"""The command line: reads it, and hands over. Nothing heavy is loaded before it is needed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from skdictate import __version__
from skdictate.config import BY_NAME, OPTIONS, Config, Option, load
from skdictate.errors import Exit, ProblemError
from skdictate.paths import Paths

WHO = ("auth", "api_key_file", "credential_command")
SIGNING = (*WHO, "folder_id", "iam_endpoint", "engine", "endpoint", "plaintext", "ca_cert")
"""Options that say who signs in, and where."""
LIMITS = ("session_seconds", "session_megabytes", "idle_seconds")
"""Options that a server takes too."""
EXAMPLES = """\
Dictate in a terminal; no word is lost.

  skdictate --demo                   dictate a recording, to see how it looks
  skdictate                          dictate with the microphone
  skdictate transcribe talk.flac     print what a recording says
  skdictate listen --format json     dictate into a pipe
  skdictate history export --last    print the last dictation again
  skdictate doctor                   what is wrong here, and what mends it
  skdictate auth login               keep a key of SpeechKit's
  skdictate serve                    be SpeechKit, for other programs' tests

With a key, from SKDICTATE_API_KEY or from auth login, SpeechKit is used.
Every option is also a key of config.toml and a variable SKDICTATE_<NAME>.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; the exit code."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # it would write over the screen
    _forbid_core_dumps()
    parsed = _parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except ProblemError as error:
        sys.stderr.write(f"skdictate: {error.problem}\n")
        return int(error.problem.exit_code)
    except BrokenPipeError:  # a reader like head has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.DONE)
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)


def _forbid_core_dumps() -> None:
    """They would hold speech and keys."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, highest = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, highest))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="skdictate",
        usage="skdictate [OPTION ...] [COMMAND ...]",
        description=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    parser.set_defaults(run=_app)
    commands = parser.add_subparsers(title="commands", metavar="")
    _add_options(parser)

    listen = _command(commands, "listen", "dictate without a screen, into a pipe", "")
    listen.set_defaults(run=_listen)
    _add_options(listen)

    transcribe = _command(commands, "transcribe", "print what recordings say", "FILE ...")
    transcribe.set_defaults(run=_transcribe)
    transcribe.add_argument("files", nargs="+", metavar="FILE", help=argparse.SUPPRESS)
    _add_options(transcribe, without=("source",))

    doctor = _command(commands, "doctor", "look at this machine, and say what mends it", "")
    doctor.set_defaults(run=_doctor)
    group = _add_options(doctor, without=("format", "output"))
    group.add_argument("--online", action="store_true", help="try the key, which is billed")
    group.add_argument(
        "--format",
        dest="form",
        choices=("text", "json"),
        default="text",
        help="form of the findings",
    )

    config = _command(commands, "config", "each setting, and where it came from", "")
    config.set_defaults(run=_settings)
    group = _add_options(config, without=("format", "output"))
    group.add_argument("--format", dest="form", choices=("text", "json"), default="text")

    devices = commands.add_parser("devices", help="which microphones there are")
    devices.set_defaults(run=_devices)
    devices.add_argument("--levels", action="store_true", help="listen to each for two seconds")
    devices.add_argument("--format", dest="form", choices=("text", "json"), default="text")

    serve = commands.add_parser(
        "serve",
        help="be a SpeechKit for other programs",
        description="Offer the embedded recogniser to other programs as a SpeechKit.",
        usage="skdictate serve [OPTION ...]",
    )
    serve.set_defaults(run=_serve)
    _add_serve(serve)

    auth = commands.add_parser("auth", help="sign in to SpeechKit, and out")
    _add_auth(auth.add_subparsers(title="commands", metavar="COMMAND", required=True))

    history = commands.add_parser("history", help="what was dictated before")
    _add_history(history.add_subparsers(title="commands", metavar="COMMAND", required=True))
    return parser


def _command(commands: Any, name: str, words: str, operands: str) -> argparse.ArgumentParser:
    """A command that takes the common options."""
    usage = f"skdictate {name} [OPTION ...] {operands}"
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=words, description=f"{words.capitalize()}.", usage=usage, add_help=False
    )
    return parser


def _add_options(
    parser: argparse.ArgumentParser, without: tuple[str, ...] = ()
) -> argparse._ArgumentGroup:
    group = parser.add_argument_group("options")
    for option in OPTIONS:
        if option.name not in without:
            _add_option(group, option)
    if "source" not in without:
        group.add_argument(
            "--demo",
            dest="source",
            action="store_const",
            const="demo",
            default=argparse.SUPPRESS,
            help="the same as --source demo",
        )
    group.add_argument("-h", "--help", action="help", help="this page")
    group.add_argument("--version", action="version", version=f"skdictate {__version__}")
    return group


def _add_option(parser: argparse._ActionsContainer, option: Option) -> None:
    """A flag whose value is checked by the settings, like those from elsewhere."""
    extra: dict[str, Any]
    if option.is_switch:
        extra = {"action": argparse.BooleanOptionalAction}
    elif option.is_list:
        extra = {"action": "append", "metavar": option.metavar}
    else:
        choices = "|".join(str(choice) for choice in option.choices)
        extra = {"metavar": option.metavar or choices}
    parser.add_argument(
        option.flag, dest=option.name, default=argparse.SUPPRESS, help=option.help, **extra
    )


def _add_serve(parser: argparse.ArgumentParser) -> None:
    listen = "127.0.0.1:50051"
    words = f"HOST:PORT or unix:PATH; {listen} if left out"
    parser.add_argument("--listen", default=listen, metavar="ADDRESS", help=words)
    parser.add_argument("--tls-cert", default="", metavar="FILE", help="certificate (PEM)")
    parser.add_argument("--tls-key", default="", metavar="FILE", help="its key (PEM)")
    words = "what clients have to show; or SKDICTATE_SERVE_TOKEN"
    parser.add_argument("--token-file", default="", metavar="FILE", help=words)
    words = "those of the service, or none but those named here"
    parser.add_argument("--limits", choices=("real", "off"), default="real", help=words)
    for option in LIMITS:
        _add_option(parser, BY_NAME[option])
    words = "so many at a time; 4 if left out"
    parser.add_argument("--sessions", type=int, default=4, metavar="N", help=words)
    words = "form of the line that says it is ready"
    parser.add_argument(
        "--format", dest="form", choices=("text", "json"), default="text", help=words
    )


def _add_auth(commands: Any) -> None:
    login = commands.add_parser("login", help="keep a key, which is asked for and not shown")
    login.set_defaults(run=_auth_login)
    login.add_argument("--stdin", action="store_true", help="it is piped into this command")
    login.add_argument("--online", action="store_true", help="try it, which is billed")
    words = "keep it in a file, also where there is a keyring"
    login.add_argument("--file", action="store_true", help=words)
    status = commands.add_parser("status", help="which key is used, and where it comes from")
    status.set_defaults(run=_auth_status)
    words = "ask for a token, to see until when it is valid"
    status.add_argument("--online", action="store_true", help=words)
    status.add_argument("--format", dest="form", choices=("text", "json"), default="text")
    logout = commands.add_parser("logout", help="forget the key that is kept")
    logout.set_defaults(run=_auth_logout)
    for parser in (login, status, logout):
        for name in SIGNING:
            if parser is status or name not in WHO:
                _add_option(parser, BY_NAME[name])


def _add_history(commands: Any) -> None:
    listing = commands.add_parser("list", help="all dictations, the newest first")
    listing.add_argument("--format", choices=("text", "json"), default="text")
    listing.set_defaults(run=_history_list)
    for name, words, run in (
        ("show", "one dictation, and what is known of it", _history_show),
        ("export", "the text of one dictation, in any format", _history_export),
    ):
        parser = commands.add_parser(name, help=words)
        parser.set_defaults(run=run)
        parser.add_argument("number", nargs="?", type=int, help="as listed; the last if left out")
        parser.add_argument("--last", action="store_true", help="the last one")
        if name == "export":
            for option in ("format", "output"):
                _add_option(parser, BY_NAME[option])


def _config(parsed: argparse.Namespace) -> Config:
    return load(_flags(parsed), os.environ, Paths.of().config_file)


def _flags(parsed: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given as flags."""
    return {name: value for name, value in vars(parsed).items() if name in BY_NAME}


def _app(parsed: argparse.Namespace) -> int:
    """The app; standard input may be sound, and then the keys come from the terminal."""
    config = _config(parsed)
    from skdictate.tui.start import start

    return start(config, Paths.of())


def _listen(parsed: argparse.Namespace) -> int:
    """Dictate headless."""
    return _headless(parsed, files=[])


def _transcribe(parsed: argparse.Namespace) -> int:
    """Recordings to text."""
    return _headless(parsed, files=parsed.files)


def _headless(parsed: argparse.Namespace, files: list[str]) -> int:
    config = _config(parsed)
    import asyncio
    from pathlib import Path

    from skdictate.headless import dictate
    from skdictate.studio import Studio

    studio = Studio(config.settings, Paths.of())
    if files:
        speed = config.settings.speed
        if speed is None:
            speed = 0.0 if studio.is_local else 1.0
        sources = [studio.file(Path(file), speed) for file in files]
    else:
        sources = [studio.source()]
    return asyncio.run(dictate(studio, sources))


def _doctor(parsed: argparse.Namespace) -> int:
    """What is wrong with this machine."""
    from skdictate.doctor import examine

    return examine(_flags(parsed), form=parsed.form, is_online=parsed.online)


def _settings(parsed: argparse.Namespace) -> int:
    """All settings."""
    config = _config(parsed)
    from skdictate.settings import write_settings

    write_settings(config, Paths.of(), sys.stdout, parsed.form)
    return Exit.DONE


def _devices(parsed: argparse.Namespace) -> int:
    """Which microphones there are."""
    from skdictate.devices import write_devices

    write_devices(sys.stdout, parsed.form, has_levels=parsed.levels)
    return Exit.DONE


def _serve(parsed: argparse.Namespace) -> int:
    """The embedded recogniser, for other programs."""
    config = _config(parsed)
    limits = {name: getattr(config.settings, name) for name in LIMITS}
    if parsed.limits == "off":
        named = {name: limits[name] for name in LIMITS if config.origins[name] != "default"}
        limits = dict.fromkeys(LIMITS, float("inf")) | named
    from skdictate.serving import serve

    return serve(parsed, limits)


def _auth_login(parsed: argparse.Namespace) -> int:
    config = _config(parsed)
    from skdictate.auth import login

    return login(
        config,
        Paths.of(),
        os.environ,
        is_piped=parsed.stdin,
        is_online=parsed.online,
        in_file=parsed.file,
    )


def _auth_status(parsed: argparse.Namespace) -> int:
    config = _config(parsed)
    from skdictate.auth import status

    return status(
        config, Paths.of(), os.environ, sys.stdout, form=parsed.form, is_online=parsed.online
    )


def _auth_logout(parsed: argparse.Namespace) -> int:
    config = _config(parsed)
    from skdictate.auth import logout

    return logout(config, Paths.of(), os.environ)


def _history_list(parsed: argparse.Namespace) -> int:
    from skdictate.history import write_list

    write_list(Paths.of(), sys.stdout, parsed.format)
    return Exit.DONE


def _history_show(parsed: argparse.Namespace) -> int:
    from skdictate.history import write_about

    write_about(Paths.of(), sys.stdout, None if parsed.last else parsed.number)
    return Exit.DONE


def _history_export(parsed: argparse.Namespace) -> int:
    settings = _config(parsed).settings
    from skdictate.headless import opened
    from skdictate.history import write_one

    number = None if parsed.last else parsed.number
    with opened(settings.output) as out:
        write_one(Paths.of(), out, settings.format, number)
    return Exit.DONE
