"""What a gRPC status of the service means, as a problem in words.

One table; the first row that fits is taken. The service's documentation asks to branch on the code;
words are consulted only where one code stands for different things, and where none is found the
code's own row holds. Words of gRPC itself were read off grpcio 1.85.
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
"""Who knows where the key comes from names that instead."""
_KEY = f"Check {ANY_KEY}; a key belongs to one installation of the cloud."
_ROLE = (
    "Check the role ai.speechkit-stt.user, the key's scope (yc.ai.speechkitStt.execute), the "
    "folder, and the cloud's billing; a summary needs the role ai.languageModels.user as well."
)


@dataclass(frozen=True, slots=True)
class StatusRow:
    """What a code means, or what it means with certain words beside it."""

    code: grpc.StatusCode | None
    """None for any."""
    words: tuple[str, ...]
    """One of these is in the text, in lower case; empty for any text."""
    kind: Kind
    title: str
    hint: str = _ON
    is_permanent: bool = False

    def fits(self, code: grpc.StatusCode | None, text: str) -> bool:
        """Whether it is about this status; the text is in lower case."""
        is_code = self.code is None or self.code is code
        return is_code and (not self.words or any(word in text for word in self.words))


def _stop(
    code: grpc.StatusCode, words: tuple[str, ...], kind: Kind, title: str, hint: str
) -> StatusRow:
    """A row where trying again cannot help."""
    return StatusRow(code, words, kind, title, hint, is_permanent=True)


_LIMIT = "The session reached its limit"
_SETTINGS = "The recogniser does not accept the settings"
ROWS = (
    # The ends of a session that are part of its life. Their codes are not all documented.
    StatusRow(None, ("at least one per 5 seconds",), Kind.LIMIT, "The session was idle", ""),
    StatusRow(
        None,
        ("maximum allowed stream", "less than 5 min", "less than 5min"),
        Kind.LIMIT,
        _LIMIT,
        "",
    ),
    StatusRow(C.OUT_OF_RANGE, (), Kind.LIMIT, _LIMIT, ""),
    # Who we are.
    _stop(
        C.UNAUTHENTICATED,
        ("folder id",),
        Kind.CREDENTIALS,
        "The account needs a folder",
        "A person's account does not say who pays: set --folder-id, or use a service account.",
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
        "It was deleted, or is of another installation of the cloud: make a new one.",
    ),
    _stop(C.UNAUTHENTICATED, (), Kind.CREDENTIALS, "The key is not accepted", _KEY),
    _stop(
        C.PERMISSION_DENIED, (), Kind.CREDENTIALS, "This account may not recognise speech", _ROLE
    ),
    _stop(
        C.INVALID_ARGUMENT,
        ("folder id",),
        Kind.CREDENTIALS,
        "The folder is not that of the key",
        "Leave --folder-id out, or unset that of yc: a service account has its own.",
    ),
    # What we asked for.
    _stop(
        C.INVALID_ARGUMENT,
        ("session_options", "first message"),
        Kind.SERVICE,
        "The recogniser expects other messages",
        "Check --api and --endpoint: another version may be spoken there.",
    ),
    _stop(
        C.INVALID_ARGUMENT,
        ("sample_rate", "sample rate", "hertz"),
        Kind.SERVICE,
        "The recogniser does not accept the rate",
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
        "The recogniser cannot tell what was asked beside the text",
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
    # What the service can do at present. The first three are not documented.
    StatusRow(
        C.NOT_FOUND,
        (),
        Kind.SERVICE,
        "The recogniser does not find what was asked for",
        f"{_ON} Should it repeat, check --model and --endpoint.",
    ),
    StatusRow(C.FAILED_PRECONDITION, (), Kind.SERVICE, "The recogniser cannot do that at present"),
    StatusRow(C.ABORTED, (), Kind.SERVICE, "The recogniser failed"),
    StatusRow(
        C.RESOURCE_EXHAUSTED,
        ("larger than max",),
        Kind.SERVICE,
        "A message was too large",
        f"{_ON} Should it repeat, choose a smaller --chunk-ms.",
    ),
    StatusRow(
        C.RESOURCE_EXHAUSTED,
        (),
        Kind.SERVICE,
        "The quota is used up",
        f"{_ON} Should it repeat, ask the cloud for a larger one.",
    ),
    StatusRow(C.INTERNAL, ("rst_stream", "goaway"), Kind.NETWORK, "The recogniser broke off"),
    StatusRow(
        C.INTERNAL,
        (),
        Kind.SERVICE,
        "The recogniser failed",
        f"{_ON} Should it repeat, check --rate.",
    ),
    StatusRow(
        C.UNAVAILABLE,
        ("http proxy returned",),
        Kind.NETWORK,
        "The proxy lets nobody through",
        f"{_ON} Check HTTPS_PROXY; at 407 it wants a name and a password.",
    ),
    # The way to it. A network that asks for a login looks like most of these, and passes.
    StatusRow(
        C.UNAVAILABLE,
        ("certificate_verify_failed", "hostname verification"),
        Kind.NETWORK,
        "The server's certificate is not trusted",
        "If it is a server of yours, name its root with --ca-cert; else mistrust the network.",
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
        "There is a server, but none for gRPC",
        "Check the port of --endpoint.",
    ),
    StatusRow(
        C.UNAVAILABLE,
        ("errors resolving", "dns resolution", "lookup failed", "name not found"),
        Kind.NETWORK,
        "The server's name is not known",
        f"{_ON} Check the network, and --endpoint.",
    ),
    StatusRow(C.UNAVAILABLE, (), Kind.NETWORK, "The recogniser cannot be reached"),
    StatusRow(C.DEADLINE_EXCEEDED, (), Kind.NETWORK, "The network is too slow"),
    StatusRow(C.CANCELLED, (), Kind.NETWORK, "The session was cancelled"),
    StatusRow(None, (), Kind.NETWORK, "The recogniser broke off"),
)

GARBLED = Problem(
    Kind.SERVICE,
    "The recogniser's answer makes no sense",
    "It is no message of this version of the API",
    f"{_ON} Should it repeat, check --api and --endpoint.",
)


def of_status(code: grpc.StatusCode | None, text: str) -> Problem:
    """The problem that a call ended with."""
    detail = clean(text)[:DETAIL_LONGEST]
    lowered = clean(text).lower()
    row = next(row for row in ROWS if row.fits(code, lowered))
    name = code.name if code else "no status"
    said = f"{name}: {detail}" if detail else name
    return Problem(row.kind, row.title, said, row.hint, row.is_permanent)
