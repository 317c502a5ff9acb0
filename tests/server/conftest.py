"""Servers for other programs, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from skdictate.errors import Exit
from skdictate.server.lazy_load import Loader
from skdictate.server.offered_endpoint import Identity, OfferedEndpoint
from skdictate.server.service_host import Host
from skdictate.server.session_rules import SessionRules
from skdictate.system.paths import Paths
from tests.server.emulator import emulator, speech  # noqa: F401 - fixtures
from tests.support.number_recogniser import EchoRecogniser
from tests.support.served import Certificate, certificate


@dataclass
class Hosted:
    """A server, and how it goes on."""

    address: str
    host: Host
    task: asyncio.Task[Exit]

    def channel(self, trusted: Certificate | None = None) -> grpc.aio.Channel:
        """A client's connection."""
        if trusted is None:
            return grpc.aio.insecure_channel(self.address)
        credentials = grpc.ssl_channel_credentials(trusted.path.read_bytes())
        return grpc.aio.secure_channel(self.address, credentials)


Hosting = Callable[..., AbstractAsyncContextManager[Hosted]]


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def hosting(paths: Paths) -> Hosting:
    """``async with hosting(token="x") as hosted``: a server that echoes numbers, ready."""

    @asynccontextmanager
    async def run(
        load: Loader = EchoRecogniser,
        *,
        rules: SessionRules | None = None,
        identity: Identity | None = None,
        **offer: Any,
    ) -> AsyncIterator[Hosted]:
        offer.setdefault("address", f"unix:{paths.socket_folder() / 's'}")
        host = Host(
            OfferedEndpoint(rules=rules or SessionRules(), identity=identity, **offer), load
        )
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(host.run(ready.set_result))
        ends: list[asyncio.Future[Any]] = [task, ready]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        try:
            yield Hosted(await ready, host, task)
        finally:
            if not task.done():
                if not host.is_stopped:
                    host.stop(Exit.DONE)
                await task

    return run


def identity(made: Certificate) -> Identity:
    """As the server wants it."""
    return Identity(Path(made.path).read_bytes(), Path(made.key).read_bytes())
