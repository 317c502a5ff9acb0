"""``skdictate serve``: be a SpeechKit for other programs."""

from __future__ import annotations

import argparse
from typing import Any

from skdictate.cli.log_flags import add_log_flags
from skdictate.cli.option_flags import add_option, given
from skdictate.settings.option_table import BY_NAME

LIMITS = ("session_seconds", "session_megabytes", "idle_seconds")
"""Options that a server takes too."""


def add(commands: Any) -> None:
    """The command."""
    parser = commands.add_parser(
        "serve",
        help="be a SpeechKit for other programs",
        description="Offer the embedded recogniser to other programs as a SpeechKit.",
        usage="skdictate serve [OPTION ...]",
    )
    parser.set_defaults(run=_serve)
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
        add_option(parser, BY_NAME[option])
    words = "so many at a time; 4 if left out"
    parser.add_argument("--sessions", type=int, default=4, metavar="N", help=words)
    words = "form of the line that says it is ready"
    parser.add_argument(
        "--format", dest="form", choices=("text", "json"), default="text", help=words
    )
    add_log_flags(parser)


def _serve(parsed: argparse.Namespace) -> int:
    """The embedded recogniser, for other programs."""
    config = given(parsed)
    limits = {name: getattr(config.settings, name) for name in LIMITS}
    if parsed.limits == "off":
        named = {name: limits[name] for name in LIMITS if config.origins[name] != "default"}
        limits = dict.fromkeys(LIMITS, float("inf")) | named
    from skdictate.cli.serve_output import serve

    return serve(parsed, limits)
