"""The way through a proxy: which one, in whose spelling, and that its password is nobody's."""

from __future__ import annotations

import asyncio
import os
import re
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from skdictate.app.factory import Factory
from skdictate.doctor import service_check
from skdictate.doctor.check_result import CheckContext, CheckState
from skdictate.errors import ProblemError
from skdictate.settings.config import Config, Settings
from skdictate.speechkit.auth.token_http import fetch
from skdictate.speechkit.channel import CLOUD, Endpoint
from skdictate.speechkit.proxies import Proxy, proxy_for, unusable
from skdictate.system.paths import Paths
from tests.speechkit.test_reaching import problem
from tests.support.command import run

PASSWORD = "canary-5512"
FAR = "recogniser.example:443"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@dataclass
class Passed:
    """A proxy that leads everybody to one place, or nobody anywhere."""

    port: int = 0
    leads_to: int = 0
    heads: list[str] = field(default_factory=list)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        if not self.leads_to:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.leads_to)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(carry(reader, back), carry(there, writer))


async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def passed(leads_to: int = 0) -> AsyncIterator[Passed]:
    proxy = Passed(leads_to=leads_to)
    async with await asyncio.start_server(proxy.take, "127.0.0.1", 0) as server:
        proxy.port = server.sockets[0].getsockname()[1]
        yield proxy


def shown_to(proxy: Passed) -> str:
    """The name and the password that it was given first."""
    found = re.search(r"(?im)^proxy-authorization: basic (\S+)", proxy.heads[0])
    return b64decode(found[1]).decode() if found else ""


@pytest.mark.parametrize(
    "variable",
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "GRPC_PROXY", "HTTP_PROXY"],
)
async def test_the_stream_goes_where_the_variable_says_in_either_spelling(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    async with passed() as proxy:
        monkeypatch.setenv(variable, f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}")
        it = await problem(Endpoint(FAR))
    assert proxy.heads[0].startswith(f"CONNECT {FAR} ")
    assert shown_to(proxy) == f"me:{PASSWORD}"
    assert it.title == "The proxy refused the connection"
    assert "407" in it.detail
    assert PASSWORD not in str(it)


@pytest.mark.parametrize("exception", ["NO_PROXY", "no_proxy"])
async def test_an_exception_in_either_spelling_holds(
    monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    async with passed() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv(exception, "no-such-host.invalid")
        it = await problem(Endpoint("no-such-host.invalid:443"))
    assert not proxy.heads
    assert it.title == "The server's name was not found"


async def test_signing_in_goes_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    async with passed() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}")
        with pytest.raises(ProblemError) as caught:
            await fetch("https://iam.example/v1", who="IAM", headers={})
    assert proxy.heads[0].startswith("CONNECT iam.example:443 ")
    assert shown_to(proxy) == f"me:{PASSWORD}"
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "shown", "is_usable"),
    [
        ("http://p.example:3128", "http://p.example:3128", True),
        ("p.example:3128", "http://p.example:3128", True),
        (f"http://me:{PASSWORD}@p.example:3128", "http://p.example:3128", True),
        (f"http://me:{PASSWORD}%40x@[::1]:3128/", "http://[::1]:3128", True),
        ("http://p.example", "http://p.example:80", True),
        (f"socks5://me:{PASSWORD}@p.example", "socks5://p.example:1080", False),
        ("https://p.example:1", "https://p.example:1", False),
        (f"http://me:{PASSWORD}@:x", "no address", False),
        ("http://", "no address", False),
        ("http://p\x1b[31m.example:1", "no address", False),
    ],
)
def test_what_a_variable_names_is_shown_without_its_password(
    value: str, shown: str, *, is_usable: bool
) -> None:
    proxy = proxy_for(FAR, {"HTTPS_PROXY": value})
    assert proxy is not None
    assert (str(proxy), proxy.is_usable) == (shown, is_usable)
    for words in (str(proxy), repr(proxy), repr(proxy.url), str(unusable(proxy))):
        assert PASSWORD not in words
        assert words.isprintable()


@pytest.mark.parametrize(
    ("pattern", "is_excepted"),
    [
        ("*", True),
        ("recogniser.example", True),
        ("other.example, recogniser.example", True),
        ("example", True),
        (".example", True),
        ("*.example", True),
        ("RECOGNISER.EXAMPLE", True),
        ("recogniser.example:443", True),
        ("recogniser.example:80", False),
        ("ogniser.example", False),
        ("example.com", False),
        ("10.0.0.0/8", False),
        (",", False),
    ],
)
def test_names_that_need_no_proxy(pattern: str, *, is_excepted: bool) -> None:
    found = proxy_for(FAR, {"https_proxy": "http://p:1", "NO_PROXY": pattern})
    assert (found is None) is is_excepted


@pytest.mark.parametrize("target", ["10.1.2.3:443", "[fd00::1]:443"])
def test_networks_that_need_no_proxy(target: str) -> None:
    environ = {"https_proxy": "http://p:1", "no_proxy": "10.0.0.0/8,fd00::/8"}
    assert proxy_for(target, environ) is None
    assert proxy_for("192.0.2.1:443", environ) == Proxy("https_proxy", "http", "p:1")


def test_small_letters_come_first_and_this_machine_needs_none() -> None:
    environ = {"https_proxy": "http://small:1", "HTTPS_PROXY": "http://large:1"}
    assert str(proxy_for(CLOUD, environ)) == "http://small:1"
    assert proxy_for("localhost:443", environ) is None
    assert proxy_for(CLOUD, {}) is None


async def test_one_that_cannot_be_used_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"socks5://me:{PASSWORD}@127.0.0.1:9")
    where = ("--source", "demo", "--endpoint", "192.0.2.1:1", "--budget-s", "1")
    done = await run("listen", *where, environ={"SKDICTATE_HOME": str(tmp_path)})
    assert "HTTPS_PROXY names socks5://127.0.0.1:9" in done.err
    assert "only be sent through HTTP proxies" in done.err
    assert PASSWORD not in done.err


async def test_the_doctor_says_which_one(monkeypatch: pytest.MonkeyPatch, paths: Paths) -> None:
    monkeypatch.setattr(service_check, "READY_S", 1.0)
    monkeypatch.setattr(service_check, "STEP_S", 0.1)
    async with passed() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@127.0.0.1:{proxy.port}")
        settings = Settings(endpoint=FAR)
        found = await service_check.service(
            CheckContext(paths, os.environ, config=Config(settings, {}))
        )
    assert found.state is CheckState.FAILED
    assert f"through the proxy http://127.0.0.1:{proxy.port} of HTTPS_PROXY" in found.detail
    assert PASSWORD not in f"{found}"


async def test_the_doctor_says_which_one_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, paths: Paths
) -> None:
    monkeypatch.setattr(service_check, "READY_S", 0.2)
    monkeypatch.setattr(service_check, "STEP_S", 0.2)
    monkeypatch.setenv("ALL_PROXY", f"socks5://me:{PASSWORD}@127.0.0.1:9")
    settings = Settings(endpoint="192.0.2.1:443")
    found = await service_check.service(
        CheckContext(paths, os.environ, config=Config(settings, {}))
    )
    assert "ALL_PROXY names socks5://127.0.0.1:9" in found.hint
    assert PASSWORD not in f"{found}"


def test_the_first_line_says_which_one(monkeypatch: pytest.MonkeyPatch, paths: Paths) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{PASSWORD}@p.example:3128")
    factory = Factory(Settings(endpoint=FAR), paths, {})
    assert factory.recogniser.way == f"{FAR} through the proxy http://p.example:3128"
