"""Finds and connects to an app of the same user that waits for a microphone."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import Frame
from skdictate.remote_mic.discovery import announcement as sessions_of
from skdictate.remote_mic.discovery.announcement import Announcement
from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean

if TYPE_CHECKING:
    import asyncio

CONNECT_S = 2.0
"""Seconds after which a local socket that has not answered counts as abandoned."""
_ID = re.compile(r"[0-9a-f]{8,64}")


def sessions(paths: Paths) -> list[Announcement]:
    """This user's apps that wait for a microphone, the newest first."""
    found = {session.id: session for session in _announced(paths)}
    return sorted(found.values(), key=lambda session: session.began_s, reverse=True)


def find(paths: Paths, wanted: str = "", served: str = "") -> Announcement:
    """The newest app, or the one with the wanted process id or start of its id.

    A sender that has served an app before (``served`` is its whole id) returns to it while it
    lives.

    Raises:
        ProblemError: there is none, or the one that was served does not answer.
    """
    found = [
        session
        for session in sessions(paths)
        if not wanted or session.id.startswith(wanted) or wanted == str(session.pid)
    ]
    for session in found:
        if session.id == served:
            return session
    if is_announced(paths, served):
        raise ProblemError(_still(served))
    if not found:
        raise ProblemError(nobody(wanted))
    return found[0]


def is_announced(paths: Paths, session_id: str) -> bool:
    """Whether an app is announced; ``sessions`` removes announcements of dead ones."""
    if not _ID.fullmatch(session_id):
        return False
    return any((it / f"{session_id}.json").exists() for it in sessions_of.folders(paths))


def connect(session: Announcement) -> socket.socket:
    """Connect to an app; a hello has to follow.

    Raises:
        ProblemError: it has gone, or belongs to another user.
    """
    with _reaching(session) as connection:
        connection.settimeout(CONNECT_S)
        connection.connect(str(session.socket))
        _check(connection, session)
        connection.settimeout(None)
        return connection


async def reach(session: Announcement) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as ``connect`` does, with asyncio."""
    import asyncio  # programs that only pass bytes on start faster without it

    with _reaching(session) as connection:
        connection.setblocking(False)
        async with asyncio.timeout(CONNECT_S):
            await asyncio.get_running_loop().sock_connect(connection, str(session.socket))
        _check(connection, session)
        return await asyncio.open_unix_connection(sock=connection)


@contextmanager
def _reaching(session: Announcement) -> Iterator[socket.socket]:
    """A socket that is closed on any error; errors of the system become problems."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        yield connection
    except OSError as error:  # a timeout is an OSError too
        connection.close()
        raise ProblemError(nobody("")) from error
    except BaseException:
        connection.close()
        raise


def _check(connection: socket.socket, session: Announcement) -> None:
    if not sessions_of.is_own(connection):
        raise ProblemError(_stranger(session))


def introduce(hello: Frame, session: Announcement) -> Frame:
    """The sender's hello with the token of the app added.

    Raises:
        ValueError: it is not a JSON object.
    """
    said = json.loads(hello.payload)
    if not isinstance(said, dict):
        raise ValueError("a hello that is no object")
    said["token"] = session.token
    return replace(hello, payload=json.dumps(said).encode())


def nobody(wanted: str) -> Problem:
    """The problem to report if no app waits."""
    which = f"No session {clean(wanted)!r}" if wanted else "No app"
    return Problem(
        Kind.MICROPHONE,
        "Nobody waits for a microphone",
        f"{which} of this user waits on {clean(socket.gethostname())}",
        "Start skdictate --source remote there.",
    )


def _still(served: str) -> Problem:
    """The problem to report if the app exists but does not answer."""
    detail = f"App {served[:8]} on {clean(socket.gethostname())} has what is kept for it"
    hint = "It is tried again; what is said meanwhile is kept."
    return Problem(Kind.MICROPHONE, "The app does not answer", detail, hint)


def _announced(paths: Paths) -> Iterator[Announcement]:
    for folder in sessions_of.folders(paths):
        for file in folder.glob("*.json"):
            session = sessions_of.read(file)
            if session is None:
                continue
            try:
                connect(session).close()
            except ProblemError as error:
                if isinstance(error.__cause__, (ConnectionRefusedError, FileNotFoundError)):
                    sessions_of.withdraw(file, session)  # left behind by an app that was killed
                continue
            yield session


def _stranger(session: Announcement) -> Problem:
    return Problem(
        Kind.MICROPHONE,
        "Somebody else listens there",
        f"{session.socket} belongs to another user",
        "Nothing was sent. Start skdictate again.",
        is_permanent=True,
    )
