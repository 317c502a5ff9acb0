"""A server that plays those who issue tokens: the IAM service, and the metadata of a machine."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

AUDIENCE = "https://iam.api.cloud.yandex.net/iam/v1/tokens"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY_ID = "ajekey00000000000001"
ACCOUNT_ID = "ajeaccount0000000002"


def key_json(**other: Any) -> str:
    """What ``yc iam key create`` writes."""
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    key = {
        "id": KEY_ID,
        "service_account_id": ACCOUNT_ID,
        "created_at": "2026-11-20T00:00:00Z",
        "key_algorithm": "RSA_2048",
        "public_key": "-----BEGIN PUBLIC KEY-----\n...",
        "private_key": f"PLEASE DO NOT REMOVE THIS LINE! {KEY_ID}\n{pem}",
    }
    return json.dumps({**key, **other})


def key_file(folder: Path, **other: Any) -> Path:
    path = folder / "key.json"
    path.write_text(key_json(**other))
    path.chmod(0o600)
    return path


@dataclass
class Iam:
    """What the server answers, and what it was asked."""

    url: str = ""
    life_s: float = 3600.0
    status: int = 200
    delay_s: float = 0.0
    reply: bytes | None = None
    """Instead of an answer that makes sense."""
    headers: dict[str, str] = field(default_factory=dict)
    """Further ones of the answer."""
    issued: list[str] = field(default_factory=list)
    """The tokens."""
    refusals: list[str] = field(default_factory=list)
    """Why statements were not accepted."""

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, bytes]:
        time.sleep(self.delay_s)
        if self.reply is not None:
            return self.status, self.reply
        if self.status != 200:
            return self.status, b'{"code": 16, "message": "said so", "details": []}'
        if path.startswith("/computeMetadata/"):
            return self._of_machine(method, path, headers)
        wrong = self._wrong(method, path, body)
        if wrong:
            self.refusals.append(wrong)
            said = json.dumps({"code": 16, "message": f"{wrong} in {body.decode()}"})
            return 401, said.encode()
        ends = datetime.fromtimestamp(time.time() + self.life_s, UTC)
        end = ends.strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"
        return 200, json.dumps({"iamToken": self._token(), "expiresAt": end}).encode()

    def _of_machine(self, method: str, path: str, headers: Any) -> tuple[int, bytes]:
        wanted = "/computeMetadata/v1/instance/service-accounts/default/token"
        if (method, path) != ("GET", wanted) or headers["Metadata-Flavor"] != "Google":
            return 403, b"no"
        said = {"access_token": self._token(), "expires_in": self.life_s, "token_type": "Bearer"}
        return 200, json.dumps(said).encode()

    def _token(self) -> str:
        self.issued.append(f"t1.token-{len(self.issued) + 1}.secret")
        return self.issued[-1]

    def _wrong(self, method: str, path: str, body: bytes) -> str:
        """Why this is no statement of the account."""
        if (method, path) != ("POST", "/iam/v1/tokens"):
            return "no such page"
        said = json.loads(body)
        if list(said) != ["jwt"]:
            return "not just a jwt"
        packed, _, signature = said["jwt"].rpartition(".")
        head, claims = (json.loads(unpacked(part)) for part in packed.split("."))
        if head != {"typ": "JWT", "alg": "PS256", "kid": KEY_ID}:
            return f"Key '{head.get('kid')}' was not found"
        padding = PSS(MGF1(SHA256()), 32)
        try:
            KEY.public_key().verify(unpacked(signature), packed.encode(), padding, SHA256())
        except InvalidSignature:
            return "wrong signature"
        if (claims["iss"], claims["aud"]) != (ACCOUNT_ID, AUDIENCE):
            return "wrong issuer or audience"
        if not claims["iat"] - 5 <= time.time() < claims["exp"] <= claims["iat"] + 3600:
            return "wrong times"
        return ""


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def issuing(**how: Any) -> Iterator[Iam]:
    """A server that runs."""
    iam = Iam(**how)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, said = iam.answer(self.command, self.path, self.headers, body)
            self.send_response(status)
            for name, value in iam.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            with suppress(ConnectionError):  # who asked may have had enough
                self.end_headers()
                self.wfile.write(said)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *_arguments: Any) -> None:
            """Nobody wants to know."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    iam.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield iam
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
