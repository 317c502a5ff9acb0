"""The request that the app sends to its embedded server when it starts it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ChildRequest:
    """One line of JSON on the child's standard input; a contract between the two processes."""

    address: str = ""
    """``unix:PATH``, or ``127.0.0.1:0`` for any free port."""
    token: str = ""
    """If set, every call has to carry it as ``authorization: Bearer``."""
    session_s: float = 300.0
    session_bytes: int = 10_000_000
    idle_s: float = 5.0
