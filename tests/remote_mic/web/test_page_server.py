"""The page's server as strangers find it, and as a page does: who is let in, and what is taken."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.client
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from skdictate.errors import ProblemError
from skdictate.mic_protocol.frames import PREAMBLE, Frame, Type
from skdictate.remote_mic.discovery import app_finder
from skdictate.remote_mic.web import assets
from skdictate.remote_mic.web.assets import TYPES
from skdictate.remote_mic.web.page_server import PageServer
from skdictate.system.paths import Paths
from tests.support.listener import Listener

STREAM = "0123456789abcdef"
BLOCK = bytes(range(256)) * 2 + bytes(128)
Hosting = Callable[[Paths], AbstractAsyncContextManager[PageServer]]


@asynccontextmanager
async def hosting(paths: Paths, port: int = 0) -> AsyncIterator[PageServer]:
    ready, stopped = asyncio.Event(), asyncio.Event()
    server = PageServer(partial(app_finder.find, paths, ""), lambda: None)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.run(port, ready.set, stopped))
        try:
            await ready.wait()
            yield server
        finally:
            stopped.set()


@pytest.fixture
async def web(paths: Paths) -> AsyncIterator[PageServer]:
    async with hosting(paths) as server:
        yield server


def seal(key: str, *words: str) -> str:
    return hmac.new(key.encode(), " ".join(words).encode(), hashlib.sha256).hexdigest()


class Page:
    """What the page's scripts say, in so many words."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.who = self.key = ""

    async def prove(self, token: str = "", who: str = "", key: str = "", nonce: str = "ab") -> None:
        self.key = key or token
        await self.say(v=1, who=who, nonce=nonce)
        answer = await self.told()
        assert answer["proof"] == seal(self.key, "server", nonce, answer["nonce"])
        await self.say(proof=seal(self.key, "page", answer["nonce"], nonce))
        self.who = (await self.told())["who"]
        self.key = key or seal(token, "session", nonce, answer["nonce"])

    async def say(self, **words: Any) -> None:
        await self.socket.send(json.dumps(words))

    async def told(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            said = json.loads(await self.socket.recv())
        assert isinstance(said, dict)
        return said

    async def until(self, event: str) -> None:
        while (await self.told())["event"] != event:
            pass

    async def begin(self, wish: str = "begin", **facts: Any) -> None:
        """Be the microphone; the app has said what it has."""
        await self.say(do=wish)
        await self.until("open")
        await self.socket.send(PREAMBLE + hello(**facts))
        go = facts.get("stream", STREAM).encode()
        assert Frame(Type.ACK, payload=go).encode() == await self.socket.recv()

    async def code(self) -> int:
        """With which it is closed."""
        async with asyncio.timeout(10):
            with pytest.raises(ConnectionClosed):
                while True:
                    await self.socket.recv()
        return self.socket.close_code or 0


def hello(**facts: Any) -> bytes:
    said = {"v": 1, "stream": STREAM, "rate_hz": 16_000, "codec": "pcm", "label": "USB"} | facts
    return Frame(Type.HELLO, payload=json.dumps(said).encode()).encode()


@asynccontextmanager
async def opened(web: PageServer, **headers: str) -> AsyncIterator[Page]:
    host = headers.pop("Host", f"127.0.0.1:{web.port}")
    origin = headers.pop("Origin", f"http://{host}")
    one = socket.create_connection(("127.0.0.1", web.port))
    there = f"ws://{host}/line"
    async with connect(
        there, sock=one, origin=Origin(origin), compression=None, proxy=None
    ) as link:
        yield Page(link)


@asynccontextmanager
async def admitted(web: PageServer) -> AsyncIterator[Page]:
    async with opened(web) as page:
        await page.prove(token(web))
        yield page


def token(web: PageServer) -> str:
    return web.link.partition("#")[2]


async def get(web: PageServer, path: str, host: str = "") -> tuple[http.client.HTTPResponse, bytes]:
    def ask() -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)
        connection.request("GET", path, headers={"Host": host or f"localhost:{web.port}"})
        response = connection.getresponse()
        return response, response.read()

    return await asyncio.to_thread(ask)


# ------------------------------------------------------------------------ the page's files


async def test_every_file_of_the_page_is_served_and_no_other(web: PageServer) -> None:
    assert "#" in web.link
    for name, media_type in TYPES.items():
        response, body = await get(web, f"/{name}")
        assert (response.status, response.headers["Content-Type"]) == (200, media_type)
        assert token(web).encode() not in body
    for path in ("/..%2fweb%2fkeys.py", "/../web/keys.py", "/__init__.py", "//etc/passwd", "/x"):
        assert (await get(web, path))[0].status == 404


async def test_every_file_of_the_page_has_its_place_on_the_shelf() -> None:
    folder = Path(assets.__file__).with_name("page")
    assert {path.name for path in folder.iterdir()} == set(TYPES)


async def test_a_browser_is_told_to_load_nothing_from_elsewhere_and_to_keep_nothing(
    web: PageServer,
) -> None:
    response, _ = await get(web, "/")
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert f"connect-src 'self' ws://localhost:{web.port};" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Set-Cookie"] is None
    assert response.headers["Server"] is None


async def test_it_listens_on_loopback_only(web: PageServer) -> None:
    listening = [
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{web.port:04X}")
    ]
    assert listening == [f"0100007F:{web.port:04X}"]


# ------------------------------------------------------------------- who is let in, and who not


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example:{port}",
        "unix:{port}",
        "0.0.0.0:{port}",
        "user@localhost:{port}",
        "localhost:{port}/x",
        "localhost:99999",
        "localhost:; script-src *",
        "",
    ],
)
async def test_a_name_that_is_not_loopback_gets_neither_page_nor_line(
    web: PageServer, host: str
) -> None:
    def ask(path: str) -> bytes:
        named = host.format(port=web.port)
        more = (
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: http://{named}\r\n"
        )
        with socket.create_connection(("127.0.0.1", web.port), timeout=10) as one:
            one.sendall(f"GET {path} HTTP/1.1\r\nHost: {named}\r\n{more}\r\n".encode())
            return one.recv(4096)

    for path in ("/", "/line"):
        assert (await asyncio.to_thread(ask, path)).startswith(b"HTTP/1.1 421 ")


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
async def test_another_port_of_the_other_end_of_a_tunnel_is_as_good(
    web: PageServer, name: str
) -> None:
    async with opened(web, Host=f"{name}:9999") as page:
        await page.prove(token(web))
        await page.until("app")


@pytest.mark.parametrize("origin", ["http://localhost:3000", "https://evil.example", "null", ""])
async def test_a_page_from_elsewhere_gets_no_line(web: PageServer, origin: str) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        async with opened(web, Origin=origin):
            pass


async def test_a_link_opens_one_page_once(web: PageServer) -> None:
    link = web.link
    async with opened(web) as page:
        await page.prove(token(web))
        assert web.link != link
        async with opened(web) as late:
            with pytest.raises(AssertionError):  # the server cannot prove that it knows an old link
                await late.prove(link.partition("#")[2])
        async with opened(web) as again:
            await again.prove(who=page.who, key=page.key)
            assert again.who == page.who


async def test_of_two_with_one_link_the_second_is_refused(web: PageServer) -> None:
    key = token(web)
    async with opened(web) as late:
        await late.say(v=1, who="", nonce="cd")
        answer = await late.told()
        async with opened(web) as page:
            await page.prove(key)
        await late.say(proof=seal(key, "page", answer["nonce"], "cd"))
        assert await late.code() == 4401


@pytest.mark.parametrize(
    "words",
    [
        ['{"v": 1, "who": "", "nonce": "ab"}', '{"proof": "00"}'],
        ['{"v": 1, "who": "", "nonce": "ab"}', '{"proof": ["é"]}'],
        ['{"v": 1, "who": "", "nonce": "ab"}', '{"do": "begin"}'],
        ['{"v": 1, "who": "not me", "nonce": "ab"}'],
        ['{"v": 1, "who": ""}'],
        ['{"v": 1, "who": "", "nonce": "a b"}'],
        ['{"v": 1, "who": "", "nonce": "' + "a" * 100 + '"}'],
        ["[" * 2000],
        ["[]"],
        [PREAMBLE + hello()],
    ],
    ids=["wrong", "odd", "none", "unknown", "bare", "spaced", "long", "deep", "list", "sound"],
)
async def test_who_proves_nothing_is_refused(
    web: PageServer, paths: Paths, words: list[str | bytes]
) -> None:
    async with Listener(paths) as app, opened(web) as page:
        for word in words:
            await page.socket.send(word)
        assert await page.code() == 4401
    assert app.n_connections == 0


async def test_who_says_nothing_is_not_waited_for(
    web: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.remote_mic.web.handshake.PROVE_S", 0.1)
    async with opened(web) as page:
        assert await page.code() == 1000


async def test_there_are_no_more_connections_than_a_few(
    web: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("skdictate.remote_mic.web.page_server.MOST_CONNECTIONS", 1)
    async with admitted(web):
        with pytest.raises(InvalidStatus, match="503"):
            async with opened(web):
                pass


# -------------------------------------------------------------------------- the microphone


async def test_a_page_is_told_whether_an_app_waits(web: PageServer, paths: Paths) -> None:
    async with admitted(web) as page:
        told = await page.told()
        assert told["there"] is False
        assert "skdictate" in told["hint"]
        async with Listener(paths):
            while not (told := await page.told())["there"]:
                pass
            assert socket.gethostname() in told["name"]


async def test_sound_reaches_the_app_with_its_numbers_and_answers_come_back(
    web: PageServer, paths: Paths
) -> None:
    async with Listener(paths) as app, admitted(web) as page:
        await page.begin(host="Firefox", token="guessed", unknown="x", name="n" * 1000)
        await page.socket.send(Frame(Type.AUDIO, 0, 77, BLOCK).encode())
        assert await page.socket.recv() == Frame(Type.ACK, 320).encode()
        await page.socket.send(Frame(Type.PING).encode())
        assert await page.socket.recv() == Frame(Type.PONG).encode()
        app.say(Frame(Type.BYE))
        assert await page.socket.recv() == Frame(Type.BYE).encode()
        app.hang_up()
        assert await page.code() == 4000
    assert app.frames[0] == Frame(Type.AUDIO, 0, 77, BLOCK)
    assert app.hellos[0].keys() <= {
        "v",
        "stream",
        "rate_hz",
        "codec",
        "label",
        "host",
        "name",
        "token",
    }
    assert len(app.hellos[0]["name"]) == 256


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (bytes(100_000), 1009),
        (Frame(Type.AUDIO, 0, 0, BLOCK).encode()[:-1], 1002),
        (Frame(Type.AUDIO, 0, 0, BLOCK).encode() + b"x", 1002),
        (Frame(Type.AUDIO, 0, 0, BLOCK).encode() * 2, 1002),
        (Frame(Type.ACK, 320).encode(), 1002),
        (b"\xff" * 40, 1002),
        (b"", 1002),
        (PREAMBLE + hello(), 1002),
        (Frame(Type.HELLO, payload=b"[" * 3000).encode(), 1002),
        (Frame(Type.HELLO, payload=b"7").encode(), 1002),
    ],
    ids=["huge", "cut", "more", "two", "foreign", "noise", "empty", "again", "deep", "number"],
)
async def test_what_is_no_frame_of_a_page_ends_the_connection(
    web: PageServer, paths: Paths, message: bytes, code: int
) -> None:
    async with Listener(paths) as app, admitted(web) as page:
        await page.begin()
        await page.socket.send(message)
        assert await page.code() == code
    assert app.frames == []


async def test_a_stream_begins_with_a_hello(web: PageServer, paths: Paths) -> None:
    async with Listener(paths) as app:
        for message in (
            hello(),
            PREAMBLE + Frame(Type.BYE).encode(),
            PREAMBLE,
            PREAMBLE + hello() * 2,
        ):
            async with admitted(web) as page:
                await page.say(do="begin")
                await page.until("open")
                await page.socket.send(message)
                assert await page.code() == 1002
    assert app.n_connections == 0


async def test_one_page_at_a_time_and_another_has_to_ask(web: PageServer, paths: Paths) -> None:
    async with Listener(paths) as app, admitted(web) as first, admitted(web) as second:
        await first.begin()
        await second.say(do="begin")
        await second.until("busy")
        await first.socket.send(Frame(Type.AUDIO, 0, 1, BLOCK).encode())
        assert await first.socket.recv() == Frame(Type.ACK, 320).encode()
        await second.begin("take", stream="fedcba9876543210")
        assert await first.code() == 4409
        await second.socket.send(Frame(Type.AUDIO, 0, 2, BLOCK).encode())
        assert await second.socket.recv() == Frame(Type.ACK, 320).encode()
    assert app.streams == {STREAM: BLOCK, "fedcba9876543210": BLOCK}


async def test_what_a_page_has_begun_goes_on_with_the_app_that_has_wanted_it(
    web: PageServer, paths: Paths
) -> None:
    async with Listener(paths) as older:
        async with admitted(web) as page:
            await page.begin()
        async with Listener(paths) as newer:
            async with admitted(web) as page:
                await page.say(do="begin", begun=True)
                await page.until("open")
                await page.socket.send(PREAMBLE + hello(begun=True))
                await page.socket.recv()
            assert [it["begun"] for it in older.hellos[1:]] == [True]
            assert newer.hellos == []
            async with admitted(web) as page:
                await page.begin(stream="fedcba9876543210")
            assert len(newer.hellos) == 1


async def test_a_page_that_went_away_leaves_its_place(web: PageServer, paths: Paths) -> None:
    async with Listener(paths), admitted(web) as second:
        async with admitted(web) as first:
            await first.begin()
            await second.say(do="begin")
            await second.until("busy")
            first.socket.transport.abort()
        await second.until("open")


async def test_a_page_that_has_thought_better_of_it_is_not_put_through(
    web: PageServer, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "skdictate.remote_mic.web.page_server.LOOK_S", 60.0
    )  # it looks when it is spoken to
    async with admitted(web) as page:
        for wish in ("begin", "rest"):
            assert (await page.told())["there"] is False
            await page.say(do=wish)
        assert (await page.told())["there"] is False
        async with Listener(paths):
            await page.say(do="rest")
            assert (await page.told())["there"] is True


async def test_a_port_that_is_taken_is_said_to_be(web: PageServer, paths: Paths) -> None:
    for port in (web.port, 70_000):
        with pytest.raises(ProblemError, match="--port"):
            await PageServer(partial(app_finder.find, paths, ""), lambda: None).run(
                port, lambda: None, asyncio.Event()
            )
