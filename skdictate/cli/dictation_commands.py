"""Parses ``skdictate`` without a command, ``listen`` and ``transcribe``, and starts them."""

from __future__ import annotations

import argparse
from typing import Any

from skdictate.cli.log_flags import add_log_flags
from skdictate.cli.option_flags import add_command, add_options, given
from skdictate.system.paths import Paths


def add(commands: Any) -> None:
    """Add ``listen`` and ``transcribe``; without a command, ``app`` runs."""
    listen = add_command(commands, "listen", "dictate without a screen, to standard output")
    listen.set_defaults(run=_listen)
    add_log_flags(add_options(listen))

    transcribe = add_command(commands, "transcribe", "print what recordings say", "FILE ...")
    transcribe.set_defaults(run=_transcribe)
    transcribe.add_argument("files", nargs="+", metavar="FILE", help=argparse.SUPPRESS)
    add_log_flags(add_options(transcribe, without=("source",)))


def app(parsed: argparse.Namespace) -> int:
    """Run the app; if standard input is sound, keys are read from the terminal itself."""
    config = given(parsed)
    from skdictate.tui.start import start

    return start(config, Paths.of())


def _listen(parsed: argparse.Namespace) -> int:
    """Dictate without a screen."""
    return _headless(parsed, files=[])


def _transcribe(parsed: argparse.Namespace) -> int:
    """Transcribe recordings."""
    return _headless(parsed, files=parsed.files)


def _headless(parsed: argparse.Namespace, files: list[str]) -> int:
    config = given(parsed)
    import asyncio
    from pathlib import Path

    from skdictate.app.factory import Factory
    from skdictate.cli.headless import dictate

    factory = Factory(config.settings, Paths.of())
    speed = config.settings.speed
    if speed is None:
        speed = 0.0 if factory.recogniser.is_local else 1.0
    return asyncio.run(dictate(factory, [factory.sound.file(Path(file), speed) for file in files]))
