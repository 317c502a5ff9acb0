"""Parses ``skdictate auth``: sign in to SpeechKit, sign out, show the credential in use."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from skdictate.cli.option_flags import add_option, given
from skdictate.settings.option_table import BY_NAME
from skdictate.system.paths import Paths

WHO = ("auth", "api_key_file", "credential_command")
SIGNING = (*WHO, "folder_id", "iam_endpoint", "engine", "endpoint", "plaintext", "ca_cert")
"""Options that decide who signs in, and where."""


def add(groups: Any) -> None:
    """Add ``auth login``, ``auth status`` and ``auth logout`` to the subparsers ``groups``."""
    auth = groups.add_parser("auth", help="sign in to SpeechKit, or sign out")
    commands = auth.add_subparsers(title="commands", metavar="COMMAND", required=True)
    login = commands.add_parser("login", help="ask for a key, without showing it, and store it")
    login.set_defaults(run=_login)
    login.add_argument("--stdin", action="store_true", help="read the key from standard input")
    login.add_argument("--online", action="store_true", help="try the key; this is billed")
    words = "store it in a file even if there is a keyring"
    login.add_argument("--file", action="store_true", help=words)
    status = commands.add_parser("status", help="show which key is used, and where it comes from")
    status.set_defaults(run=_status)
    words = "request a token to see when it expires"
    status.add_argument("--online", action="store_true", help=words)
    status.add_argument("--format", dest="form", choices=("text", "json"), default="text")
    logout = commands.add_parser("logout", help="remove the stored key")
    logout.set_defaults(run=_logout)
    for parser in (login, status, logout):
        for name in SIGNING:
            if parser is status or name not in WHO:
                add_option(parser, BY_NAME[name])


def _login(parsed: argparse.Namespace) -> int:
    config = given(parsed)
    from skdictate.cli.sign_in_output import login

    return login(
        config,
        Paths.of(),
        os.environ,
        is_piped=parsed.stdin,
        is_online=parsed.online,
        in_file=parsed.file,
    )


def _status(parsed: argparse.Namespace) -> int:
    config = given(parsed)
    from skdictate.cli.sign_in_output import status

    return status(
        config, Paths.of(), os.environ, sys.stdout, form=parsed.form, is_online=parsed.online
    )


def _logout(parsed: argparse.Namespace) -> int:
    config = given(parsed)
    from skdictate.cli.sign_in_output import logout

    return logout(config, Paths.of(), os.environ)
