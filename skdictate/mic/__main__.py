"""``python -m skdictate.mic RATE [DEVICE]``: prints s16le mono until its standard input ends.

A trouble is one line of JSON on standard error: ``[title, detail, hint]``.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import Any

BLOCK_MS = 20


def capture(rate_hz: int, device: str | None) -> None:
    """Write blocks to standard output as they come."""
    import sounddevice

    blocks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def heard(data: Any, _n_frames: int, _time: Any, _status: Any) -> None:
        blocks.put(bytes(data))

    def watch() -> None:
        while os.read(0, 4096):
            pass
        blocks.put(None)

    threading.Thread(target=watch, daemon=True).start()
    with sounddevice.RawInputStream(
        samplerate=rate_hz,
        blocksize=rate_hz * BLOCK_MS // 1000,
        channels=1,
        dtype="int16",
        device=device,
        callback=heard,
        finished_callback=lambda: blocks.put(None),
    ):
        while (block := blocks.get()) is not None:
            os.write(1, block)


def main() -> None:
    """Capture, or say why not."""
    try:
        capture(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
    except OSError as error:
        tell("PortAudio is missing", str(error), "On Debian: sudo apt install libportaudio2")
    except Exception as error:  # noqa: BLE001 - the edge of a process: all that PortAudio raises
        tell("The microphone cannot be used", str(error), "See which device is the default.")


def tell(title: str, detail: str, hint: str) -> None:
    """The one line that the parent reads."""
    print(json.dumps([title, detail, hint]), file=sys.stderr, flush=True)  # noqa: T201


main()
