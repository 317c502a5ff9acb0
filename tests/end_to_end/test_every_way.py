"""One voice, one microphone, every way by which it comes to another machine: the same sound."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from skdictate.library.recording import HEADER_BYTES
from skdictate.system.paths import Paths
from tests.support.sound_server import SoundServer
from tests.support.speech import DATA, words
from tests.support.sshd import HOST, Sshd
from tests.support.terminal import Terminal
from tests.tui.test_in_terminal import newest

SPOKEN = ("ps_goforward.flac", "ls_1089-134686-0001.flac")
LAST = "counseled him"
PAREC = "--raw --format=s16le --rate=16000 --channels=1 --latency-msec=40"
NOWHERE = "unix:/nonexistent"
"""Where no sound server is."""
NEEDED = ("sh", "uname", "date", "grep", "parec")
BLOCK = 3_200
"""Bytes in 100 ms."""
LISTEN = ("skdictate", "listen", "--format", "json")


def until(is_it: Callable[[], object], longest_s: float = 60.0) -> None:
    deadline_s = time.monotonic() + longest_s
    while not is_it():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


class Listener:
    """A ``skdictate listen`` and what it prints."""

    def __init__(self, command: str, environ: dict[str, str]) -> None:
        self.text = self.said = ""
        self.home = None if "ssh loop" in command else Path(environ["SKDICTATE_HOME"])
        """Where it keeps what it hears, if that is here."""
        self._child = subprocess.Popen(
            ["sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
            start_new_session=True,
        )
        self._readers = [
            threading.Thread(target=task, daemon=True) for task in (self._read, self._listen)
        ]
        for reader in self._readers:
            reader.start()

    def close(self) -> None:
        os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        for reader in self._readers:
            reader.join()
        assert self._child.stdin is not None
        self._child.stdin.close()

    def _read(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as lines:
            for line in lines:
                said = json.loads(line)
                self.text += f" {said['text']}" if said["event"] == "final" else ""

    def _listen(self) -> None:
        assert self._child.stderr is not None
        with self._child.stderr as lines:
            for line in lines:
                self.said += line


class Laptop:
    """A machine with a microphone, and what runs on it."""

    def __init__(self, stack: ExitStack, server: SoundServer) -> None:
        self._stack = stack
        self._home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self._sound = {"PULSE_SERVER": server.address}
        self._n = 0

    def environ(self, known: Sshd) -> dict[str, str]:
        """For a program that has a folder of its own; ``skdictate`` is in its PATH."""
        self._n += 1
        environ = known.environ | self._sound
        environ["PATH"] = f"{known.folder / 'bin'}:{environ['PATH']}"
        return environ | {"SKDICTATE_HOME": str(self._home / str(self._n))}

    def run(self, command: str, known: Sshd) -> Listener:
        """Until the end of the test."""
        it = Listener(command, self.environ(known))
        self._stack.callback(it.close)
        return it


@contextmanager
def in_tmux(there: Sshd) -> Iterator[Callable[..., str]]:
    """The app in a tmux over there; gives what to tell that tmux."""
    name = there.folder.name

    def tmux(*words: str) -> str:
        done = subprocess.run(["tmux", "-L", name, *words], capture_output=True, text=True)
        return done.stdout

    started = there.run(HOST, f"tmux -L {name} new-session -d -x 80 -y 24 skdictate")
    assert started.returncode == 0, started.stderr
    try:
        yield tmux
    finally:
        tmux("kill-server")


def test_every_way_gives_to_the_byte_what_is_heard_on_the_spot(server: SoundServer) -> None:
    python = shlex.join([sys.executable, "-m"])
    listen = f"{python} {shlex.join(LISTEN)}"
    parec = f"parec --server={server.address} {PAREC}"
    ours = {"PULSE_SERVER": server.address}
    with ExitStack() as stack:
        enter = stack.enter_context
        box = enter(Sshd(environ=ours))
        desk = enter(Sshd(environ={"PULSE_SERVER": NOWHERE}))
        other = enter(Sshd(environ={"PULSE_SERVER": NOWHERE}))
        bare = enter(Sshd(environ=ours, programs=NEEDED, has_skdictate=False))
        laptop = Laptop(stack, server)
        heard = {
            "here": laptop.run(listen, desk),
            "ssh://": laptop.run(f"{listen} --source ssh://{HOST}", box),
            "ssh:// raw": laptop.run(f"{listen} --source ssh://{HOST}", bare),
            "a command": laptop.run(f"{listen} --source-command '{parec}'", desk),
            "a pipe": laptop.run(
                f"{parec} | ssh {HOST} {shlex.join(LISTEN)} --source stdin", other
            ),
            "remote": laptop.run(f"ssh {HOST} {shlex.join(LISTEN)} --source remote", other),
        }
        tmux = enter(in_tmux(desk))
        visit = enter(Terminal("ssh", HOST, environ=laptop.environ(box)))
        until(lambda: "Waiting for a microphone" in heard["remote"].said)
        laptop.run(f"{parec} | ssh {HOST} skdictate mic in", other)
        until(lambda: "c Copy" in tmux("capture-pane", "-p"))
        tmux("send-keys", "c")
        until(lambda: tmux("show-buffer"))
        line = tmux("show-buffer")
        assert line.startswith("skdictate mic send ") and str(desk.port) in line
        laptop.run(line, desk)
        until(lambda: "Press space and speak." in tmux("capture-pane", "-p"))
        tmux("send-keys", "Space")
        until(lambda: "lag " in tmux("capture-pane", "-p"))
        visit.wait("Press space and speak.")
        visit.press(" ")
        visit.wait("Monitor of Desk on ", "lag ")
        homes = [*(it.home for it in heard.values() if it.home), other.home, box.home, desk.home]
        until(lambda: sum(len(sound) > BLOCK for sound in recordings(homes)) == len(heard) + 2)
        for name in SPOKEN:
            server.play(DATA / name, latency_ms=200).wait()
            time.sleep(0.5)
        for it in heard.values():
            until(lambda it=it: LAST in it.text)  # type: ignore[misc]
        visit.wait(f"{LAST}.")
        visit.press(" ")
        visit.wait("Saved as dictation 1")
        until(lambda: f"{LAST}." in tmux("capture-pane", "-p"))
        tmux("send-keys", "Space")
        until(lambda: "Saved as dictation 1" in tmux("capture-pane", "-p"))
        sounds = recordings(homes)
        texts = {name: it.text for name, it in heard.items()}
        texts["skdictate ssh"] = newest(Paths.of({"SKDICTATE_HOME": str(box.home)})).text
        texts["mic send, tmux"] = newest(Paths.of({"SKDICTATE_HOME": str(desk.home)})).text
    spoken = sounds[0].strip(b"\0")
    blocks = [spoken[start : start + BLOCK] for start in range(0, len(spoken) - BLOCK, BLOCK)]
    assert len(blocks) > 40
    for sound in sounds:
        assert [n for n, block in enumerate(blocks) if block not in sound] == []
    for name, text in texts.items():
        assert words(text)[-2:] == words(LAST), name


def recordings(homes: list[Path]) -> list[bytes]:
    """What is recorded in these libraries so far, without the headers."""
    files = (file for home in homes for file in sorted((home / "recordings").glob("*.wav")))
    return [file.read_bytes()[HEADER_BYTES:] for file in files]
