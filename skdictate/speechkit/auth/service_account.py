"""The key of a service account: signs a statement that is exchanged for an IAM token.

After Yandex's document "Getting an IAM token for a service account": a JWT of algorithm PS256.
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
from skdictate.speechkit.auth.token_http import fetch, nonsense

IAM = "https://iam.api.cloud.yandex.net"
"""Who exchanges; other installations of the cloud have another."""
PATH = "/iam/v1/tokens"
AUDIENCE = IAM + PATH
"""Whom the statement is for; the same in all of Yandex's own programs."""
LIFE_S = 3600
"""Of the statement; the longest that is allowed."""
WHO = "The IAM service"
_NEEDED = ("id", "service_account_id", "private_key")


@dataclass(frozen=True, slots=True)
class AccountKey:
    """What ``yc iam key create`` writes, as far as it is needed."""

    key_id: str
    account_id: str
    pem: str = field(repr=False)
    """The private key."""
    origin: str

    @classmethod
    def of_json(cls, text: str, origin: str) -> AccountKey:
        """The key that a text is.

        Raises:
            ProblemError: it is none.
        """
        try:
            said = json.loads(text)
        except ValueError:
            raise _damaged(f"{origin} is not valid JSON") from None
        missing = [n for n in _NEEDED if not isinstance(said, dict) or not _is_text(said.get(n))]
        if missing:
            raise _damaged(f"{origin} has no {' and no '.join(missing)}")
        key = cls(said["id"], said["service_account_id"], said["private_key"], origin)
        key.private()
        return key

    def private(self) -> Any:
        """The key that signs.

        Raises:
            ProblemError: it is damaged, or of a kind that the service does not know.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        pem = self.pem[max(0, self.pem.find("-----BEGIN")) :]  # a remark may come before it
        try:
            key = load_pem_private_key(pem.encode(), None)
        except Exception:  # noqa: BLE001 - what that raises is up to a parser of another language
            raise _damaged(f"the private_key of {self.origin} cannot be read") from None
        if not isinstance(key, RSAPrivateKey):
            raise _damaged(f"the private_key of {self.origin} is no RSA key")
        return key

    def statement(self, now_s: int) -> str:
        """The signed JWT."""
        from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
        from cryptography.hazmat.primitives.hashes import SHA256

        head = {"typ": "JWT", "alg": "PS256", "kid": self.key_id}
        claims = {"iss": self.account_id, "aud": AUDIENCE, "iat": now_s, "exp": now_s + LIFE_S}
        said = f"{_packed(head)}.{_packed(claims)}"
        padding = PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH)
        return f"{said}.{_base64(self.private().sign(said.encode(), padding, SHA256()))}"


async def exchange(key: AccountKey, iam: str) -> Credential:
    """An IAM token for a key, from the IAM service at a URL without a path.

    Raises:
        ProblemError: see ``fetch``.
    """
    body = {"jwt": key.statement(int(time.time()))}
    answer = await fetch(iam + PATH, who=WHO, headers={}, body=body)
    try:
        expires_at = moment(answer["expiresAt"])
        return of_token(answer["iamToken"], key.origin, expires_at)
    except (KeyError, TypeError, ValueError):
        raise ProblemError(nonsense(WHO)) from None


def of_token(token: object, origin: str, expires_at: datetime | None) -> Credential:
    """A token that was issued.

    Raises:
        TypeError: it is no text.
        ProblemError: it is damaged.
    """
    if not isinstance(token, str):
        raise TypeError(type(token))
    checked = of_text(token, "the token", IAM_TOKEN)
    return Credential(IAM_TOKEN, checked.secret, origin, expires_at)


def moment(text: object) -> datetime:
    """A time as ``2026-11-20T12:00:00.123456789Z``.

    Raises:
        ValueError: it is none.
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
            "Make another one: yc iam key create --service-account-name NAME --output key.json",
            is_permanent=True,
        )
    )
