"""The parent's side of the embedded server: starts it, watches it, starts it again.

The child gets its order on standard input, never in its arguments: it may hold a token.
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
"""A child that is not ready by then is stuck: loading the model takes a third of a second."""
STOP_S = 3.0
"""A child that does not end by then is killed."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, and what to show it."""

    target: str
    token: str


class EmbeddedServer:
    """Keeps one server running for as long as ``run`` runs."""

    def __init__(self, paths: Paths, limits: ChildRequest) -> None:
        self._paths = paths
        self._limits = limits
        self._address: asyncio.Future[Address] | None = None
        self._words: deque[str] = deque(maxlen=20)
        self.on_problem: Callable[[Problem], None] = lambda problem: None
        """Told when the server dies, or cannot be had."""
        self.pid: int | None = None
        """The present child."""

    async def address(self) -> Address:
        """Where the server is; waits until it is ready.

        Raises:
            ProblemError: there is no embedded recogniser on this machine.
        """
        return await asyncio.shield(self._future())

    async def run(self) -> None:
        """Start the server, and start it again whenever it dies; until cancelled."""
        backoff = Backoff()
        while True:
            began_s = asyncio.get_running_loop().time()
            problem = await self._serve_once()
            self.on_problem(problem)
            if problem.is_permanent:
                future = self._future()
                future.set_exception(ProblemError(problem))
                future.exception()  # whoever asks is told; nobody has to
                return
            if asyncio.get_running_loop().time() - began_s > READY_S:
                backoff.reset()
            await asyncio.sleep(backoff.next_wait_s())

    async def _serve_once(self) -> Problem:
        """One life of the child; returns why it ended."""
        folder = self._paths.socket_folder()
        try:
            async with self._child() as child:
                order = self._order(folder)
                assert child.stdin is not None
                child.stdin.write(json.dumps(asdict(order)).encode() + b"\n")
                problem = await self._hear_ready(child, order.token)
                if problem is not None:
                    return problem
                await child.wait()
                return self._death(child.returncode)
        finally:
            self.pid = None
            if self._address is not None and self._address.done():
                self._address = None  # those who still wait are told of the next child
            shutil.rmtree(folder, ignore_errors=True)

    def _order(self, folder: Path) -> ChildRequest:
        """A socket in a folder of our own; a port with a token where there are no such sockets."""
        if os.name == "posix":
            return replace(self._limits, address=f"unix:{folder / 's'}")
        return replace(self._limits, address="127.0.0.1:0", token=secrets.token_urlsafe(32))

    @asynccontextmanager
    async def _child(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The process, and its end whatever happens to us."""
        child = await child_processes.start_module("skdictate.server")
        self.pid = child.pid
        self._words.clear()
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(self._read_words(child))
            try:
                yield child
            finally:
                await child_processes.end(child, STOP_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await reader
                reader.cancel()

    async def _read_words(self, child: asyncio.subprocess.Process) -> None:
        """Keep the last words of the child: they tell why it died."""
        assert child.stderr is not None
        while line := await child.stderr.readline():
            if words := clean(line.decode(errors="replace")):
                self._words.append(words)

    async def _hear_ready(self, child: asyncio.subprocess.Process, token: str) -> Problem | None:
        """Wait for the one line that the child says."""
        assert child.stdout is not None
        try:
            async with asyncio.timeout(READY_S):
                line = await child.stdout.readline()
        except TimeoutError:
            return _stopped(f"It was not ready after {READY_S:.0f} seconds")
        if not line:
            await child.wait()
            return self._death(child.returncode)
        told = json.loads(line)
        if told["problem"]:
            title, detail, hint = told["problem"]
            return Problem(Kind.RECOGNISER, title, detail, hint, is_permanent=True)
        self._future().set_result(Address(told["address"], token))
        return None

    def _death(self, code: int | None) -> Problem:
        """Why the child ended."""
        if code is not None and code < 0:
            with suppress(ValueError):
                return _stopped(f"It was ended by {signal.Signals(-code).name}")
        last = f", saying {self._words[-1]!r}" if self._words else ""
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
        "It is started again; recording goes on and nothing is lost.",
    )
