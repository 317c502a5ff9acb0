"""``skdictate serve``: the embedded recogniser as a server for other programs, without a screen."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping

from skdictate.errors import Exit
from skdictate.server import heap, offered_endpoint
from skdictate.server.recogniser import Moonshine
from skdictate.server.service_host import host
from skdictate.server.session_rules import SessionRules

MEGABYTE = 1_000_000


def serve(options: argparse.Namespace, limits: Mapping[str, float]) -> Exit:
    """Serve until a signal.

    Args:
        options: as parsed; see ``cli``.
        limits: of a session, by the names of the settings; infinite for none.

    Raises:
        ProblemError: it must not or cannot be served so.
    """
    offered = offered_endpoint.OfferedEndpoint(
        options.listen,
        SessionRules(
            limits["session_seconds"],
            limits["session_megabytes"] * MEGABYTE,
            limits["idle_seconds"],
            is_public=True,
        ),
        offered_endpoint.token(options.token_file, os.environ),
        offered_endpoint.identity(options.tls_cert, options.tls_key),
        options.sessions,
    )
    heap.return_freed_memory()
    say = _say_json if options.form == "json" else _say
    return asyncio.run(host(offered, Moonshine, say))


def _say(address: str) -> None:
    """Ready, for people."""
    sys.stderr.write(f"skdictate: SpeechKit is at {address}; Ctrl-C ends it\n")


def _say_json(address: str) -> None:
    """Ready, for programs."""
    print(json.dumps({"v": 1, "event": "ready", "address": address}), flush=True)  # noqa: T201
