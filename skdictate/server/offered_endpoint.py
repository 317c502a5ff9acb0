"""What is offered to other programs, where, and to whom; and what is not offered at all."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.server.session_rules import SessionRules
from skdictate.system import small_file
from skdictate.system.addresses import UNIX, is_loopback, port_of
from skdictate.system.paths import expanded

VARIABLE = "SKDICTATE_SERVE_TOKEN"
"""Where the token may be; never an option, since others can read those."""


@dataclass(frozen=True, slots=True)
class Identity:
    """By what clients know the server: PEM."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        return "Identity(...)"


@dataclass(frozen=True, slots=True)
class OfferedEndpoint:
    """A server for other programs."""

    address: str
    rules: SessionRules
    token: str = ""
    """If set, every call has to show it."""
    identity: Identity | None = None
    """If set, the wire is encrypted."""
    n_sessions: int = 4
    """So many at a time."""

    def __repr__(self) -> str:
        return f"Offer({self.address!r})"

    def __post_init__(self) -> None:
        """Refuse what must not be.

        Raises:
            ProblemError: the address is none, or anyone could listen or call from elsewhere.
        """
        if not self.address.startswith(UNIX) and port_of(self.address) is None:
            detail = f"{self.address!r} is not HOST:PORT or unix:PATH"
            raise ProblemError(_wrong("The address is wrong", detail, "Check --listen."))
        if self.n_sessions < 1:
            raise ProblemError(_wrong("No session could be had", "--sessions is below 1", ""))
        if not is_loopback(self.address) and not (self.token and self.identity):
            raise ProblemError(
                _wrong(
                    "Refused to serve other machines in the open",
                    f"{self.address} can be reached from them, so a token and TLS are obligatory",
                    "Give --token-file, --tls-cert and --tls-key, or listen on 127.0.0.1.",
                )
            )


def identity(certificate: str, key: str) -> Identity | None:
    """What two files hold; nothing if none is named.

    Raises:
        ProblemError: only one is named, one cannot be read, or they do not belong together.
    """
    if not certificate and not key:
        return None
    if not (certificate and key):
        detail = "--tls-cert and --tls-key come together"
        raise ProblemError(_wrong("TLS needs two files", detail, "Name both."))
    paths = [expanded(certificate), expanded(key)]
    hint = "Check --tls-cert and --tls-key: PEM, the key without a password."
    try:
        files = [small_file.read(path) for path in paths]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(paths[0], paths[1], password=lambda: "")
        return Identity(*files)
    except (ssl.SSLError, ValueError) as error:
        detail = "The files are no certificate and its key"
        raise ProblemError(_wrong("The certificate cannot be used", detail, hint)) from error
    except OSError as error:
        detail = f"{certificate} or {key}: {error.strerror}"
        raise ProblemError(_wrong("The certificate cannot be used", detail, hint)) from error


def token(file: str, environ: Mapping[str, str]) -> str:
    """The token in a file, or that of the environment; empty if there is none.

    Raises:
        ProblemError: the file cannot be read, or what it holds cannot be sent.
    """
    title, hint = "The token cannot be used", f"Check --token-file, or {VARIABLE}."
    text = environ.get(VARIABLE, "")
    try:
        if file:
            text = small_file.read(expanded(file)).decode()
    except (OSError, UnicodeError) as error:
        detail = f"{file}: {getattr(error, 'strerror', None) or 'not a text'}"
        raise ProblemError(_wrong(title, detail, hint)) from None
    found = text.strip()
    if file and not found:
        raise ProblemError(_wrong(title, f"{file} is empty", hint))
    if not all(" " < character <= "~" for character in found):
        detail = "It may hold letters, digits and signs of ASCII only"
        raise ProblemError(_wrong(title, detail, hint))
    return found


def _wrong(title: str, detail: str, hint: str) -> Problem:
    return Problem(Kind.CONFIG, title, detail, hint, is_permanent=True)
