"""Turns the option table into command-line flags, and parsed flags into settings."""

from __future__ import annotations

import argparse
import os
from typing import Any

from skdictate import __version__
from skdictate.settings.config import Config, load
from skdictate.settings.option_table import BY_NAME, OPTIONS, Option
from skdictate.system.paths import Paths


def add_command(
    commands: Any, name: str, words: str, operands: str = ""
) -> argparse.ArgumentParser:
    """Add a command that takes the common options.

    Args:
        commands: the subparsers to add it to.
        name: name of the command.
        words: its help text, without a full stop.
        operands: operands for the usage line.
    """
    usage = f"skdictate {name} [OPTION ...] {operands}"
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=words, description=f"{words.capitalize()}.", usage=usage, add_help=False
    )
    return parser


def add_options(
    parser: argparse.ArgumentParser, without: tuple[str, ...] = ()
) -> argparse._ArgumentGroup:
    """Add all common options except those in ``without``.

    Returns:
        The options' group, to which a command adds its own.
    """
    group = parser.add_argument_group("options")
    for option in OPTIONS:
        if option.name not in without:
            add_option(group, option)
    if "source" not in without:
        group.add_argument(
            "--demo",
            dest="source",
            action="store_const",
            const="demo",
            default=argparse.SUPPRESS,
            help="short for --source demo",
        )
    group.add_argument("-h", "--help", action="help", help="show this help")
    group.add_argument(
        "--version", action="version", version=f"skdictate {__version__}", help="show the version"
    )
    return group


def add_option(parser: argparse._ActionsContainer, option: Option) -> None:
    """Add a flag; its value stays text, which ``config.load`` checks."""
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


def given(parsed: argparse.Namespace) -> Config:
    """The settings in force, given the parsed flags.

    Raises:
        ProblemError: a setting is invalid.
    """
    return load(flags(parsed), os.environ, Paths.of().config_file)


def flags(parsed: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given as flags, by name."""
    return {name: value for name, value in vars(parsed).items() if name in BY_NAME}
