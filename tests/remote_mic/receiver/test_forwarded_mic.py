"""The socket that comes with the terminal: whose it must be, and what is said over it first."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from skdictate.audio.pcm import Format
from skdictate.remote_mic.receiver.forwarded_mic import ForwardedMic
from skdictate.remote_mic.receiver.receiver import Receiver
from tests.support.mic_line import Peer, until

SOUND = Format(16_000)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s"


@pytest.fixture
def everywhere() -> Iterator[Path]:
    """A folder like /tmp."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o1777)
        yield Path(folder)


@contextmanager
def listener(path: Path, mode: int = 0o600) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as it:
        it.bind(str(path))
        path.chmod(mode)
        it.listen()
        it.setblocking(False)
        yield it


@asynccontextmanager
async def served(path: Path) -> AsyncIterator[tuple[ForwardedMic, Receiver]]:
    forward, receiver = ForwardedMic(path), Receiver(SOUND)
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        task = group.create_task(forward.serve(receiver))
        yield forward, receiver
        task.cancel()


async def test_it_comes_once_shows_its_token_and_nobody_can_come_after_it(path: Path) -> None:
    with listener(path) as it:
        async with served(path) as (forward, receiver):
            connection, _ = await asyncio.get_running_loop().sock_accept(it)
            reader, writer = await asyncio.open_unix_connection(sock=connection)
            assert json.loads(await reader.readline()) == {"v": 1, "token": forward.token}
            assert not path.exists()
            peer = Peer(reader, writer)
            peer.greet("", host="laptop")
            await until(lambda: receiver.is_attached)
            assert receiver.name.endswith("on laptop")
            writer.close()
            await until(lambda: not receiver.is_attached)


async def test_a_socket_that_others_may_use_is_not_used(path: Path) -> None:
    with listener(path, 0o666):
        async with served(path) as (_, receiver):
            await until(lambda: receiver.problem is not None)
            assert "StreamLocalBindMask" in str(receiver.problem)
            assert not path.exists()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
async def test_a_socket_of_somebody_else_is_not_used(everywhere: Path) -> None:
    path = everywhere / "s"
    code = f"""
import os, socket, sys
os.setuid(65534)
os.umask(0o177)
it = socket.socket(socket.AF_UNIX)
it.bind({str(path)!r})
it.listen()
print("ready", flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        async with served(path) as (_, receiver):
            await until(lambda: receiver.problem is not None)
            assert "no socket of yours" in str(receiver.problem)
        os.chown(path, 0, 0)  # as if it were ours; but it is not we who listen there
        async with served(path) as (_, receiver):
            await until(lambda: receiver.problem is not None)
            assert "another user listens" in str(receiver.problem)
        other.kill()


@pytest.mark.parametrize("is_file", [True, False])
async def test_what_is_no_socket_is_not_used(path: Path, is_file: bool) -> None:
    if is_file:
        path.touch()
    async with served(path) as (_, receiver):
        if is_file:
            await until(lambda: receiver.problem is not None)
        await asyncio.sleep(0)
    assert (receiver.problem is not None) is is_file
    assert path.exists() is is_file


def test_its_token_is_not_shown_by_accident(path: Path) -> None:
    forward = ForwardedMic(path)
    assert len(forward.token) == 32
    assert forward.token not in repr(forward)
    assert forward.token != ForwardedMic(path).token
