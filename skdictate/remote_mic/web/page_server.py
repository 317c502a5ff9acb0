"""The page's web server, on the loopback interface only: serves files and relays sound."""

from __future__ import annotations

import asyncio
import json
import logging
import socket as sockets
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.remote_mic.discovery import app_finder
from skdictate.remote_mic.discovery.announcement import Announcement
from skdictate.remote_mic.web.active_page import ActivePage
from skdictate.remote_mic.web.assets import Assets, said
from skdictate.remote_mic.web.handshake import Handshake, read
from skdictate.remote_mic.web.link_keys import LinkKeys
from skdictate.remote_mic.web.page_relay import GONE, MESSAGE_LONGEST, relay
from skdictate.remote_mic.web.request_origin import host_of, is_own
from skdictate.text.clean_text import clean

HOST = "127.0.0.1"
LINE = "/line"
"""The path of the WebSocket."""
LOOK_S = 0.5
"""Seconds between looks for an app; each result is sent to the page, which also shows that we
live."""
MOST_CONNECTIONS = 32
PING_S, PONG_S = 2.0, 6.0
"""Seconds between pings, and seconds without an answer after which a browser counts as gone."""
Find = Callable[[str], Announcement]


class PageServer:
    """Serves on one port of the loopback interface.

    Args:
        find: the app that waits for a microphone, or the one with this id if it was served before;
            raises ``ProblemError`` if there is none.
        renewed: called when a link was opened, so that there is a new one.
    """

    def __init__(self, find: Find, renewed: Callable[[], None]) -> None:
        self._find = find
        self._keys = LinkKeys()
        self._gate = Handshake(self._keys, renewed)
        self._seat = ActivePage()
        self._shelf = Assets()
        self._port = 0
        self._n_open = 0
        self._served = ""
        """The id of the app that was reached last."""

    @property
    def link(self) -> str:
        """The link, which opens one page, once."""
        return f"http://{HOST}:{self._port}/#{self._keys.token}"

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._port

    async def run(self, port: int, ready: Callable[[], None], stopped: asyncio.Event) -> None:
        """Serve until stopped; port 0 chooses a free one.

        Raises:
            ProblemError: the port is not available.
        """
        try:
            serving = await serve(
                self._talk,
                HOST,
                port,
                family=sockets.AF_INET,
                process_request=self._answer,
                compression=None,
                max_size=MESSAGE_LONGEST,
                ping_interval=PING_S,
                ping_timeout=PONG_S,
                open_timeout=PONG_S,
                close_timeout=LOOK_S,
                server_header=None,
                logger=_quiet(),
            )
        except (OSError, OverflowError) as error:
            raise ProblemError(_taken(port, error)) from error
        async with serving:
            self._port = next(iter(serving.sockets)).getsockname()[1]
            ready()
            await stopped.wait()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        """A file or a refusal; None to open the WebSocket."""
        host = host_of(request.headers)
        path = request.path.partition("?")[0]
        if not host:
            words = "Open this page as http://127.0.0.1 or http://localhost, with its port."
            return said(HTTPStatus.MISDIRECTED_REQUEST, words)
        if path != LINE:
            return self._shelf.answer(path, host)
        if not is_own(request.headers, host):
            return said(HTTPStatus.FORBIDDEN, "Only the page itself may connect here.")
        if self._n_open >= MOST_CONNECTIONS:
            return said(HTTPStatus.SERVICE_UNAVAILABLE, "Too many pages are open.")
        return None

    async def _talk(self, socket: ServerConnection) -> None:
        """Serve one connection of a page."""
        self._n_open += 1
        try:
            with suppress(ConnectionClosed, TimeoutError):
                if await self._gate.admit(socket):
                    await self._speak(socket)
        finally:
            self._n_open -= 1

    async def _speak(self, socket: ServerConnection) -> None:
        try:
            session = await self._wait(socket)
            self._served = session.id
            reader, writer = await app_finder.reach(session)
            await relay(socket, session, reader, writer)
        except (OSError, ProblemError):
            await socket.close(GONE, "the app went away")
        finally:
            self._seat.leave(socket)

    async def _wait(self, socket: ServerConnection) -> Announcement:
        """Wait until the page wants to be the microphone, may, and there is an app for it.

        The page is the microphone then. A stream that has begun continues with the app it began
        with.
        """
        wish = served = ""
        while True:
            session, words = await asyncio.to_thread(self._look, served)
            if session is not None and wish in ("begin", "take"):
                if self._seat.claim(socket):
                    return session
                if wish == "take":
                    await self._seat.take(socket)
                    return session
                words = {"event": "busy"}
            await socket.send(json.dumps(words))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    said = read(await socket.recv())
                    wish = str(said.get("do", wish))
                    served = self._served if said.get("begun") is True else ""

    def _look(self, served: str) -> tuple[Announcement | None, dict[str, Any]]:
        """The app, and the message for the page about it."""
        words: dict[str, Any] = {"event": "app", "there": True}
        words["name"] = f"skdictate on {clean(sockets.gethostname())}"
        try:
            return self._find(served), words
        except ProblemError as error:
            problem = error.problem
            about = {"title": problem.title, "hint": problem.hint or problem.detail}
            return None, words | about | {"there": False}


def _quiet() -> logging.Logger:
    """A silent logger.

    Problems of a connection concern the page, and the terminal is the user's.
    """
    logger = logging.getLogger("skdictate.remote_mic.web")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


def _taken(port: int, error: OSError | OverflowError) -> Problem:
    why = getattr(error, "strerror", None) or str(error)
    return Problem(
        Kind.NETWORK,
        "The port is not available",
        f"{HOST}:{port}: {clean(why)}",
        "Give another one with --port; 0 chooses a free port.",
        is_permanent=True,
    )
