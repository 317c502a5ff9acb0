"""The app's side of the embedded server: starts the child process, watches it, and restarts it.

The child reads its request from standard input rather than from its arguments, because other users
can read arguments and the request may hold a token.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from skdictate.core.backoff import Backoff
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.server.child_request import ChildRequest
from skdictate.system import child_processes
from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean

READY_S = 20.0
"""Seconds until a child that is not ready counts as stuck; loading the model takes a third of a
second."""
STOP_S = 3.0
"""Seconds that a child has to end before it is killed."""


@dataclass(frozen=True, slots=True)
class Address:
    """The server's gRPC target, and the token to show it."""

    target: str
    token: str


class EmbeddedServer:
    """Keeps one server running for as long as ``run`` runs."""

    def __init__(self, paths: Paths, limits: ChildRequest) -> None:
        self._paths = paths
        self._limits = limits
        self._address: asyncio.Future[Address] | None = None
        self._stderr_lines: deque[str] = deque(maxlen=20)
        self.on_problem: Callable[[Problem], None] = lambda problem: None
        """Called when the server stops or cannot be started."""
        self.pid: int | None = None
        """The process id of the current child."""

    async def address(self) -> Address:
        """Wait until the server is ready and return its address.

        Raises:
            ProblemError: this machine has no embedded recogniser.
        """
        return await asyncio.shield(self._future())

    async def run(self) -> None:
        """Start the server, and restart it whenever it stops; runs until cancelled."""
        backoff = Backoff()
        while True:
            began_s = asyncio.get_running_loop().time()
            problem = await self._serve_once()
            self.on_problem(problem)
            if problem.is_permanent:
                future = self._future()
                future.set_exception(ProblemError(problem))
                # marks the exception as retrieved, in case nobody waits for the address
                future.exception()
                return
            if asyncio.get_running_loop().time() - began_s > READY_S:
                backoff.reset()
            await asyncio.sleep(backoff.next_wait_s())

    async def _serve_once(self) -> Problem:
        """Run one child from start to end, and return why it ended."""
        folder = self._paths.socket_folder()
        try:
            async with self._child() as child:
                request = self._child_request(folder)
                assert child.stdin is not None
                child.stdin.write(json.dumps(asdict(request)).encode() + b"\n")
                problem = await self._wait_until_ready(child, request.token)
                if problem is not None:
                    return problem
                await child.wait()
                return self._exit_problem(child.returncode)
        finally:
            self.pid = None
            if self._address is not None and self._address.done():
                self._address = None  # callers that still wait get the address of the next child
            shutil.rmtree(folder, ignore_errors=True)

    def _child_request(self, folder: Path) -> ChildRequest:
        """A socket in a folder of our own; a port with a token on systems without such sockets."""
        if os.name == "posix":
            return replace(self._limits, address=f"unix:{folder / 's'}")
        return replace(self._limits, address="127.0.0.1:0", token=secrets.token_urlsafe(32))

    @asynccontextmanager
    async def _child(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """Start the child, and end it when the block is left, for whatever reason."""
        child = await child_processes.start_module("skdictate.server")
        self.pid = child.pid
        self._stderr_lines.clear()
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(self._read_stderr(child))
            try:
                yield child
            finally:
                await child_processes.end(child, STOP_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await reader
                reader.cancel()

    async def _read_stderr(self, child: asyncio.subprocess.Process) -> None:
        """Keep the last lines of the child's standard error, which say why it stopped."""
        assert child.stderr is not None
        while line := await child.stderr.readline():
            if words := clean(line.decode(errors="replace")):
                self._stderr_lines.append(words)

    async def _wait_until_ready(
        self, child: asyncio.subprocess.Process, token: str
    ) -> Problem | None:
        """Wait for the child's one line of output; a problem if it is not ready."""
        assert child.stdout is not None
        try:
            async with asyncio.timeout(READY_S):
                line = await child.stdout.readline()
        except TimeoutError:
            return _stopped(f"It was not ready after {READY_S:.0f} seconds")
        if not line:
            await child.wait()
            return self._exit_problem(child.returncode)
        reply = json.loads(line)
        if reply["problem"]:
            title, detail, hint = reply["problem"]
            return Problem(Kind.RECOGNISER, title, detail, hint, is_permanent=True)
        self._future().set_result(Address(reply["address"], token))
        return None

    def _exit_problem(self, code: int | None) -> Problem:
        """The problem to report for a child that ended with this code."""
        if code is not None and code < 0:
            with suppress(ValueError):
                return _stopped(f"It was ended by {signal.Signals(-code).name}")
        last = f", saying {self._stderr_lines[-1]!r}" if self._stderr_lines else ""
        return _stopped(f"It ended with code {code}{last}")

    def _future(self) -> asyncio.Future[Address]:
        if self._address is None:
            self._address = asyncio.get_running_loop().create_future()
        return self._address


def _stopped(detail: str) -> Problem:
    return Problem(
        Kind.RECOGNISER,
        "The embedded recogniser stopped",
        detail,
        "It is being restarted; recording goes on, and nothing is lost.",
    )
