"""``skdictate serve`` as a process of its own, and a certificate that nobody has vouched for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

TOKEN = "token-of-the-tests-4711"
PATIENCE_S = 30


@dataclass(frozen=True)
class Certificate:
    """PEM files."""

    path: Path
    key: Path


def certificate(folder: Path) -> Certificate:
    """A new one for this machine."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    made = Certificate(folder / "cert.pem", folder / "key.pem")
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    command += ["-addext", names, "-keyout", str(made.key), "-out", str(made.path)]
    subprocess.run(command, check=True, capture_output=True)
    return made


@dataclass
class Served:
    """A server that is ready."""

    process: subprocess.Popen[str]
    address: str

    def end(self, signal: int) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(signal)
        return self.process.wait(PATIENCE_S)


@contextmanager
def serving(home: Path, *options: str) -> Iterator[Served]:
    """Start it, and see to it that it ends."""
    command = [sys.executable, "-m", "skdictate", "serve", "--format", "json", *options]
    environ = {key: value for key, value in os.environ.items() if not key.startswith("SKDICTATE_")}
    environ |= {"SKDICTATE_HOME": str(home)}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ
    ) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            told = json.loads(line)
            assert (told["v"], told["event"]) == (1, "ready")
            yield Served(process, told["address"])
        finally:
            process.kill()
