"""``mic in``: connects a remote sender to the app, and passes bytes on in both directions.

Two threads and nothing else, so it starts quickly and adds no delay. Input that is not this
program's protocol is treated as raw sound; see ``raw_input``.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
from contextlib import suppress

from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.mic_protocol.frames import (
    HEAD_BYTES,
    PREAMBLE,
    Decoder,
    Frame,
    FrameError,
    Type,
    size_of,
)
from skdictate.remote_mic.commands.pass_on import READ_BYTES, pass_on
from skdictate.remote_mic.discovery import app_finder
from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean


def take_in(parsed: argparse.Namespace, paths: Paths) -> Exit:
    """Connect whatever comes on standard input to the app on this machine.

    Raises:
        ProblemError: no app waits for a microphone, or the input is not sound.
    """
    head = opening(0, PREAMBLE)
    if head != PREAMBLE:
        from skdictate.remote_mic.commands.raw_input import take_raw

        return take_raw(parsed, paths, head)
    try:
        return relay(paths, parsed.session, 0, 1)
    except FrameError as error:
        problem = Problem(Kind.USAGE, "Standard input is no microphone", clean(str(error)))
        raise ProblemError(problem) from error


def opening(fd: int, mark: bytes) -> bytes:
    """Read bytes for as long as they may be ``mark``; returns what was read."""
    head = b""
    while len(head) < len(mark) and mark.startswith(head):
        piece = os.read(fd, len(mark) - len(head))
        if not piece:
            break
        head += piece
    return head


def relay(paths: Paths, wanted: str, from_fd: int, to_fd: int) -> Exit:
    """Pass bytes on until either end closes. The sender's preamble was read already.

    Raises:
        FrameError: the preamble is not followed by a hello.
    """
    hello, rest = _hello(from_fd)
    if hello is None:
        return Exit.DONE
    _write(to_fd, PREAMBLE)  # marks the end of whatever the shell printed before
    served = _served(hello)
    try:
        session = app_finder.find(paths, wanted, served)
        introduced = app_finder.introduce(hello, session)
        connection = app_finder.connect(session)
    except ProblemError as error:
        code = "still" if app_finder.is_announced(paths, served) else "session"
        said = {"code": code, **error.problem.as_json()}
        _write(to_fd, Frame(Type.TROUBLE, payload=json.dumps(said).encode()).encode())
        return error.problem.exit_code
    except ValueError as error:
        raise FrameError("a hello that is no JSON") from error
    with connection, suppress(OSError):  # when either end has closed, nothing is left to do
        connection.sendall(PREAMBLE + introduced.encode() + rest)
        threading.Thread(target=pass_on, args=(from_fd, connection), daemon=True).start()
        while data := connection.recv(READ_BYTES):
            _write(to_fd, data)
    return Exit.DONE


def _served(hello: Frame) -> str:
    """The id of the app that the sender served before; empty if there is none."""
    try:
        return str(json.loads(hello.payload)["app"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _hello(fd: int) -> tuple[Frame | None, bytes]:
    """Read the first frame and what follows it; None if the sender closes before.

    Raises:
        FrameError: it is not a frame.
    """
    decoder = Decoder(has_preamble=False, is_peer=True)
    data, end = b"", HEAD_BYTES
    while len(data) < end:
        piece = os.read(fd, READ_BYTES)
        if not piece:
            return None, b""
        data += piece
        if len(data) >= HEAD_BYTES:
            end = HEAD_BYTES + size_of(data)
            Decoder(has_preamble=False, is_peer=True).feed(data[:HEAD_BYTES])
    (hello,) = decoder.feed(data[:end])
    return hello, data[end:]


def _write(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]
