"""The key of a service account, which signs a JWT that is exchanged for an IAM token.

Follows Yandex' document "Getting an IAM token for a service account"; the JWT's algorithm is PS256.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth.credential import IAM_TOKEN, Credential, of_text
from skdictate.speechkit.auth.token_http import fetch, malformed_answer

IAM = "https://iam.api.cloud.yandex.net"
"""The IAM service of Yandex Cloud; other installations of the cloud have their own."""
PATH = "/iam/v1/tokens"
AUDIENCE = IAM + PATH
"""The audience of the JWT; Yandex' own programs use this one for all installations."""
LIFE_S = 3600
"""Seconds that the JWT is valid; the longest that is allowed."""
WHO = "The IAM service"
_NEEDED = ("id", "service_account_id", "private_key")


@dataclass(frozen=True, slots=True)
class AccountKey:
    """The fields that are needed of the file that ``yc iam key create`` writes."""

    key_id: str
    account_id: str
    pem: str = field(repr=False)
    """The private key."""
    origin: str

    @classmethod
    def of_json(cls, text: str, origin: str) -> AccountKey:
        """Parse the JSON of a key.

        Raises:
            ProblemError: it is not a service account's key.
        """
        try:
            fields = json.loads(text)
        except ValueError:
            raise _damaged(f"{origin} is not valid JSON") from None
        missing = [
            n for n in _NEEDED if not isinstance(fields, dict) or not _is_text(fields.get(n))
        ]
        if missing:
            raise _damaged(f"{origin} has no {' and no '.join(missing)}")
        key = cls(fields["id"], fields["service_account_id"], fields["private_key"], origin)
        key.private_key()
        return key

    def private_key(self) -> Any:
        """The parsed private key.

        Raises:
            ProblemError: it is damaged, or not an RSA key.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        pem = self.pem[max(0, self.pem.find("-----BEGIN")) :]  # a comment may come before it
        try:
            key = load_pem_private_key(pem.encode(), None)
        except Exception:  # noqa: BLE001 - the parser documents no errors of its own
            raise _damaged(f"the private_key of {self.origin} cannot be read") from None
        if not isinstance(key, RSAPrivateKey):
            raise _damaged(f"the private_key of {self.origin} is not an RSA key")
        return key

    def signed_jwt(self, now_s: int) -> str:
        """The signed JWT, issued at ``now_s`` in seconds since 1970."""
        from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
        from cryptography.hazmat.primitives.hashes import SHA256

        head = {"typ": "JWT", "alg": "PS256", "kid": self.key_id}
        claims = {"iss": self.account_id, "aud": AUDIENCE, "iat": now_s, "exp": now_s + LIFE_S}
        fields = f"{_packed(head)}.{_packed(claims)}"
        padding = PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)
        return f"{fields}.{_base64(self.private_key().sign(fields.encode(), padding, SHA256()))}"


async def exchange(key: AccountKey, iam: str) -> Credential:
    """Exchange a key for an IAM token.

    Args:
        key: the service account's key.
        iam: the URL of the IAM service, without a path.

    Raises:
        ProblemError: see ``fetch``.
    """
    body = {"jwt": key.signed_jwt(int(time.time()))}
    answer = await fetch(iam + PATH, who=WHO, headers={}, body=body)
    try:
        expires_at = parse_time(answer["expiresAt"])
        return of_token(answer["iamToken"], key.origin, expires_at)
    except (KeyError, TypeError, ValueError):
        raise ProblemError(malformed_answer(WHO)) from None


def of_token(token: object, origin: str, expires_at: datetime | None) -> Credential:
    """A credential for a token that a service issued.

    Raises:
        TypeError: it is not text.
        ProblemError: it is damaged.
    """
    if not isinstance(token, str):
        raise TypeError(type(token))
    checked = of_text(token, "the token", IAM_TOKEN)
    return Credential(IAM_TOKEN, checked.secret, origin, expires_at)


def parse_time(text: object) -> datetime:
    """Parse a time such as ``2026-11-20T12:00:00.123456789Z``.

    Raises:
        ValueError: it is not a time with a zone.
    """
    if not isinstance(text, str):
        raise ValueError(text)
    whole, dot, rest = text.strip().partition(".")
    zone = rest.lstrip("0123456789") if dot else ""
    found = datetime.fromisoformat(whole + zone)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _packed(fields: dict[str, Any]) -> str:
    return _base64(json.dumps(fields, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _damaged(detail: str) -> ProblemError:
    return ProblemError(
        Problem(
            Kind.CREDENTIALS,
            "The service account's key is damaged",
            detail,
            "Create another one: yc iam key create --service-account-name NAME --output key.json",
            is_permanent=True,
        )
    )
