"""Parses ``skdictate doctor``, ``config`` and ``devices``, which inspect this machine."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from skdictate.cli.option_flags import add_command, add_options, flags, given
from skdictate.errors import Exit
from skdictate.system.paths import Paths

FORMS = ("text", "json")


def add(commands: Any) -> None:
    """Add ``doctor``, ``config`` and ``devices`` to the subparsers ``commands``."""
    doctor = add_command(commands, "doctor", "check this machine and suggest fixes")
    doctor.set_defaults(run=_doctor)
    group = add_options(doctor, without=("format", "output"))
    group.add_argument("--online", action="store_true", help="try the key; this is billed")
    words = "output format of the findings"
    group.add_argument("--format", dest="form", choices=FORMS, default="text", help=words)

    config = add_command(commands, "config", "show each setting and where it came from")
    config.set_defaults(run=_settings)
    group = add_options(config, without=("format", "output"))
    group.add_argument("--format", dest="form", choices=FORMS, default="text")

    devices = commands.add_parser("devices", help="list the microphones")
    devices.set_defaults(run=_devices)
    devices.add_argument(
        "--levels", action="store_true", help="measure the level of each for two seconds"
    )
    devices.add_argument("--format", dest="form", choices=FORMS, default="text")


def _doctor(parsed: argparse.Namespace) -> int:
    """Check this machine; the exit code says what kind of problem was found."""
    from skdictate.doctor.examine import examine

    return examine(flags(parsed), form=parsed.form, is_online=parsed.online)


def _settings(parsed: argparse.Namespace) -> int:
    """Print all settings."""
    config = given(parsed)
    from skdictate.cli.config_output import write_settings

    write_settings(config, Paths.of(), sys.stdout, parsed.form)
    return Exit.DONE


def _devices(parsed: argparse.Namespace) -> int:
    """List the microphones."""
    from skdictate.cli.device_output import write_devices

    write_devices(sys.stdout, parsed.form, has_levels=parsed.levels)
    return Exit.DONE
