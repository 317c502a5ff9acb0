"""Programs as roads, and the relay at the other end of them."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import PREAMBLE, Decoder, Frame, FrameError, Type
from skdictate.remote_mic.commands.mic_in import relay
from skdictate.remote_mic.discovery import app_finder
from skdictate.remote_mic.discovery.announcement import Announcement
from skdictate.remote_mic.sender.command_transport import LONGEST_NOISE, CommandTransport
from skdictate.remote_mic.sender.transport import SocketTransport
from skdictate.system.paths import Paths
from tests.support.mic_line import App, hello, spoken, until


def explain(code: int, lines: Sequence[str]) -> Problem:
    return Problem(Kind.NETWORK, f"Code {code}", " | ".join(lines))


def transport(script: str) -> CommandTransport:
    return CommandTransport("there", lambda may_ask: ["sh", "-c", script, str(may_ask)], explain)


async def test_what_is_printed_before_it_begins_is_passed_over() -> None:
    connection = await transport("printf 'Welcome\\nSKMI\\nSKMIC1\\nxyz'; cat").open(may_ask=False)
    assert await connection.read() == b"xyz"
    connection.write(b"echo")
    await connection.drain()
    assert await connection.read() == b"echo"
    await connection.close()


async def test_noise_without_end_is_no_app() -> None:
    connection = await transport(f"head -c {2 * LONGEST_NOISE} /dev/zero; sleep 60").open(
        may_ask=False
    )
    async with asyncio.timeout(10):
        assert await connection.read() == b""
    await connection.close()


async def test_its_last_words_say_why_it_ended_made_safe_to_show() -> None:
    connection = await transport("echo Hello; printf 'no\\033[2J way\\n\\n' >&2; exit 7").open(
        may_ask=False
    )
    assert await connection.read() == b""
    problem = await connection.ending()
    assert problem is not None
    assert problem.title == "Code 7"
    assert problem.detail == "Hello | no�[2J way"
    await connection.close()


async def test_an_end_in_good_order_or_by_force_needs_no_words() -> None:
    for script in ("exit 0", "printf 'SKMIC1\\n'; kill -9 $$"):
        connection = await transport(script).open(may_ask=False)
        assert await connection.read() == b""
        assert await connection.ending() is None
        await connection.close()


async def test_a_program_that_is_not_there_is_a_problem() -> None:
    missing = CommandTransport("there", lambda _may_ask: ["/no/such/ssh"], explain)
    with pytest.raises(ProblemError, match="/no/such/ssh: No such file"):
        await missing.open(may_ask=False)


async def test_it_may_ask_for_a_password_in_this_terminal_only_where_that_is_allowed() -> None:
    for may_ask in (True, False):
        connection = await transport("printf 'SKMIC1\\n%s' \"$0 $(ps -o sid= $$)\"").open(
            may_ask=may_ask
        )
        said = (await connection.read()).decode().split()
        assert said[0] == str(may_ask)
        assert (int(said[1]) == os.getsid(0)) is may_ask
        await connection.close()


async def test_it_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKDICTATE_API_KEY", "a-secret")
    connection = await transport("printf 'SKMIC1\\n'; env").open(may_ask=False)
    said = b""
    while data := await connection.read():
        said += data
    assert b"PATH=" in said
    assert b"a-secret" not in said
    await connection.close()


async def test_a_passage_leaves_no_program_behind() -> None:
    connection = await transport("printf 'SKMIC1\\nup'; exec sleep 60").open(may_ask=False)
    assert await connection.read() == b"up"
    await connection.close()
    with pytest.raises(ProcessLookupError):
        os.kill(connection.pid, 0)


async def test_a_socket_of_this_machine_is_a_road_too(paths: Paths) -> None:
    with pytest.raises(ProblemError, match="Nobody waits"):
        await SocketTransport(paths).open(may_ask=False)
    async with App(paths) as app:
        connection = await SocketTransport(paths, app.inbox.session.id[:6]).open(may_ask=False)
        assert connection.token == app.inbox.session.token
        assert await connection.ending() is None
        await connection.close()


class Pipes:
    """A relay between two pipes, on a thread."""

    def __init__(self, paths: Paths) -> None:
        self._from, self.to_fd = os.pipe()
        self.from_fd, self._to = os.pipe()
        self.running = asyncio.ensure_future(
            asyncio.to_thread(relay, paths, "", self._from, self._to)
        )

    def hang_up(self) -> None:
        if self.to_fd >= 0:
            os.close(self.to_fd)
            self.to_fd = -1

    def close(self) -> None:
        self.hang_up()
        for fd in (self._from, self._to, self.from_fd):
            os.close(fd)


async def test_a_sender_is_introduced_and_passed_on_both_ways(paths: Paths) -> None:
    async with App(paths) as app:
        app.begin()
        pipes = Pipes(paths)
        said = hello("").encode() + Frame(Type.AUDIO, 0, 0, spoken(0, 320)).encode()
        for piece in (said[:9], said[9:50], said[50:]):
            os.write(pipes.to_fd, piece)
            await asyncio.sleep(0.01)
        await until(lambda: app.n_recorded == 320)
        back = await asyncio.to_thread(os.read, pipes.from_fd, 65536)
        assert back.startswith(PREAMBLE)
        frames = Decoder(is_peer=True).feed(back)
        assert frames[0].type in (Type.ACK, Type.PING)
        pipes.hang_up()
        assert await pipes.running == Exit.DONE
        await until(lambda: not app.receiver.is_attached)
        pipes.close()


async def test_an_app_that_closes_ends_the_relay(paths: Paths) -> None:
    async with App(paths) as app:
        pipes = Pipes(paths)
        os.write(pipes.to_fd, hello("").encode())
        await until(lambda: app.receiver.is_attached)
    async with asyncio.timeout(5):
        assert await pipes.running == Exit.DONE
    pipes.close()


async def test_where_nobody_waits_the_sender_is_told_in_its_own_words(paths: Paths) -> None:
    pipes = Pipes(paths)
    os.write(pipes.to_fd, hello("").encode())
    assert await pipes.running == Exit.MICROPHONE
    (frame,) = Decoder().feed(os.read(pipes.from_fd, 65536))
    assert json.loads(frame.payload)["code"] == "session"
    pipes.close()


@pytest.mark.parametrize("said", [b"", b"\x01\x00", hello("").encode()[:30]])
async def test_a_sender_that_goes_before_it_has_said_who_it_is_is_no_mistake(
    paths: Paths, said: bytes
) -> None:
    pipes = Pipes(paths)
    os.write(pipes.to_fd, said)
    pipes.hang_up()
    assert await pipes.running == Exit.DONE
    pipes.close()


@pytest.mark.parametrize(
    "said", [Frame(Type.HELLO, payload=b"[]").encode(), b"\xff" * 20, Frame(Type.HELLO).encode()]
)
async def test_what_says_no_hello_is_not_passed_on(paths: Paths, said: bytes) -> None:
    async with App(paths) as app:
        pipes = Pipes(paths)
        os.write(pipes.to_fd, said)
        with pytest.raises(FrameError):
            await pipes.running
        assert not app.receiver.is_attached
        pipes.close()


def test_the_way_in_loads_nothing_that_takes_long(tmp_path: Path) -> None:
    """Each new line of a sender starts it."""
    script = (
        "import sys; from skdictate.cli.main import main; sys.argv = ['skdictate', 'mic', 'in'];"
        "code = main(); print(code, [m for m in ('asyncio', 'numpy', 'av', 'textual', 'grpc')"
        " if m in sys.modules], file=sys.stderr)"
    )
    read_fd, write_fd = os.pipe()
    os.write(write_fd, PREAMBLE + hello("").encode())
    os.close(write_fd)
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", script],
        stdin=read_fd,
        capture_output=True,
        env={**os.environ, "SKDICTATE_HOME": str(tmp_path)},
        timeout=30,
    )
    os.close(read_fd)
    assert done.stderr.decode().strip() == "5 []"


async def test_a_sender_that_comes_back_is_brought_to_the_app_that_it_has_served(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with App(paths) as older, App(paths) as newer:
        pipes = Pipes(paths)
        os.write(pipes.to_fd, hello("", app=older.receiver.id).encode())
        await until(lambda: older.receiver.is_attached)
        assert not newer.receiver.is_attached
        pipes.hang_up()
        await pipes.running  # it writes to descriptors whose numbers the next pipes will have
        pipes.close()
        connect = app_finder.connect

        def refusing(session: Announcement) -> socket.socket:
            if session.id == older.receiver.id:
                raise ProblemError(app_finder.nobody("")) from TimeoutError()
            return connect(session)

        monkeypatch.setattr(app_finder, "connect", refusing)
        pipes = Pipes(paths)
        os.write(pipes.to_fd, hello("", app=older.receiver.id).encode())
        await pipes.running
        (frame,) = Decoder().feed(os.read(pipes.from_fd, 65536))
        assert json.loads(frame.payload)["code"] == "still", "the microphone stays on"
        pipes.close()
