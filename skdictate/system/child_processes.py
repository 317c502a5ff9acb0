"""Child processes of this program: how they are started, what they may know, how they end.

A child reads its standard input until that ends, and then ends too: so it outlives its parent by
nothing, however the parent ended. It leads a session of its own, so that a Ctrl-C in the terminal
reaches it only through its parent.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

SECRETS = (
    "SKDICTATE_API_KEY",
    "SKDICTATE_IAM_TOKEN",
    "SKDICTATE_SERVE_TOKEN",
    "YC_API_KEY",
    "YC_IAM_TOKEN",
    "YC_TOKEN",
    "YC_OAUTH_TOKEN",
    "CREDENTIALS_DIRECTORY",
)
"""What no child needs to know."""
ROOT = Path(__file__).parents[2]
"""The folder that this package is in."""


async def start_module(
    module: str, *arguments: str, errors: int = asyncio.subprocess.PIPE
) -> asyncio.subprocess.Process:
    """Run a module of ours; no other module is taken from the folder the user happens to be in."""
    return await start(sys.executable, "-P", "-m", module, *arguments, errors=errors)


async def start(*command: str, errors: int = asyncio.subprocess.PIPE) -> asyncio.subprocess.Process:
    """Run a command with pipes for its streams; standard error may go to a descriptor instead."""
    known = environ()
    known["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), known.get("PYTHONPATH", "")]))
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=errors,
        env=known,
        start_new_session=True,
    )


def environ() -> dict[str, str]:
    """What a child may know of our environment."""
    return {key: value for key, value in os.environ.items() if key not in SECRETS}


def kill_group(child: asyncio.subprocess.Process) -> None:
    """Kill a child that leads a session of its own, and its children."""
    with suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()


async def end(child: asyncio.subprocess.Process, patience_s: float) -> None:
    """Let the child end by itself, and see to it that it does."""
    assert child.stdin is not None
    child.stdin.close()
    try:
        async with asyncio.timeout(patience_s):
            await child.wait()
    except TimeoutError:
        pass
    finally:
        if child.returncode is None:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()
