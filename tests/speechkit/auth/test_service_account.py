"""The key of a service account, against a server that checks what it signs."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import ssl
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit.auth import token_http
from skdictate.speechkit.auth.credential_lookup import of_secret
from skdictate.speechkit.auth.service_account import AccountKey, exchange, parse_time
from tests.support.token_server import KEY_ID, issuing, key_json


def key(**other: Any) -> AccountKey:
    return AccountKey.of_json(key_json(**other), "key.json")


async def refusal(url: str, **other: Any) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await exchange(key(**other), url)
    return caught.value.problem


async def test_a_signed_statement_is_exchanged_for_a_token_with_an_end() -> None:
    with issuing(life_s=3600.0) as iam:
        credential = await exchange(key(), iam.url)
    assert iam.refusals == []
    assert credential.metadata() == ("authorization", f"Bearer {iam.issued[0]}")
    assert credential.folder_id == ""
    assert credential.expires_at is not None
    assert abs(credential.expires_at.timestamp() - time.time() - 3600) < 60


async def test_the_token_is_renewed_before_it_ends() -> None:
    with issuing(life_s=1.0) as iam:
        issuer = of_secret(key_json(), "key.json", iam.url, "b1gfolder")
        assert (issuer.kind, issuer.folder_id, issuer.last) == ("service-account", "", "0001")
        first = (await issuer.credential()).secret
        assert (await issuer.credential()).secret == first
        await asyncio.sleep(0.85)
        second = (await issuer.credential()).secret
    assert [first, second] == iam.issued


async def test_a_key_that_is_not_known_is_said_and_the_statement_is_not_shown() -> None:
    with issuing() as iam:
        problem = await refusal(iam.url, id="ajeother000000000009")
    assert (problem.kind, problem.is_permanent) == (Kind.CREDENTIALS, True)
    assert "HTTP 401: Key 'ajeother000000000009' was not found" in problem.detail
    assert "eyJ" not in str(problem), "the server repeats what it was sent"


@pytest.mark.parametrize(
    ("status", "kind", "is_permanent"),
    [
        (400, Kind.CREDENTIALS, True),
        (403, Kind.CREDENTIALS, True),
        (429, Kind.NETWORK, False),
        (500, Kind.NETWORK, False),
        (503, Kind.NETWORK, False),
    ],
)
async def test_what_a_status_means(status: int, kind: Kind, is_permanent: bool) -> None:
    with issuing(status=status, headers={"X-Request-Id": "r-9"}) as iam:
        problem = await refusal(iam.url)
    assert (problem.kind, problem.is_permanent) == (kind, is_permanent)
    assert f"HTTP {status}: said so" in problem.detail
    assert problem.support == "x-request-id r-9"


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"[]",
        b"<html>",
        b"{}",
        b'{"iamToken": 5, "expiresAt": "2026-11-20T00:00:00Z"}',
        b'{"iamToken": "t1.a.b", "expiresAt": "soon"}',
        b'{"iamToken": "t1.a.b", "expiresAt": 5}',
        b"\xff",
    ],
)
async def test_an_answer_that_makes_no_sense_is_told(reply: bytes) -> None:
    with issuing(reply=reply) as iam:
        problem = await refusal(iam.url)
    assert "malformed" in str(problem)
    assert not problem.is_permanent


async def test_a_redirection_is_not_followed() -> None:
    with issuing() as other, issuing(status=302, headers={"Location": other.url}) as iam:
        problem = await refusal(iam.url)
    assert "HTTP 302" in problem.detail
    assert other.refusals == []


async def test_nobody_there_is_the_network() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        problem = await refusal(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert (problem.kind, problem.is_permanent) == (Kind.NETWORK, False)
    assert "Connection refused" in problem.detail


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
async def test_a_server_that_nobody_vouches_for_is_sent_nothing(tmp_path: Path) -> None:
    pem, key_pem = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", key_pem, "-out", pem),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_pem)
    heard = b""

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard += await reader.read()
        writer.close()

    async with await asyncio.start_server(hear, "localhost", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        problem = await refusal(f"https://localhost:{port}")
    assert "its certificate is not trusted" in problem.detail
    assert heard == b""


async def test_a_server_that_does_not_answer_holds_nobody_up() -> None:
    n_turns = 0

    async def turn() -> None:
        nonlocal n_turns
        while True:
            await asyncio.sleep(0.01)
            n_turns += 1

    turning = asyncio.ensure_future(turn())
    with issuing(delay_s=1.5) as iam:
        began_s = time.monotonic()
        with pytest.raises(ProblemError) as caught:
            await token_http.fetch(iam.url, who="It", headers={}, limit_s=0.4)
        took_s = time.monotonic() - began_s
    turning.cancel()
    assert "no answer" in caught.value.problem.detail or "timed out" in caught.value.problem.detail
    assert took_s < 1.2
    assert n_turns > 15, "the event loop went on"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is not valid JSON"),
        ("[]", "has no id and no service_account_id and no private_key"),
        (json.dumps({"id": "a", "service_account_id": "b"}), "has no private_key"),
        (key_json(private_key="nonsense"), "cannot be read"),
        (key_json(private_key="-----BEGIN PRIVATE KEY-----\nAA\n-----END"), "cannot be read"),
        (key_json(id=7), "has no id"),
    ],
)
def test_a_damaged_key_is_said_without_showing_it(text: str, said: str) -> None:
    with pytest.raises(ProblemError) as caught:
        AccountKey.of_json(text, "key.json")
    assert said in caught.value.problem.detail
    assert "key.json" in caught.value.problem.detail
    assert "BEGIN" not in str(caught.value)


def test_a_key_of_another_kind_is_said() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ProblemError, match="not an RSA key"):
        key(private_key=pem)


def test_the_private_key_shows_in_no_representation() -> None:
    assert "BEGIN" not in repr(key())
    assert KEY_ID in repr(key())


def test_times_may_have_nanoseconds() -> None:
    wanted = datetime(2026, 11, 20, 12, 0, 5, tzinfo=UTC)
    for text in ("2026-11-20T12:00:05Z", "2026-11-20T12:00:05.123456789Z"):
        assert parse_time(text) == wanted
    assert parse_time("2026-11-20T15:00:05.1+03:00") == wanted
