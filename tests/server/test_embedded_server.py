"""The embedded server as a child process: ready, dying, coming back, and gone with its parent."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from skdictate.errors import Problem, ProblemError
from skdictate.server import embedded_server as child_module
from skdictate.server.child_request import ChildRequest
from skdictate.server.embedded_server import EmbeddedServer
from skdictate.speechkit.channel import Endpoint
from skdictate.system.paths import Paths
from tests.server.test_service_v3 import chunks, settings, talk


@asynccontextmanager
async def running(paths: Paths) -> AsyncIterator[EmbeddedServer]:
    server = EmbeddedServer(paths, ChildRequest())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server.run())
        try:
            yield server
        finally:
            task.cancel()


def is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:  # it ended before it was looked for, or while it was read
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


async def gone(pid: int, patience_s: float = 5.0) -> bool:
    for _ in range(int(patience_s * 50)):
        if not is_alive(pid):
            return True
        await asyncio.sleep(0.02)
    return False


async def test_it_serves_on_a_private_socket_and_ends_with_us(paths: Paths) -> None:
    async with running(paths) as server:
        address = await server.address()
        socket = Path(address.target.removeprefix("unix:"))
        assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
        assert await talk(Endpoint(address.target, is_plaintext=True), [settings()])
        pid = server.pid
        assert pid is not None
        assert os.getsid(pid) == pid, "Ctrl-C in the terminal must not reach it"
    assert await gone(pid)
    assert not socket.parent.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
async def test_when_it_is_killed_or_crashes_it_is_said_and_comes_back(
    paths: Paths, number: signal.Signals
) -> None:
    problems: list[Problem] = []
    async with running(paths) as server:
        server.on_problem = problems.append
        first = await server.address()
        assert server.pid is not None
        os.kill(server.pid, number)
        while not problems:
            await asyncio.sleep(0.01)
        second = await server.address()
        assert second != first
        assert await talk(Endpoint(second.target, is_plaintext=True), [settings()])
    assert problems[0].detail == f"It was ended by {number.name}"


async def test_where_there_are_no_such_sockets_it_is_a_port_with_a_token(
    paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(_self: EmbeddedServer, _folder: Path) -> ChildRequest:
        return ChildRequest(address="127.0.0.1:0", token="a-token-of-this-test")

    monkeypatch.setattr(EmbeddedServer, "_child_request", elsewhere)
    async with running(paths) as server:
        address = await server.address()
        assert address.target.startswith("127.0.0.1:")
        assert server.pid is not None
        for name in ("cmdline", "environ"):
            seen = Path(f"/proc/{server.pid}/{name}").read_bytes()
            assert address.token.encode() not in seen
        metadata = (("authorization", f"Bearer {address.token}"),)
        assert await talk(Endpoint(address.target, True), [settings()], metadata=metadata)


async def test_a_machine_without_the_recogniser_is_told_once(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "moonshine_voice").mkdir()
    broken = "raise ImportError('no such package here')"
    (tmp_path / "moonshine_voice" / "__init__.py").write_text(broken)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    problems: list[Problem] = []
    async with running(paths) as server:
        server.on_problem = problems.append
        with pytest.raises(ProblemError, match="no embedded recogniser"):
            await server.address()
    assert [problem.is_permanent for problem in problems] == [True]


async def test_a_child_that_breaks_at_once_says_its_last_words(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "soxr.py").write_text("raise SystemExit('out of \\x1b[31mpaper')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    problems: list[Problem] = []
    async with running(paths) as server:
        server.on_problem = problems.append
        while not problems:
            await asyncio.sleep(0.01)
    assert problems[0].detail == "It ended with code 1, saying 'out of \ufffd[31mpaper'"


HUNGRY = """
import numpy
def hungry(*arguments, **more):
    raise MemoryError
numpy.frombuffer = hungry
"""


async def test_a_child_that_is_out_of_memory_is_replaced(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "soxr.py").write_text(HUNGRY)  # it is loaded by the child, and makes it hungry
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    problems: list[Problem] = []
    async with running(paths) as server:
        server.on_problem = problems.append
        first = await server.address()
        requests = [settings(), *chunks(bytes(64_000))]
        with pytest.raises(ProblemError, match="cannot be reached"):
            await talk(Endpoint(first.target, is_plaintext=True), requests)
        while not problems:
            await asyncio.sleep(0.01)
        assert await server.address() != first
    assert problems[0].detail == "It ended with code 70, saying 'out of memory'"


async def test_a_child_that_is_never_ready_is_not_waited_for(
    paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "soxr.py").write_text("import time; time.sleep(60)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(child_module, "READY_S", 0.5)
    monkeypatch.setattr(child_module, "STOP_S", 0.2)
    problems: list[Problem] = []
    async with running(paths) as server:
        server.on_problem = problems.append
        while not problems:
            await asyncio.sleep(0.01)
    assert "not ready" in problems[0].detail


async def test_when_the_parent_is_killed_the_child_goes_too(paths: Paths) -> None:
    code = """
import asyncio
from skdictate.system.paths import Paths
from skdictate.server.embedded_server import EmbeddedServer
from skdictate.server.child_request import ChildRequest

async def main():
    server = EmbeddedServer(Paths.of(), ChildRequest())
    async with asyncio.TaskGroup() as group:
        group.create_task(server.run())
        await server.address()
        print(server.pid, flush=True)

asyncio.run(main())
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pid = int(await asyncio.to_thread(parent.stdout.readline))
    assert is_alive(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert await gone(pid)


async def test_children_do_not_know_the_key(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YC_API_KEY", "canary-7261")
    async with running(paths) as server:
        await server.address()
        assert b"canary-7261" not in Path(f"/proc/{server.pid}/environ").read_bytes()
