"""Who may come: the socket and the file that tells of it are for this user alone."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from skdictate.errors import ProblemError
from skdictate.mic_protocol.frames import PREAMBLE
from skdictate.remote_mic.discovery import announcement as sessions
from skdictate.remote_mic.discovery import app_finder
from skdictate.system.paths import Paths
from tests.support.mic_line import App, Peer, connected, hello, until
from tests.support.sshd import listening


def announced(paths: Paths, session: sessions.Announcement) -> Path:
    """The file that tells of a session."""
    return sessions.folder(paths) / f"{session.id}.json"


async def test_socket_and_file_are_for_this_user_alone_and_no_port_is_open(
    paths: Paths,
) -> None:
    before = listening()
    async with App(paths) as app:
        session = app.inbox.session
        file = announced(paths, session)
        assert listening() == before
        for path, mode in (
            (session.socket, 0o600),
            (file, 0o600),
            (session.socket.parent, 0o700),
        ):
            assert stat.S_IMODE(path.stat().st_mode) == mode, path
        assert len(session.token) == 32
        assert session.token not in repr(session)
        environ = Path(f"/proc/{os.getpid()}/environ").read_bytes()
        command = Path(f"/proc/{os.getpid()}/cmdline").read_bytes()
        assert session.token.encode() not in environ + command
    assert not session.socket.exists()
    assert list(sessions.folder(paths).iterdir()) == [], "nothing is left"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
async def test_another_user_gets_no_byte_even_if_the_folder_were_open(
    app: App, tmp_path: Path
) -> None:
    session = app.inbox.session
    for folder in (session.socket.parent, *session.socket.parent.parents):
        if folder != Path("/tmp"):
            folder.chmod(0o755)
    session.socket.chmod(0o666)
    script = (
        "import os, socket\n"
        "s = socket.socket(socket.AF_UNIX); s.settimeout(10)\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"s.connect({str(session.socket)!r}); n = 0\n"
        "try:\n"
        f"  s.sendall({PREAMBLE + hello(session.token).encode()!r}); n = len(s.recv(99))\n"
        "except (BrokenPipeError, ConnectionResetError): pass\n"
        "print(n)\n"
    )
    app.begin()
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == "0\n", done.stderr
    assert not app.receiver.is_attached


async def test_a_session_is_found_by_number_or_process_and_the_newest_without(
    paths: Paths,
) -> None:
    with pytest.raises(ProblemError, match="Nobody waits"):
        app_finder.find(paths)
    async with App(paths) as older, App(paths) as newer:
        assert app_finder.find(paths).id == newer.inbox.session.id
        assert app_finder.find(paths, older.inbox.session.id[:8]).id == older.inbox.session.id
        assert app_finder.find(paths, str(os.getpid())).id == newer.inbox.session.id
        with pytest.raises(ProblemError, match="No session 'other' of this user"):
            app_finder.find(paths, "other")


async def test_what_a_killed_app_left_behind_is_passed_over_and_removed(paths: Paths) -> None:
    async with App(paths) as app:
        session = app.inbox.session
        file = announced(paths, session)
        told = file.read_bytes()
    file.write_bytes(told)
    file.chmod(0o600)
    assert app_finder.sessions(paths) == []
    assert not file.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604])
async def test_a_file_that_others_can_read_tells_of_no_session(
    app: App, paths: Paths, mode: int
) -> None:
    file = announced(paths, app.inbox.session)
    assert sessions.read(file) == app.inbox.session
    file.chmod(mode)
    assert sessions.read(file) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"socket": 1}', "x" * 9000])
def test_a_file_that_tells_nothing_is_no_session(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    file.chmod(0o600)
    assert sessions.read(file) is None
    link = tmp_path / "b.json"
    link.symlink_to(file)
    assert sessions.read(link) is None


async def test_a_folder_with_a_long_name_is_no_obstacle(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    paths = Paths.of({"SKDICTATE_HOME": str(deep)})
    async with App(paths) as app:
        session = app_finder.find(paths)
        assert len(os.fsencode(session.socket)) < 104
        async with connected(app) as peer:
            peer.greet(session.token)
            await until(lambda: app.receiver.is_attached)
    assert not session.socket.parent.exists()


async def test_the_app_says_that_it_closes(paths: Paths) -> None:
    async with App(paths) as app:
        reader, writer = await app_finder.reach(app.inbox.session)
        peer = Peer(reader, writer)
        peer.greet(app.inbox.session.token)
        await until(lambda: app.receiver.is_attached)
    await peer.listen()
    assert peer.refusal["code"] == "session"
    writer.close()
