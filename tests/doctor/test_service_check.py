"""Servers that answer, refuse, hang up, are not trusted, or are not there."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from skdictate.doctor import service_check
from skdictate.doctor.check_result import CheckContext, CheckResult, CheckState
from skdictate.errors import Exit
from skdictate.settings.config import Config, Settings
from tests.conftest import Serving

CANARY = "canary-8830"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_check, "READY_S", 1.0)
    monkeypatch.setattr(service_check, "STEP_S", 1.0)


def with_settings(
    case: CheckContext, *, key: str = "", online: bool = False, **given: Any
) -> CheckContext:
    environ = {"SKDICTATE_API_KEY": key} if key else {}
    return replace(case, config=Config(Settings(**given), {}), environ=environ, is_online=online)


async def both(case: CheckContext) -> tuple[CheckResult, CheckResult]:
    return await service_check.service(case), await service_check.key(case)


async def test_without_a_key_or_an_address_there_is_nothing_to_ask(case: CheckContext) -> None:
    there, key = await both(with_settings(case))
    assert (there.state, key.state) == (CheckState.SKIPPED, CheckState.SKIPPED)


@pytest.mark.parametrize("is_online", [False, True])
async def test_a_server_that_answers_is_tried_with_the_key_only_if_that_was_asked_for(
    case: CheckContext, serving: Serving, is_online: bool
) -> None:
    async with serving(address="127.0.0.1:0") as endpoint:
        case = with_settings(
            case, endpoint=endpoint.target, plaintext=True, key=CANARY, online=is_online
        )
        there, key = await both(case)
    assert there.state is CheckState.OK
    assert there.detail.startswith(f"{endpoint.target} answers after ")
    assert key.detail.startswith("an API key, from SKDICTATE_API_KEY; ")
    assert key.state is (CheckState.OK if is_online else CheckState.SKIPPED)
    assert ("--online" in key.hint) is not is_online
    assert CANARY not in str((there, key, case))


async def test_a_key_that_is_refused_is_said(case: CheckContext, serving: Serving) -> None:
    async with serving(address="127.0.0.1:0", token="another") as endpoint:
        case = with_settings(
            case, endpoint=endpoint.target, plaintext=True, key=CANARY, online=True
        )
        there, key = await both(case)
    assert there.state is CheckState.OK
    assert (key.state, key.exit_code) == (CheckState.FAILED, Exit.CREDENTIALS)
    assert "The key is not accepted" in key.detail
    assert "SKDICTATE_API_KEY" in key.hint


async def test_a_server_that_repeats_the_key_does_not_make_us_show_it(case: CheckContext) -> None:
    async with talkative() as target:
        case = with_settings(case, endpoint=target, plaintext=True, key=CANARY, online=True)
        finding = await service_check.key(case)
    assert finding.exit_code is Exit.CREDENTIALS
    assert "[the key]" in finding.detail
    assert CANARY not in str(finding)


async def test_a_damaged_or_missing_key_is_told_by_the_check_of_the_key(case: CheckContext) -> None:
    there, key = await both(with_settings(case, key="two words"))
    assert (there.state, key.state) == (CheckState.SKIPPED, CheckState.FAILED)
    assert key.exit_code is Exit.CREDENTIALS
    there, key = await both(with_settings(case, engine="speechkit"))
    assert (there.state, key.exit_code) == (CheckState.SKIPPED, Exit.CREDENTIALS)


async def test_settings_that_do_not_go_together_are_another_check(case: CheckContext) -> None:
    there, key = await both(with_settings(case, engine="local", endpoint="x:1"))
    assert (there.state, key.state) == (CheckState.SKIPPED, CheckState.SKIPPED)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("no-such-name.invalid:443", "the host name cannot be resolved"),
        ("unix:/nowhere", "no connection"),
    ],
)
async def test_a_server_that_is_not_there_is_told_by_its_cause(
    case: CheckContext, target: str, said: str
) -> None:
    finding = await service_check.service(with_settings(case, endpoint=target))
    assert (finding.state, finding.exit_code) == (CheckState.FAILED, Exit.NETWORK)
    assert said in finding.detail
    assert finding.hint


@pytest.mark.parametrize("is_plaintext", [False, True])
async def test_a_port_where_nobody_listens_is_told(case: CheckContext, is_plaintext: bool) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        target = f"127.0.0.1:{taken.getsockname()[1]}"
        case = with_settings(case, endpoint=target, plaintext=is_plaintext)
        finding = await service_check.service(case)
    assert "no connection" in finding.detail
    assert "Check that the server runs." in finding.hint


async def test_a_server_of_another_kind_is_told(case: CheckContext) -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail\r\n")
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        target = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        encrypted = await service_check.service(with_settings(case, endpoint=target))
        plain = await service_check.service(with_settings(case, endpoint=target, plaintext=True))
    assert "does not speak TLS" in encrypted.detail
    assert "--plaintext" in encrypted.hint
    assert "does not speak gRPC" in plain.detail


async def test_a_proxy_is_mentioned(case: CheckContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://user:secret@no-such-proxy.invalid:3128")
    finding = await service_check.service(with_settings(case, endpoint="no-such-name.invalid:443"))
    assert "through the proxy http://no-such-proxy.invalid:3128 of https_proxy" in finding.detail
    assert "secret" not in f"{finding}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """A key and its certificate for ``localhost`` that nobody has vouched for."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder = tmp_path_factory.mktemp("tls")
    key, pem = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", pem),
        ],
        check=True,
        capture_output=True,
    )
    yield key, pem


async def test_a_certificate_has_to_be_trusted(
    case: CheckContext, certificate: tuple[Path, Path]
) -> None:
    key, pem = certificate
    credentials = grpc.ssl_server_credentials([(key.read_bytes(), pem.read_bytes())])
    server = grpc.aio.server()
    port = server.add_secure_port("localhost:0", credentials)
    await server.start()
    target = f"localhost:{port}"
    stranger = await service_check.service(with_settings(case, endpoint=target))
    trusted = await service_check.service(with_settings(case, endpoint=target, ca_cert=str(pem)))
    await server.stop(0)
    assert "certificate is not trusted" in stranger.detail
    assert "--ca-cert" in stranger.hint
    assert (trusted.state, trusted.detail[-3:]) == (CheckState.OK, "TLS")


@asynccontextmanager
async def talkative() -> AsyncIterator[str]:
    """A server that puts what it was sent into its refusal."""

    class Refusing(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, call: Any) -> Any:
            given = dict(call.invocation_metadata)["authorization"]

            async def refuse(_requests: Any, context: Any) -> None:
                await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"not for {given}")

            return grpc.stream_stream_rpc_method_handler(refuse)

    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Refusing(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)
