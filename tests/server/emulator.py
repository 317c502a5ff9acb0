"""``skdictate serve`` in the place of the service, for clients that others have written."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import soundfile
import soxr

from tests.support.served import TOKEN, certificate, serving
from tests.support.speech import words

HOST = re.compile(r"(stt\.api\.cloud\.yandex\.net|\{\{ api-host-sk-stt \}\}):443")
PATIENCE_S = 120


@dataclass(frozen=True)
class Emulator:
    """Our server, as a sample needs to know it."""

    address: str
    certificate: Path

    def instead(self, code: str) -> str:
        """The code with this server in the place of the service."""
        moved, n_hosts = HOST.subn(self.address, code)
        assert n_hosts == 1
        return moved


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("emulator")
    made = certificate(folder)
    token = folder / "token"
    token.write_text(TOKEN + "\n")
    options = ["--listen", "127.0.0.1:0", "--token-file", str(token)]
    options += ["--tls-cert", str(made.path), "--tls-key", str(made.key)]
    with serving(folder / "home", *options) as served:
        yield Emulator(served.address, made.path)


@pytest.fixture(scope="module")
def speech(beckett: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording as the samples want it: 8 kHz; with and without a header."""
    sound, rate_hz = soundfile.read(beckett, dtype="float32")
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    soundfile.write(path, soxr.resample(sound, rate_hz, 8_000), 8_000, subtype="PCM_16")
    path.with_suffix(".pcm").write_bytes(path.read_bytes()[44:])
    return path


def run(command: list[str], folder: Path, *, text: str = "", **environ: str) -> str:
    """What a program prints; ``text`` is its standard input."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "PYTHONUNBUFFERED": "1", **environ},
        capture_output=True,
        input=text,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check(printed: str) -> None:
    """Most of what was said is there."""
    heard = set(words(printed.replace("'", " ")))
    assert {"ever", "tried", "failed", "matter", "again", "better"} <= heard, printed
