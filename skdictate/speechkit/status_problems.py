"""Translates gRPC statuses of the service into problems for the user.

The first matching row of one table decides. SpeechKit's documentation asks to branch on the code,
so words are consulted only where one code stands for different things; otherwise the row of the
code alone applies. Texts of gRPC itself are those of grpcio 1.85.
"""

from __future__ import annotations

from dataclasses import dataclass

import grpc

from skdictate.errors import Kind, Problem
from skdictate.text.clean_text import clean

C = grpc.StatusCode
DETAIL_LONGEST = 300
_ON = "Recording goes on; trying again."
ANY_KEY = "SKDICTATE_API_KEY"
"""Replaced by the actual origin of the key where that is known."""
_KEY = f"Check {ANY_KEY}; a key belongs to one installation of the cloud."
_ROLE = (
    "Check the role ai.speechkit-stt.user, the key's scope (yc.ai.speechkitStt.execute), the "
    "folder, and the cloud's billing; a summary needs the role ai.languageModels.user as well."
)


@dataclass(frozen=True, slots=True)
class StatusRow:
    """The problem for a code, or for a code together with certain words."""

    code: grpc.StatusCode | None
    """None for any code."""
    words: tuple[str, ...]
    """Lower-case words of which one must be in the text; empty for any text."""
    kind: Kind
    title: str
    hint: str = _ON
    is_permanent: bool = False

    def fits(self, code: grpc.StatusCode | None, text: str) -> bool:
        """Whether the row applies to a status; ``text`` is in lower case."""
        is_code = self.code is None or self.code is code
        return is_code and (not self.words or any(word in text for word in self.words))


def _stop(
    code: grpc.StatusCode, words: tuple[str, ...], kind: Kind, title: str, hint: str
) -> StatusRow:
    """A row for a problem that trying again cannot solve."""
    return StatusRow(code, words, kind, title, hint, is_permanent=True)


_LIMIT = "The session reached its limit"
_SETTINGS = "The recogniser does not accept the settings"
ROWS = (
    # Normal ends of a session. Not all of their codes are documented.
    StatusRow(None, ("at least one per 5 seconds",), Kind.LIMIT, "The session was idle", ""),
    StatusRow(
        None,
        ("maximum allowed stream", "less than 5 min", "less than 5min"),
        Kind.LIMIT,
        _LIMIT,
        "",
    ),
    StatusRow(C.OUT_OF_RANGE, (), Kind.LIMIT, _LIMIT, ""),
    # Signing in.
    _stop(
        C.UNAUTHENTICATED,
        ("folder id",),
        Kind.CREDENTIALS,
        "The account needs a folder",
        "A user account needs a folder to bill: set --folder-id, or use a service account.",
    ),
    _stop(
        C.UNAUTHENTICATED,
        ("expired",),
        Kind.CREDENTIALS,
        "The token or the key has expired",
        "Get a new one; an IAM token lasts 12 hours at most.",
    ),
    _stop(
        C.UNAUTHENTICATED,
        ("was not found",),
        Kind.CREDENTIALS,
        "The authorized key is not known",
        "It was deleted, or belongs to another installation of the cloud: create a new one.",
    ),
    _stop(C.UNAUTHENTICATED, (), Kind.CREDENTIALS, "The key is not accepted", _KEY),
    _stop(
        C.PERMISSION_DENIED,
        (),
        Kind.CREDENTIALS,
        "This account is not allowed to recognise speech",
        _ROLE,
    ),
    _stop(
        C.INVALID_ARGUMENT,
        ("folder id",),
        Kind.CREDENTIALS,
        "The folder does not belong to the key",
        "Omit --folder-id, or unset the one in yc: a service account has its own.",
    ),
    # The request.
    _stop(
        C.INVALID_ARGUMENT,
        ("session_options", "first message"),
        Kind.SERVICE,
        "The recogniser expects other messages",
        "Check --api and --endpoint: the server may use another version.",
    ),
    _stop(
        C.INVALID_ARGUMENT,
        ("sample_rate", "sample rate", "hertz"),
        Kind.SERVICE,
        "The recogniser does not accept the sample rate",
        "Check --rate; 8000, 16000 and 48000 are documented.",
    ),
    _stop(
        C.INVALID_ARGUMENT,
        ("language",),
        Kind.SERVICE,
        "The recogniser does not know the language",
        "Check --language; a code looks like ru-RU.",
    ),
    _stop(
        C.INVALID_ARGUMENT,
        ("classifier", "summarization", "instruction", "quantile", "labeling"),
        Kind.SERVICE,
        "The recogniser refused a classifier, summary or analysis",
        "Check --classifier, --summarize, --speech-analysis and --speaker-labelling.",
    ),
    _stop(C.INVALID_ARGUMENT, (), Kind.SERVICE, _SETTINGS, "Check language, rate and model."),
    _stop(
        C.UNIMPLEMENTED,
        (),
        Kind.SERVICE,
        "This server does not recognise speech",
        "Check --endpoint and --api.",
    ),
    # The state of the service. The first three are not documented.
    StatusRow(
        C.NOT_FOUND,
        (),
        Kind.SERVICE,
        "The recogniser did not find the requested model",
        f"{_ON} If it happens again, check --model and --endpoint.",
    ),
    StatusRow(C.FAILED_PRECONDITION, (), Kind.SERVICE, "The recogniser cannot do that at present"),
    StatusRow(C.ABORTED, (), Kind.SERVICE, "The recogniser failed"),
    StatusRow(
        C.RESOURCE_EXHAUSTED,
        ("larger than max",),
        Kind.SERVICE,
        "A message was too large",
        f"{_ON} If it happens again, choose a smaller --chunk-ms.",
    ),
    StatusRow(
        C.RESOURCE_EXHAUSTED,
        (),
        Kind.SERVICE,
        "The quota is exhausted",
        f"{_ON} If it happens again, ask the cloud for a larger one.",
    ),
    StatusRow(
        C.INTERNAL, ("rst_stream", "goaway"), Kind.NETWORK, "The recogniser broke the connection"
    ),
    StatusRow(
        C.INTERNAL,
        (),
        Kind.SERVICE,
        "The recogniser failed",
        f"{_ON} If it happens again, check --rate.",
    ),
    StatusRow(
        C.UNAVAILABLE,
        ("http proxy returned",),
        Kind.NETWORK,
        "The proxy refused the connection",
        f"{_ON} Check HTTPS_PROXY; status 407 means that it needs a name and a password.",
    ),
    # The network. A network with a login page looks like most of these, and recovers.
    StatusRow(
        C.UNAVAILABLE,
        ("certificate_verify_failed", "hostname verification"),
        Kind.NETWORK,
        "The server's certificate is not trusted",
        "For your own server, give its root with --ca-cert; otherwise do not trust this network.",
    ),
    StatusRow(
        C.UNAVAILABLE,
        ("wrong_version_number",),
        Kind.NETWORK,
        "The server does not speak TLS",
        "Check the port; a server on this machine may need --plaintext.",
    ),
    StatusRow(C.UNAVAILABLE, ("timed out",), Kind.NETWORK, "The recogniser does not answer"),
    StatusRow(
        C.UNAVAILABLE,
        ("http1.x", "failed parsing http/2", "before receiving settings"),
        Kind.NETWORK,
        "The server does not speak gRPC",
        "Check the port of --endpoint.",
    ),
    StatusRow(
        C.UNAVAILABLE,
        ("errors resolving", "dns resolution", "lookup failed", "name not found"),
        Kind.NETWORK,
        "The server's name was not found",
        f"{_ON} Check the network, and --endpoint.",
    ),
    StatusRow(C.UNAVAILABLE, (), Kind.NETWORK, "The recogniser cannot be reached"),
    StatusRow(C.DEADLINE_EXCEEDED, (), Kind.NETWORK, "The network is too slow"),
    StatusRow(C.CANCELLED, (), Kind.NETWORK, "The session was cancelled"),
    StatusRow(None, (), Kind.NETWORK, "The recogniser broke the connection"),
)

MALFORMED_ANSWER = Problem(
    Kind.SERVICE,
    "The recogniser's answer is malformed",
    "It is not a message of this version of the API",
    f"{_ON} If it happens again, check --api and --endpoint.",
)


def of_status(code: grpc.StatusCode | None, text: str) -> Problem:
    """The problem for the status that a call ended with."""
    detail = clean(text)[:DETAIL_LONGEST]
    lowered = clean(text).lower()
    row = next(row for row in ROWS if row.fits(code, lowered))
    name = code.name if code else "no status"
    text_with_code = f"{name}: {detail}" if detail else name
    return Problem(row.kind, row.title, text_with_code, row.hint, row.is_permanent)
