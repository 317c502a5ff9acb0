"""``python -m skdictate.doctor.import_trial MODULE``: imports it, and says in JSON how that went.

In a process of its own, since an import can hang (PortAudio's, while the sound server stands still)
or kill its process.
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
"""A child that does not end by then is killed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """How an import went."""

    version: str = ""
    """What the module says of itself, if it does."""
    error: str = ""
    """Empty if it works."""
    is_late: bool = False
    """It does not end."""


async def tried(module: str, bound_s: float) -> Trial:
    """Import a module elsewhere."""
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
    """The child."""
    out = os.dup(1)
    os.dup2(2, 1)  # what the module prints is not ours
    threading.Thread(target=_watch, daemon=True).start()
    trial = {"version": "", "error": ""}
    try:
        module = importlib.import_module(sys.argv[1])
        trial["version"] = clean(str(getattr(module, "__version__", "")))[:40]
    except Exception as error:  # noqa: BLE001 - whatever a broken package raises
        trial["error"] = clean(f"{type(error).__name__}: {error}")[:300]
    os.write(out, json.dumps(trial).encode())
    os._exit(0)  # what was imported may be in the way of a proper end


def _watch() -> None:
    """The parent holds the other end of our standard input for as long as it wants to know."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    os._exit(1)


if __name__ == "__main__":
    main()
