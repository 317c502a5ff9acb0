"""What a gRPC status of the service means, as a problem in words.

One table. The service's documentation asks to branch on the code; texts are consulted only where
one code stands for different things.
"""

from __future__ import annotations

import grpc

from skdictate.core.clean import clean
from skdictate.errors import Kind, Problem

C = grpc.StatusCode
_ON = "Recording goes on; trying again."
_ROLE = "Check the role ai.speechkit-stt.user, the key's scope, and the cloud's billing."

_TABLE: dict[grpc.StatusCode, tuple[Kind, str, str, bool]] = {
    C.CANCELLED: (Kind.NETWORK, "The session was cancelled", _ON, False),
    C.UNKNOWN: (Kind.NETWORK, "The recogniser broke off", _ON, False),
    C.INVALID_ARGUMENT: (
        Kind.SERVICE,
        "The recogniser does not accept the settings",
        "Check language, rate and model.",
        True,
    ),
    C.DEADLINE_EXCEEDED: (Kind.NETWORK, "The network is too slow", _ON, False),
    C.PERMISSION_DENIED: (Kind.CREDENTIALS, "This account may not recognise speech", _ROLE, True),
    C.RESOURCE_EXHAUSTED: (Kind.SERVICE, "The quota is used up", _ON, False),
    C.OUT_OF_RANGE: (Kind.LIMIT, "The session reached its limit", "", False),
    C.UNIMPLEMENTED: (
        Kind.SERVICE,
        "This server does not recognise speech",
        "Check --endpoint and --api.",
        True,
    ),
    C.INTERNAL: (Kind.SERVICE, "The recogniser failed", _ON, False),
    C.UNAVAILABLE: (Kind.NETWORK, "The recogniser cannot be reached", _ON, False),
    C.UNAUTHENTICATED: (
        Kind.CREDENTIALS,
        "The key is not accepted",
        "Check SKDICTATE_API_KEY; a key belongs to one installation of the cloud.",
        True,
    ),
}
_IDLE = "at least one per 5 seconds"
"""Of the text that ends an idle session; its code is not documented."""


def of_status(code: grpc.StatusCode | None, text: str) -> Problem:
    """The problem that a call ended with."""
    detail = clean(text)[:300]
    if _IDLE in detail:
        return Problem(Kind.LIMIT, "The session was idle", detail)
    other = (Kind.NETWORK, "The recogniser broke off", _ON, False)
    kind, title, hint, is_permanent = _TABLE.get(code or C.UNKNOWN, other)
    name = code.name if code else "no status"
    return Problem(kind, title, f"{name}: {detail}" if detail else name, hint, is_permanent)
