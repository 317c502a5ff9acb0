"""``python -m skdictate.mic``: does one thing, as a line of JSON on its standard input says.

``{"do": "list"}`` prints what microphones there are, as JSON. ``{"do": "capture", "rate_hz": ...,
"device": ..., "channel": ...}`` captures in frames (``core/frames.py``) until its standard input
ends or says so. ``{"do": "prepare", "rate_hz": ..., "channel": ...}`` loads what that takes, prints
``ready``, and waits for a line with an order. Whatever PortAudio prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from skdictate.audio.pcm import Format
from skdictate.errors import Kind, Problem, ProblemError
from skdictate.mic.frame_writer import FrameWriter
from skdictate.system import boundary

WHERE = "the capturing process"
LAST_S = 1.0
"""At the end, what was captured may take this long to be taken."""


def main() -> int:
    """Do what is asked; a trouble is told, never thrown."""
    output = os.dup(1)
    os.dup2(2, 1)
    order = json.loads(_line(0))
    if order["do"] == "prepare":
        _prepare(order)
        os.write(output, b"ready\n")
        if not (line := _line(0)):  # it was not needed
            os._exit(0)
        order = json.loads(line)
    if order["do"] == "list":
        _answer(output)
    else:
        _capture(order, output)
    os._exit(0)  # PortAudio's own ending may hang, and there is nothing left to end


def _answer(output: int) -> None:
    from skdictate.mic import pulse
    from skdictate.mic.device_list import survey

    threading.Thread(target=_leave_after, args=(_drained,), daemon=True).start()
    answer: dict[str, Any]
    try:
        with pulse.connect() as server:
            answer = survey(server).as_json()
    except ProblemError as error:
        answer = {"problem": error.problem.as_json()}
    os.write(output, json.dumps(answer).encode())


def _prepare(order: dict[str, Any]) -> None:
    """Load all that capturing takes, as far as that can be done before it is known what from."""
    from skdictate.mic import capture

    with suppress(ProblemError):  # it is told when it is in the way
        capture.prepare(order["rate_hz"], order["channel"])


def _capture(order: dict[str, Any], output: int) -> None:
    from skdictate.mic.capture import Capture

    sound = Format(order["rate_hz"])
    sender = FrameWriter(sound, output, 0)
    sender.start()
    threading.Thread(target=_leave_after, args=(sender.gone.wait,), daemon=True).start()
    sending = threading.Thread(target=sender.run, daemon=True)
    sending.start()
    try:
        Capture(sound, order["device"], order["channel"], sender).run()
    except ProblemError as error:
        sender.trouble(error.problem.as_json())
    except Exception as error:  # noqa: BLE001 - the edge of a process: the listener must know
        problem = Problem(Kind.MICROPHONE, "The microphone failed", boundary.told(error, WHERE))
        sender.trouble(problem.as_json())
    sender.finish()
    sending.join(LAST_S)


def _leave_after(has_ended: Callable[[], object]) -> None:
    """See to it that the listener is not outlived, whatever hangs."""
    has_ended()
    time.sleep(LAST_S)
    os._exit(0)


def _drained() -> None:
    """Wait for the end of standard input."""
    while os.read(0, 4096):
        pass


def _line(fd: int) -> bytes:
    """The first line, and not a byte more: what follows is for the sender."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(fd, 1)):
        line += byte
    return line


if __name__ == "__main__":
    raise SystemExit(boundary.run(main, WHERE))
