"""What stands in the way to a server, met for real: the words are those of gRPC itself."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from skdictate.audio.pcm import Format
from skdictate.core.limits import Limits
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.speechkit import codec_v3
from skdictate.speechkit.auth import Credential
from skdictate.speechkit.backend import SpeechKit
from skdictate.speechkit.channel import Endpoint

SOUND = Format(16_000)


async def problem(endpoint: Endpoint) -> Problem:
    """What a session with this server ends with."""

    async def whereabouts() -> tuple[Endpoint, Credential | None]:
        return endpoint, None

    it = SpeechKit("test", Limits(), whereabouts, codec_v3.Options())
    with pytest.raises(ProblemError) as caught:
        async with asyncio.timeout(30), it.connect(SOUND) as session:
            await session.finish()
            async for _ in session:
                pass
    await it.close()
    return caught.value.problem


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A key and its certificate for ``localhost`` that nobody has vouched for."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    folder: Path = tmp_path_factory.mktemp("tls")
    key, pem = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(pem)]
    subprocess.run(command + names, check=True, capture_output=True)
    return key.read_bytes(), pem.read_bytes()


@asynccontextmanager
async def listening(identity: tuple[bytes, bytes] | None = None) -> AsyncIterator[int]:
    """A gRPC server that knows no method; its port."""
    server = grpc.aio.server()
    if identity is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([identity]))
    await server.start()
    try:
        yield port
    finally:
        await server.stop(None)


@asynccontextmanager
async def web() -> AsyncIterator[int]:
    """A server of HTTP/1; its port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_a_name_that_is_not_known() -> None:
    it = await problem(Endpoint("no-such-host.invalid:443"))
    assert (it.kind, it.is_permanent) == (Kind.NETWORK, False)
    assert "name was not found" in it.title


async def test_a_port_where_nobody_listens() -> None:
    async with web() as port:
        pass
    it = await problem(Endpoint(f"127.0.0.1:{port}", is_plaintext=True))
    assert "cannot be reached" in it.title
    assert "refused" in it.detail


async def test_a_certificate_that_is_not_trusted(identity: tuple[bytes, bytes]) -> None:
    async with listening(identity) as port:
        it = await problem(Endpoint(f"localhost:{port}"))
        assert "not trusted" in it.title
        assert "--ca-cert" in it.hint


async def test_a_certificate_for_another_name(identity: tuple[bytes, bytes]) -> None:
    async with listening(identity) as port:
        it = await problem(Endpoint(f"127.0.0.1:{port}", root_certificate=identity[1]))
        assert "not trusted" in it.title


async def test_tls_where_none_is_spoken() -> None:
    async with listening() as port:
        it = await problem(Endpoint(f"127.0.0.1:{port}"))
        assert "does not speak TLS" in it.title
        assert "--plaintext" in it.hint


async def test_a_port_of_something_else() -> None:
    async with web() as port:
        it = await problem(Endpoint(f"127.0.0.1:{port}", is_plaintext=True))
        assert "does not speak gRPC" in it.title
        assert not it.is_permanent


async def test_a_server_of_another_service() -> None:
    async with listening() as port:
        it = await problem(Endpoint(f"127.0.0.1:{port}", is_plaintext=True))
        assert (it.kind, it.is_permanent) == (Kind.SERVICE, True)
        assert "--endpoint" in it.hint
