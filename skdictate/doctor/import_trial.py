"""``python -m skdictate.doctor.import_trial MODULE`` imports a module and prints a JSON result.

It runs as a child process, since an import can hang (PortAudio's, if the sound server hangs) or
crash.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import sys
import threading
from dataclasses import dataclass

from skdictate.system import child_processes
from skdictate.text.clean_text import clean

STOP_S = 0.5
"""Time after which a child that does not end is killed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Result of an import."""

    version: str = ""
    """The module's ``__version__``, if it has one."""
    error: str = ""
    """Why the import failed; empty if it worked."""
    is_late: bool = False
    """Whether the import did not end in time."""


async def tried(module: str, bound_s: float) -> Trial:
    """Import a module in a child process.

    Args:
        module: full name of the module.
        bound_s: time limit in seconds.
    """
    child = await child_processes.start_module("skdictate.doctor.import_trial", module)
    assert child.stdout is not None
    assert child.stderr is not None
    try:
        async with asyncio.timeout(bound_s):
            out = await child.stdout.read()
            if out:
                return Trial(**json.loads(out))
            words = (await child.stderr.read()).decode(errors="replace").split("\n")
            code = await child.wait()
    except TimeoutError:
        return Trial(error=f"its import is not done after {bound_s:g} s", is_late=True)
    finally:
        await child_processes.end(child, STOP_S)
    last = next((line for line in reversed(words) if line.strip()), "")
    return Trial(error=clean(f"its import ended with code {code} {last}"))


def main() -> None:
    """Run as the child process."""
    out = os.dup(1)
    os.dup2(2, 1)  # keeps the module's own output out of the result
    threading.Thread(target=_watch, daemon=True).start()
    trial = {"version": "", "error": ""}
    try:
        module = importlib.import_module(sys.argv[1])
        trial["version"] = clean(str(getattr(module, "__version__", "")))[:40]
    except Exception as error:  # noqa: BLE001 - whatever a broken package raises
        trial["error"] = clean(f"{type(error).__name__}: {error}")[:300]
    os.write(out, json.dumps(trial).encode())
    os._exit(0)  # the module might block a normal exit


def _watch() -> None:
    """End this process when the parent closes our standard input."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(1)


if __name__ == "__main__":
    main()
