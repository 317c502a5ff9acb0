"""``python -m skdictate.mic``: runs one command, given as a line of JSON on its standard input.

``{"do": "list"}`` prints the microphones as JSON. ``{"do": "capture", "rate_hz": ..., "device":
..., "channel": ...}`` prints frames (``mic_protocol.frames``) until standard input ends or a frame
there says so. ``{"do": "prepare", "rate_hz": ..., "channel": ...}`` loads what capturing needs,
prints ``ready``, and waits for another command. Whatever PortAudio prints goes to standard error.
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
"""Seconds that the last captured sound may take to be read when the process ends."""


def main() -> int:
    """Run the command; problems are reported on the output rather than raised."""
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
    os._exit(0)  # PortAudio's own shutdown may hang, and nothing is left to do


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
    """Load everything that capturing needs and that does not depend on the device."""
    from skdictate.mic import capture

    with suppress(ProblemError):  # it is reported when capturing is asked for
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
        sender.put_trouble(error.problem.as_json())
    except Exception as error:  # noqa: BLE001 - the edge of a process: the app must know
        problem = Problem(Kind.MICROPHONE, "The microphone failed", boundary.told(error, WHERE))
        sender.put_trouble(problem.as_json())
    sender.finish()
    sending.join(LAST_S)


def _leave_after(has_ended: Callable[[], object]) -> None:
    """Exit soon after ``has_ended`` returns, whatever hangs, so as not to outlive the app."""
    has_ended()
    time.sleep(LAST_S)
    os._exit(0)


def _drained() -> None:
    """Wait until standard input ends."""
    while os.read(0, 4096):
        pass


def _line(fd: int) -> bytes:
    """Read the first line and nothing beyond it: frames may follow."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(fd, 1)):
        line += byte
    return line


if __name__ == "__main__":
    raise SystemExit(boundary.run(main, WHERE))
