"""``mic out``: sends this machine's microphone to an app that has connected over SSH.

This is the far end of ``--source ssh://``. The microphone is held by a resident process that
survives a broken connection, so that the next one continues where this one ended.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.remote_mic.commands.pass_on import READ_BYTES, pass_on
from skdictate.remote_mic.discovery import announcement
from skdictate.system.child_processes import ROOT, environ
from skdictate.system.paths import LONGEST_SOCKET, Paths

CALL = re.compile(r"[0-9a-f]{8,32}")
KEEPER = "skdictate.remote_mic.sender.resident_sender"


def bring_out(paths: Paths, call: str, rate_hz: int, device: str) -> Exit:
    """Pass bytes on between this connection and the resident process, until either closes.

    Raises:
        ProblemError: the resident process cannot be started or reached.
    """
    if not CALL.fullmatch(call):
        raise ProblemError(Problem(Kind.USAGE, "There can be no such call", "--call is an id"))
    path = announcement.folder(paths) / f"call-{call}.sock"
    if len(os.fsencode(path)) >= LONGEST_SOCKET:
        hint = "Set SKDICTATE_HOME to a folder with a shorter name."
        raise ProblemError(
            Problem(Kind.DISK, "A socket would have too long a name", str(path), hint)
        )
    connection = _connect(path)
    if connection is None:
        _start({"path": str(path), "rate_hz": rate_hz, "device": device})
        connection = _connect(path)
    if connection is None:
        raise ProblemError(_failed("It does not answer"))
    with connection, suppress(OSError):  # when either end has closed, nothing is left to do
        threading.Thread(target=pass_on, args=(0, connection), daemon=True).start()
        while data := connection.recv(READ_BYTES):
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(1, rest) :]
    return Exit.DONE


def _connect(path: Path) -> socket.socket | None:
    """Connect to the resident process; None if there is none."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    if announcement.is_own(connection):
        return connection
    connection.close()
    return None


def _start(order: dict[str, object]) -> None:
    """Start the resident process, which continues when this one ends.

    Raises:
        ProblemError: it cannot be started.
    """
    known = environ()
    known["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), known.get("PYTHONPATH", "")]))
    with subprocess.Popen(
        [sys.executable, "-P", "-m", KEEPER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=known,
        start_new_session=True,
    ) as child:
        assert child.stdin is not None and child.stdout is not None
        with suppress(BrokenPipeError):
            child.stdin.write(json.dumps(order).encode() + b"\n")
            child.stdin.flush()
        answer = child.stdout.readline()
        child.stdin.close()
        child.stdout.close()
        child.returncode = 0  # marks it as waited for, as it goes on running
    said = json.loads(answer or b'{"problem": null}')
    if "problem" in said:
        told = said["problem"]
        raise ProblemError(Problem.of_json(told) if told else _failed("It ended at once"))


def _failed(detail: str) -> Problem:
    return Problem(Kind.MICROPHONE, "The microphone's keeper failed", detail)
