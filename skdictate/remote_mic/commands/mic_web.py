"""``skdictate mic web``: serves the page that turns a browser into the microphone."""

from __future__ import annotations

import asyncio
import getpass
import json
import os
import socket
import sys
from functools import partial

from skdictate.errors import Exit
from skdictate.remote_mic.discovery import app_finder
from skdictate.remote_mic.web.page_server import Find, PageServer
from skdictate.system.paths import Paths
from skdictate.system.signals import signals


def serve(paths: Paths, port: int, wanted: str, form: str) -> Exit:
    """Serve the page until a signal; returns the exit code of that signal.

    Args:
        paths: where this user's apps are found.
        port: on the loopback interface; 0 for any free one.
        wanted: the app that the sound is for; the newest one if empty.
        form: ``text``, or ``json`` for other programs.

    Raises:
        ProblemError: the port is not available.
    """
    return asyncio.run(_serve(partial(app_finder.find, paths, wanted), port, form))


async def _serve(find: Find, port: int, form: str) -> Exit:
    stopped = asyncio.Event()
    codes: list[Exit] = []
    say = _say_json if form == "json" else _say

    def stop(code: Exit) -> None:
        codes.append(code)
        stopped.set()

    server = PageServer(find, lambda: say(server, is_first=False))
    with signals(stop):
        await server.run(port, lambda: say(server, is_first=True), stopped)
    return codes[0]


def _say(server: PageServer, *, is_first: bool) -> None:
    """Print the link for people; it is a secret and works once."""
    if not is_first:
        sys.stderr.write(f"skdictate: a page has opened it. The next link:\n\n  {server.link}\n\n")
        return
    where = f"{server.port}:127.0.0.1:{server.port}"
    sys.stderr.write(
        "skdictate: open this link in a browser; it opens one page, once:\n\n"
        f"  {server.link}\n\n"
        f"From another machine, first run there: ssh -L {where} {_login()}\n"
        "Ctrl-C ends it.\n"
    )


def _say_json(server: PageServer, *, is_first: bool) -> None:
    """Print one JSON object for each link."""
    said = {"v": 1, "event": "link", "port": server.port, "url": server.link, "first": is_first}
    print(json.dumps(said), flush=True)  # noqa: T201


def _login() -> str:
    """The ssh destination of this machine, as the user probably typed it."""
    options = ""
    client_and_server = os.environ.get("SSH_CONNECTION", "").split()
    if len(client_and_server) == 4 and client_and_server[3] != "22":
        options = f"-p {client_and_server[3]} "
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # the system has no name for the user
        user = "USER"
    return f"{options}{user}@{socket.gethostname()}"
