"""Three minutes into a microphone while a core is busy: ``python -m tests.bench.long_dictation``.

Real speech is played in real time into a microphone of a real sound server, the app dictates it in
a real terminal, and its words are held against those of ``transcribe`` on the same recording.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from skdictate.audio.resampling import Converter
from skdictate.core.changes import Reason
from skdictate.library.library import Library
from skdictate.sources.file_source import demo_paths
from skdictate.system.paths import Paths
from tests.support.sound_server import SoundServer
from tests.support.speech import Errors
from tests.support.terminal import Terminal

RATE_HZ = 16_000
LENGTH_S = 180.0
PAUSE_S = 0.8
Samples = np.ndarray[Any, np.dtype[np.int16]]
SPIN = "while True: pass"


def recording(path: Path) -> Path:
    """The demo's recordings, again and again, with pauses between."""
    pause = np.zeros(round(PAUSE_S * RATE_HZ), np.int16)
    pieces = []
    length_s = 0.0
    while length_s < LENGTH_S:
        for demo in demo_paths():
            given, rate_hz = soundfile.read(demo, dtype="int16")
            pcm = Converter(rate_hz, RATE_HZ).convert_pcm(given.tobytes(), is_last=True)
            speech = np.frombuffer(pcm, np.int16)
            pieces += [speech, pause]
            length_s += (len(speech) + len(pause)) / RATE_HZ
    soundfile.write(path, np.concatenate(pieces)[: round(LENGTH_S * RATE_HZ)], RATE_HZ)
    return path


def transcript(path: Path) -> str:
    command = [sys.executable, "-m", "skdictate", "transcribe", str(path), "--speed", "1"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def equal(spoken: Samples, heard: Samples) -> float:
    """The share of blocks that were recorded to the bit, wherever the player stuttered."""
    n = RATE_HZ // 50
    blocks = spoken[: len(spoken) // n * n].reshape(-1, n)
    loud = [block.tobytes() for block in blocks if np.abs(block).max() > 300]
    recorded = heard.tobytes()
    at = n_equal = 0
    for block in loud:
        found = recorded.find(block, at, at + 2 * RATE_HZ * 30)
        if found >= 0:
            n_equal += 1
            at = found
    return n_equal / len(loud)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, SoundServer() as server:
        os.environ["PULSE_SERVER"] = server.address
        os.environ["SKDICTATE_HOME"] = str(Path(folder) / "home")
        speech = recording(Path(folder) / "speech.wav")
        expected = transcript(speech)
        busy = subprocess.Popen([sys.executable, "-c", SPIN])
        with Terminal("--source", "mic") as it:
            it.wait("Press space and speak.")
            it.press(" ")
            it.wait("Listening")
            player = server.play(speech, latency_ms=500)
            player.wait()
            time.sleep(2)
            it.press("q")
            it.exit_code()
        busy.kill()
        kept = Library(Paths.of().library).get(2)
        assert kept is not None
        overruns = [gap for gap in kept.gaps if gap.reason is Reason.OVERRUN]
        heard, _ = soundfile.read(Paths.of().recordings / kept.about.recording, dtype="int16")
        spoken, _ = soundfile.read(speech, dtype="int16")
        errors = Errors()
        errors.add(expected, kept.text)
        print(
            f"{kept.n_samples / RATE_HZ:.0f} s, {errors.n_words} words, a core busy:"
            f" {errors.n_errors} differ from transcribe ({100 * errors.rate:.1f} %),"
            f" {100 * equal(spoken, heard):.2f} % of the samples arrived,"
            f" {len(overruns)} overruns, {len(kept.gaps)} gaps, state {kept.state}"
        )


if __name__ == "__main__":
    main()
