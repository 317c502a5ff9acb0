"""The door for one app: who comes in, and that it is shut behind."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from contextlib import suppress

import pytest

from skdictate.remote_mic.discovery.callback_socket import LONGEST, CallbackSocket

TOKEN = "0123456789abcdef"


async def knock(
    door: CallbackSocket, said: bytes
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_unix_connection(door.path)
    writer.write(said)
    return reader, writer


async def end(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def shown(token: str = TOKEN) -> bytes:
    return json.dumps({"v": 1, "token": token}).encode() + b"\n"


async def test_the_right_one_comes_in_and_the_door_is_shut() -> None:
    async with asyncio.timeout(10), CallbackSocket() as door:
        assert stat.S_IMODE(door.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(door.path.parent.stat().st_mode) == 0o700
        reader, writer = await knock(door, shown())
        door.expect(TOKEN)
        _, ours = await door.guest()
        ours.write(b"sound")
        assert await reader.readexactly(5) == b"sound"
        with pytest.raises(OSError):
            await knock(door, shown())
        await end(ours, writer)
    assert not door.path.parent.exists()


@pytest.mark.parametrize(
    "said", [shown("0123456789abcdee"), shown(""), b"no\n", b"[]\n", b"\xff\n", b"x" * LONGEST * 2]
)
async def test_nobody_else_does_and_the_right_one_still_may(said: bytes) -> None:
    async with asyncio.timeout(10), CallbackSocket() as door:
        door.expect(TOKEN)
        reader, writer = await knock(door, said)
        assert await reader.read() == b""
        _, again = await knock(door, shown())
        await end((await door.guest())[1], writer, again)


async def test_before_a_token_is_expected_none_is_right() -> None:
    async with asyncio.timeout(10), CallbackSocket() as door:
        early, writer = await knock(door, shown(""))
        right, right_writer = await knock(door, shown())
        door.expect(TOKEN)
        door.expect("another, said later")
        _, ours = await door.guest()
        assert await early.read() == b""
        assert not right.at_eof()
        await end(ours, writer, right_writer)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
async def test_another_user_cannot_even_connect() -> None:
    async with asyncio.timeout(20), CallbackSocket() as door:
        door.path.parent.chmod(0o755)  # as if the folder did not protect it
        code = f"""
import os, socket
os.setuid(65534)
try:
    socket.socket(socket.AF_UNIX).connect({str(door.path)!r})
except PermissionError:
    print("refused")
"""
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True
        )
        assert done.stdout == "refused\n", done.stderr
