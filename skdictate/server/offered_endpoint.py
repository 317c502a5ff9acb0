"""The endpoint that ``skdictate serve`` offers to other programs: address, token and TLS."""

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
"""The environment variable with the token. It is no option because other users can see
arguments."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The TLS certificate and private key of the server, as PEM."""

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
    """If set, every call has to carry it."""
    identity: Identity | None = None
    """If set, connections are encrypted."""
    n_sessions: int = 4
    """How many sessions may run at a time."""

    def __repr__(self) -> str:
        return f"Offer({self.address!r})"

    def __post_init__(self) -> None:
        """Check the address and refuse to serve other machines without a token and TLS.

        Raises:
            ProblemError: the address is malformed, no session is allowed, or the endpoint would be
                open to other machines without protection.
        """
        if not self.address.startswith(UNIX) and port_of(self.address) is None:
            detail = f"{self.address!r} is not HOST:PORT or unix:PATH"
            raise ProblemError(
                _config_problem("The address is not valid", detail, "Check --listen.")
            )
        if self.n_sessions < 1:
            raise ProblemError(
                _config_problem("No sessions are allowed", "--sessions is below 1", "")
            )
        if not is_loopback(self.address) and not (self.token and self.identity):
            raise ProblemError(
                _config_problem(
                    "Other machines need a token and TLS",
                    f"{self.address} can be reached from other machines",
                    "Give --token-file, --tls-cert and --tls-key, or listen on 127.0.0.1.",
                )
            )


def identity(certificate: str, key: str) -> Identity | None:
    """Read the certificate and the key from two files; None if neither is named.

    Raises:
        ProblemError: only one is named, one cannot be read, or they do not belong together.
    """
    if not certificate and not key:
        return None
    if not (certificate and key):
        detail = "Only one of --tls-cert and --tls-key is given"
        raise ProblemError(
            _config_problem("TLS needs a certificate and a key", detail, "Give both.")
        )
    paths = [expanded(certificate), expanded(key)]
    hint = "Check --tls-cert and --tls-key: both must be PEM, the key without a password."
    try:
        files = [small_file.read(path) for path in paths]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(paths[0], paths[1], password=lambda: "")
        return Identity(*files)
    except (ssl.SSLError, ValueError) as error:
        detail = "The files are not a certificate and its private key"
        raise ProblemError(
            _config_problem("The certificate cannot be used", detail, hint)
        ) from error
    except OSError as error:
        detail = f"{certificate} or {key}: {error.strerror}"
        raise ProblemError(
            _config_problem("The certificate cannot be used", detail, hint)
        ) from error


def token(file: str, environ: Mapping[str, str]) -> str:
    """Return the token from a file, or from the environment if no file is named.

    Empty if there is none.

    Raises:
        ProblemError: the file cannot be read, or its text cannot be sent as a token.
    """
    title, hint = "The token cannot be used", f"Check --token-file, or {VARIABLE}."
    text = environ.get(VARIABLE, "")
    try:
        if file:
            text = small_file.read(expanded(file)).decode()
    except (OSError, UnicodeError) as error:
        detail = f"{file}: {getattr(error, 'strerror', None) or 'it is not text'}"
        raise ProblemError(_config_problem(title, detail, hint)) from None
    found = text.strip()
    if file and not found:
        raise ProblemError(_config_problem(title, f"{file} is empty", hint))
    if not all(" " < character <= "~" for character in found):
        detail = "It may contain only printable ASCII characters, without spaces"
        raise ProblemError(_config_problem(title, detail, hint))
    return found


def _config_problem(title: str, detail: str, hint: str) -> Problem:
    return Problem(Kind.CONFIG, title, detail, hint, is_permanent=True)
