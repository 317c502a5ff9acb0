"""Who we are to the service: a credential, and the metadata that carries it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from skdictate.errors import Kind, Problem, ProblemError

VARIABLES = ("SKDICTATE_API_KEY", "YC_API_KEY")
"""Where an API key is looked for, in order."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret and where it came from; the secret shows in no representation."""

    scheme: str
    """``Api-Key`` or ``Bearer``."""
    secret: str = field(repr=False)
    origin: str

    def metadata(self) -> tuple[str, str]:
        """The gRPC metadata entry."""
        return "authorization", f"{self.scheme} {self.secret}"


def find(environ: Mapping[str, str]) -> Credential | None:
    """The credential that is configured, if any.

    Raises:
        ProblemError: it holds characters that no key has.
    """
    for variable in VARIABLES:
        secret = environ.get(variable, "").strip()
        if not secret:
            continue
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise ProblemError(
                Problem(
                    Kind.CREDENTIALS,
                    "The API key is damaged",
                    f"{variable} holds a space or a control character",
                    "Copy the key again, without quotes and line breaks.",
                    is_permanent=True,
                )
            )
        return Credential("Api-Key", secret, variable)
    return None
