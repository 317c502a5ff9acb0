"""Parses ``skdictate serve``, which offers the embedded recogniser over the SpeechKit API."""

from __future__ import annotations

import argparse
from typing import Any

from skdictate.cli.log_flags import add_log_flags
from skdictate.cli.option_flags import add_option, given
from skdictate.settings.option_table import BY_NAME

LIMITS = ("session_seconds", "session_megabytes", "idle_seconds")
"""Settings that are limits of the server here, as they are of the service elsewhere."""


def add(commands: Any) -> None:
    """Add ``serve`` to the subparsers ``commands``."""
    parser = commands.add_parser(
        "serve",
        help="offer the SpeechKit API to other programs",
        description="Serve the embedded recogniser to other programs over the SpeechKit API.",
        usage="skdictate serve [OPTION ...]",
    )
    parser.set_defaults(run=_serve)
    listen = "127.0.0.1:50051"
    words = f"HOST:PORT or unix:PATH; default: {listen}"
    parser.add_argument("--listen", default=listen, metavar="ADDRESS", help=words)
    parser.add_argument("--tls-cert", default="", metavar="FILE", help="certificate (PEM)")
    parser.add_argument("--tls-key", default="", metavar="FILE", help="its key (PEM)")
    words = "token that clients must send; or use SKDICTATE_SERVE_TOKEN"
    parser.add_argument("--token-file", default="", metavar="FILE", help=words)
    words = "real: limits of the service; off: only limits given as options"
    parser.add_argument("--limits", choices=("real", "off"), default="real", help=words)
    for option in LIMITS:
        add_option(parser, BY_NAME[option])
    words = "maximum number of concurrent sessions; default: 4"
    parser.add_argument("--sessions", type=int, default=4, metavar="N", help=words)
    words = "output format of the line printed when the server is ready"
    parser.add_argument(
        "--format", dest="form", choices=("text", "json"), default="text", help=words
    )
    add_log_flags(parser)


def _serve(parsed: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    config = given(parsed)
    limits = {name: getattr(config.settings, name) for name in LIMITS}
    if parsed.limits == "off":
        named = {name: limits[name] for name in LIMITS if config.origins[name] != "default"}
        limits = dict.fromkeys(LIMITS, float("inf")) | named
    from skdictate.cli.serve_output import serve

    return serve(parsed, limits)
