"""``skdictate ssh`` to a real server, as servers are configured: it works, or says what would."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from skdictate.system.paths import Paths
from tests.support.kitty import Kitty
from tests.support.processes import command
from tests.support.sshd import HOST, Sshd, descendants, listening
from tests.support.terminal import Terminal
from tests.tui.test_in_terminal import newest

NOBODY = ("--", "--endpoint", "127.0.0.1:1", "--plaintext")
"""A recogniser that need not be started."""


@contextmanager
def visiting(
    sshd: Sshd, sound: Path, *options: str, keyboard: Kitty | None = None
) -> Iterator[Terminal]:
    """The laptop's terminal; its microphone hears what is in the file, from each start anew."""
    environ = sshd.environ | {
        "SKDICTATE_HOME": str(sshd.folder / "laptop"),
        "SKDICTATE_SOURCE": f"file:{sound}",
    }
    with Terminal("ssh", HOST, *options, environ=environ, keyboard=keyboard) as it:
        yield it


def visible(pid: int) -> str:
    """What other programs can see of a process."""
    text = ""
    for name in ("cmdline", "environ"):
        with suppress(OSError):
            text += Path(f"/proc/{pid}/{name}").read_bytes().decode(errors="replace")
    return text


def way(it: Terminal) -> tuple[Path, Path]:
    """The socket that the server makes for this visit, and the one here that it leads to."""
    while not it.has_ended:
        for pid in descendants(it.pid):
            for word in command(pid).split():
                there, mark, door = word.partition(":")
                if mark and there.startswith("/tmp/skd-"):
                    return Path(there), Path(door)
        time.sleep(0.01)
    return Path("/nonexistent"), Path("/nonexistent")


def everybody(sshd: Sshd) -> list[int]:
    """All that runs on the server for us."""
    return [pid for session in sshd.sessions for pid in (session, *descendants(session))]


def is_ready(it: Terminal) -> None:
    it.wait(", ready", "Press space and speak.", patience_s=60)


@pytest.mark.parametrize(
    "lines",
    [
        ("StreamLocalBindUnlink yes", "MaxSessions 1"),
        ("AllowTcpForwarding no",),
        ("DisableForwarding yes", "MaxSessions 1"),
        ("StreamLocalBindMask 0111",),
    ],
    ids=" ".join,
)
def test_the_microphone_comes_along(lines: tuple[str, ...], beckett: Path) -> None:
    with Sshd(*lines) as sshd, visiting(sshd, beckett, *NOBODY) as it:
        there, _ = way(it)
        is_ready(it)
        it.press("q")
        assert it.exit_code() == 0
        assert it.is_restored()
        assert b"forwarding failed" not in it.output
    assert not there.exists(), "nothing of it is left"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("ForceCommand echo hello", "loop did not run the app: .* ForceCommand"),
        ("PermitTTY no", "loop gives no terminal: .* PermitTTY yes.* --source stdin"),
        ("MaxSessions 0", "loop allows no further session: .* MaxSessions"),
        ("DenyUsers *", "loop asks for a password"),
    ],
)
def test_where_it_cannot_be_it_is_said_what_to_change(lines: str, said: str, beckett: Path) -> None:
    with Sshd(lines) as sshd, visiting(sshd, beckett) as it:
        there, _ = way(it)
        assert it.exit_code() == 6
        there.unlink(missing_ok=True)  # nobody of ours ran there who could do that
        assert re.search(said.replace(" ", " ?"), it.text.replace("\n", "")), it.text


def test_where_skdictate_is_not_it_is_said_how_to_get_it_there(beckett: Path) -> None:
    bare = Sshd(programs=["sh", "rm"], has_skdictate=False)
    with bare as sshd, visiting(sshd, beckett) as it:
        there, _ = way(it)
        assert it.exit_code() == 6
        assert not there.exists()
        assert "loop has no skdictate" in it.text
        assert "~/.local/bin/skdictate" in it.text.replace("\n", "")


def test_what_is_said_here_is_written_there_and_keys_go_there(sshd: Sshd, beckett: Path) -> None:
    with visiting(sshd, beckett, "--", "--language", "en-US") as it:
        is_ready(it)
        there, door = way(it)
        assert not there.exists() and not door.exists(), "nobody else may come in, at either end"
        assert not listening([it.pid, *descendants(it.pid), *everybody(sshd)])
        it.press(" ")
        it.wait("0:00  Ever tried.", "Ever failed.", "lag ")
        it.press("p")
        it.wait("Paused", "p Resume")
        it.press("p")
        it.wait("Listening")
        it.resize(60, 20)
        it.press(" ")
        it.wait("Saved as dictation 1")
        (file,) = (sshd.home / "run").glob("*.json")
        token = json.loads(file.read_text())["token"]
        shown = [visible(pid) for pid in (it.pid, *descendants(it.pid), *everybody(sshd))]
        assert any("forwarded:" in text for text in shown)
        assert not any(token in text for text in shown)
        ours = " ".join(os.environ.values())  # such as the name of this test run
        hexes = {it for text in shown for it in re.findall(r"(?<!skd-)[0-9a-f]{32,}", text)}
        assert all(it in ours for it in hexes), "a secret has no place where others can read it"
        it.press("q")
        assert it.exit_code() == 0
    kept = newest(Paths.of({"SKDICTATE_HOME": str(sshd.home)}))
    assert kept.text.startswith("Ever tried. Ever failed.")
    assert kept.about.source.startswith("beckett.wav on ")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_another_user_of_the_server_hears_nothing(beckett: Path) -> None:
    code = """
import os, socket, sys
os.setuid(65534)
it = socket.socket(socket.AF_UNIX)
try:
    it.connect(sys.argv[1])
    print(len(it.recv(65536)))
except PermissionError:
    print("refused")
"""
    with Sshd("ForceCommand sleep 20") as sshd, visiting(sshd, beckett) as it:
        path, _ = way(it)
        while not path.exists():
            time.sleep(0.01)
        assert stat.S_IMODE(path.lstat().st_mode) == 0o600
        done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
        assert done.stdout == "refused\n", done.stderr
        path.unlink()


def test_without_a_screen_there_the_words_come_here(sshd: Sshd, beckett: Path) -> None:
    with visiting(sshd, beckett, "--", "listen", "--stop-after", "1") as it:
        it.wait("Ever tried.", patience_s=60)
        it.press("\x03")
        assert it.exit_code() == 130


def test_its_help_says_whose_words_are_whose() -> None:
    command = [sys.executable, "-m", "skdictate", "ssh", "--help"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0
    assert "[SSH OPTION ...] [-- OPTION OF SKDICTATE ...]" in " ".join(done.stdout.split())


def test_a_lost_connection_is_said_and_the_terminal_is_given_back(beckett: Path) -> None:
    keyboard = Kitty()
    with Sshd() as sshd, visiting(sshd, beckett, *NOBODY, keyboard=keyboard) as it:
        is_ready(it)
        assert len(keyboard.stack) == 2
        sshd.cut()
        assert it.exit_code() == 6
        assert it.is_restored() and it.is_echoing
        assert keyboard.stack == [0] and not keyboard.has_underflown
        assert b"The connection to loop was lost" in it.output
        assert b"log in again" in it.output


@pytest.mark.parametrize("words", [["-oProxyCommand=touch x"], ["a;touch x"], ["--", "--demo"]])
def test_what_is_no_host_calls_nobody(words: list[str]) -> None:
    with Terminal("ssh", *words) as it:
        assert it.exit_code() == 2
        assert re.search("Use: skdictate ssh|Give HOST", it.text.replace("\n", " "))


def test_without_a_terminal_it_is_said_in_words(sshd: Sshd) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "skdictate", "ssh", HOST],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=sshd.environ,
    )
    assert done.returncode == 2
    assert "skdictate listen --source stdin" in done.stderr
