"""A real PulseAudio with microphones that play what a test gives them, in real time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import wave
from pathlib import Path
from typing import Self

CONFIG = """\
.fail
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
{sinks}
set-default-source {default}.monitor
"""
COMMAND = (
    *("pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"),
    *("--disable-shm=yes", "--realtime=no", "--high-priority=no"),
)
SINK = (
    "module-null-sink sink_name={name} rate={rate_hz} channels={channels} format=s16le"
    " norewinds=1 sink_properties=device.description={label}"
)
"""Without ``norewinds`` a null sink runs seconds late."""


class SoundServer:
    """Microphones are the monitors of null sinks: "desk" (mono, 16 kHz) and "headset" (stereo)."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pulse-"))
        self.socket = self.folder / "native"
        self.address = f"unix:{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hush()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        sinks = [
            SINK.format(name="desk", label="Desk", rate_hz=16_000, channels=1),
            SINK.format(name="headset", label="Headset", rate_hz=48_000, channels=2),
        ]
        config = self.folder / "default.pa"
        loads = "\n".join(f"load-module {sink}" for sink in sinks)
        config.write_text(CONFIG.format(socket=self.socket, sinks=loads, default="desk"))
        home = str(self.folder)
        self._process = subprocess.Popen(
            [*COMMAND, "-F", str(config), f"--log-target=file:{self.folder / 'log'}"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": home,
                "XDG_RUNTIME_DIR": home,
                "PULSE_RUNTIME_PATH": home,
                "PULSE_STATE_PATH": home,
                "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until_s = time.monotonic() + 20
        while "headset.monitor" not in self.control("list", "short", "sources", check=False):
            assert time.monotonic() < until_s, (self.folder / "log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.socket.unlink(missing_ok=True)

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def control(self, *words: str, check: bool = True) -> str:
        """``pactl`` with these words; what it prints."""
        done = subprocess.run(
            ["pactl", "--server", self.address, *words], capture_output=True, text=True, timeout=20
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def unplug(self, name: str) -> None:
        """The device is gone, and with it every stream that heard it."""
        for line in self.control("list", "short", "modules").splitlines():
            number, _, words = line.partition("\t")
            if f"sink_name={name} " in words:
                self.control("unload-module", number)

    def plug(self, name: str, label: str, rate_hz: int = 16_000, channels: int = 1) -> None:
        sink = SINK.format(name=name, label=label, rate_hz=rate_hz, channels=channels)
        self.control("load-module", *sink.split())

    def call(self, name: str, label: str) -> None:
        """Give the microphone a name like those of real ones."""
        properties = f"source_properties=\"device.description='{label}'\""
        words = (f"master={name}.monitor", f"source_name={name}", properties)
        self.control("load-module", "module-remap-source", *words)

    def move_streams_to(self, name: str) -> None:
        """As a desktop does by itself when it thinks it knows better."""
        for line in self.control("list", "short", "source-outputs").splitlines():
            self.control("move-source-output", line.split()[0], f"{name}.monitor")

    def hush(self) -> None:
        """Nobody speaks any more."""
        for player in self._players:
            player.kill()
            player.wait()
        self._players.clear()

    def play(
        self, path: Path, name: str = "desk", latency_ms: int = 20, n_times: int = 1
    ) -> subprocess.Popen[bytes]:
        """Somebody speaks into a microphone; with more latency a busy machine does not stutter."""
        words = [f"--server={self.address}", f"--latency-msec={latency_ms}", f"--device={name}"]
        player = subprocess.Popen(
            ["paplay", *words, self._again(path, n_times) if n_times > 1 else path],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._players.append(player)
        return player

    def _again(self, path: Path, n_times: int) -> Path:
        """A file that says the same as often, for who may come late to listen."""
        longer = self.folder / f"{n_times} times {path.name}"
        with wave.open(str(path)) as once, wave.open(str(longer), "wb") as again:
            again.setparams(once.getparams())
            sound = once.readframes(once.getnframes())
            for _ in range(n_times):
                again.writeframesraw(sound)
        return longer
