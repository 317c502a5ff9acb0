"""The page's server, on loopback only: tells pages how the app is, and relays who speaks."""

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
"""How often it is looked whether an app waits. The page is told, and knows that we are there."""
MOST_CONNECTIONS = 32
PING_S, PONG_S = 2.0, 6.0
"""A browser that does not answer for this long is gone, and its place is free."""
Find = Callable[[str], Announcement]


class PageServer:
    """Loopback, one port.

    Args:
        find: the app that waits for a microphone, the one with this id if it was served before;
            a ProblemError if there is none, and why.
        renewed: called when a link was opened, and there is another one.
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
        """The app that was reached last, by its id."""

    @property
    def link(self) -> str:
        """What opens one page, once."""
        return f"http://{HOST}:{self._port}/#{self._keys.token}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port

    async def run(self, port: int, ready: Callable[[], None], stopped: asyncio.Event) -> None:
        """Serve until stopped; 0 is any port that is free.

        Raises:
            ProblemError: the port cannot be had.
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
        """A file, a refusal, or nothing: then the WebSocket is opened."""
        host = host_of(request.headers)
        path = request.path.partition("?")[0]
        if not host:
            words = "Open this page as http://127.0.0.1 or http://localhost, with its port."
            return said(HTTPStatus.MISDIRECTED_REQUEST, words)
        if path != LINE:
            return self._shelf.answer(path, host)
        if not is_own(request.headers, host):
            return said(HTTPStatus.FORBIDDEN, "Only the page itself may come here.")
        if self._n_open >= MOST_CONNECTIONS:
            return said(HTTPStatus.SERVICE_UNAVAILABLE, "Too many pages are open.")
        return None

    async def _talk(self, socket: ServerConnection) -> None:
        """One connection of a page."""
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
        """Until this page wants to speak, and may, and there is somebody to speak to.

        It has the seat then. What was begun goes on with the app that has wanted it.
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
        """The app, and what to tell of it."""
        words: dict[str, Any] = {"event": "app", "there": True}
        words["name"] = f"skdictate on {clean(sockets.gethostname())}"
        try:
            return self._find(served), words
        except ProblemError as error:
            problem = error.problem
            about = {"title": problem.title, "hint": problem.hint or problem.detail}
            return None, words | about | {"there": False}


def _quiet() -> logging.Logger:
    """What goes wrong on a connection is the other side's affair; the terminal is the user's."""
    logger = logging.getLogger("skdictate.mic.web")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


def _taken(port: int, error: OSError | OverflowError) -> Problem:
    why = getattr(error, "strerror", None) or str(error)
    return Problem(
        Kind.NETWORK,
        "The port cannot be had",
        f"{HOST}:{port}: {clean(why)}",
        "Name another with --port; 0 takes any that is free.",
        is_permanent=True,
    )
