"""The handshake of a connection, in which both ends prove who they are before anything else."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection

from skdictate.remote_mic.web.link_keys import (
    NONCE_LONGEST,
    SECRET_BYTES,
    LinkKeys,
    is_sealed,
    seal,
)

PROVE_S = 5.0
"""Seconds within which a page has to prove itself."""
REFUSED = 4401
"""The close code for a link that was used or is unknown; the page does not retry."""


class Handshake:
    """Admits pages. ``opened`` is called when a link was used, so that there is a new one."""

    def __init__(self, keys: LinkKeys, opened: Callable[[], None]) -> None:
        self._keys = keys
        self._opened = opened

    async def admit(self, socket: ServerConnection) -> bool:
        """Whether the connection comes from a page that may be the microphone; others are closed.

        Raises:
            TimeoutError: it did not prove itself in time.
            ConnectionClosed: it closed.
        """
        async with asyncio.timeout(PROVE_S):
            if await self._prove(socket):
                return True
            await socket.close(REFUSED, "not a page of mine")
            return False

    async def _prove(self, socket: ServerConnection) -> bool:
        hello = read(await socket.recv())
        who, theirs = (str(hello.get(name, "")) for name in ("who", "nonce"))
        key = self._keys.of(who)
        if not key or not theirs.isalnum() or len(theirs) > NONCE_LONGEST:
            return False
        ours = secrets.token_hex(SECRET_BYTES)
        proof = seal(key, "server", theirs, ours)
        await socket.send(json.dumps({"nonce": ours, "proof": proof}))
        proof = str(read(await socket.recv()).get("proof", ""))
        if not is_sealed(proof, key, "page", ours, theirs):
            return False
        if not who:
            who = self._keys.exchange(key, ours, theirs)
            if not who:
                return False
            self._opened()
        await socket.send(json.dumps({"event": "page", "who": who}))
        return True


def read(message: str | bytes) -> dict[str, Any]:
    """Parse a text message of a page; empty if it is malformed."""
    try:
        said = json.loads(message) if isinstance(message, str) else None
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
