"""Runs ``skdictate serve``: the embedded recogniser as a server for other programs."""

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
"""Bytes; the service's documentation gives its limit in megabytes, taken as 10^6."""


def serve(options: argparse.Namespace, limits: Mapping[str, float]) -> Exit:
    """Serve until a signal comes.

    Args:
        options: parsed by ``serve_command``.
        limits: limits of a session by setting name; infinite for no limit.

    Raises:
        ProblemError: the address, certificate or token cannot be used.
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
    on_ready = _print_ready_json if options.form == "json" else _print_ready
    return asyncio.run(host(offered, Moonshine, on_ready))


def _print_ready(address: str) -> None:
    """Print for people that the server is ready."""
    sys.stderr.write(f"skdictate: serving the SpeechKit API at {address}; Ctrl-C stops\n")


def _print_ready_json(address: str) -> None:
    """Print for programs that the server is ready."""
    print(json.dumps({"v": 1, "event": "ready", "address": address}), flush=True)  # noqa: T201
