"""The command as a child: what it prints, and with which code it ends."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COMMAND = [sys.executable, "-m", "skdictate"]


@dataclass
class Done:
    code: int
    out: str
    err: str

    def events(self, kind: str) -> list[dict[str, Any]]:
        objects = [json.loads(line) for line in self.out.splitlines()]
        return [fields for fields in objects if fields["event"] == kind]


async def start(
    *arguments: str, environ: Mapping[str, str] | None = None
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **(environ or {})},
    )


async def finish(process: asyncio.subprocess.Process, given: bytes = b"") -> Done:
    async with asyncio.timeout(120):
        out, err = await process.communicate(given)
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def run(
    *arguments: str, environ: Mapping[str, str] | None = None, given: bytes = b""
) -> Done:
    return await finish(await start(*arguments, environ=environ), given)


async def heard(stream: asyncio.StreamReader | None, words: bytes) -> None:
    """Read until there is a line with these words."""
    assert stream is not None
    async with asyncio.timeout(60):
        while words not in (line := await stream.readline()):
            assert line, f"it ended without {words!r}"


async def listing() -> list[dict[str, Any]]:
    done = await run("history", "list", "--format", "json")
    return [json.loads(line) for line in done.out.splitlines()]
