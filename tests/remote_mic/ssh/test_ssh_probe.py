"""The script that finds something that records, on a real server with what it has installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from skdictate.remote_mic.ssh import ssh_command_line, ssh_probe
from tests.support.sound_server import SoundServer
from tests.support.sshd import HOST, Sshd

NEEDED = ("sh", "uname", "date", "grep")
"""What every system has."""
STAND_IN = """\
printf '%s\\0' "$0" "$@" >>{log}
head -c 640 /dev/zero
exit {code}
"""
DEVICES = [
    "desk",
    "hw:1,0",
    "a; touch {bait} #",
    "$(touch {bait})",
    "`touch {bait}`",
    "' \"; touch {bait} '",
    '"; touch {bait}; "',
    "-i",
    "--help",
    "| touch {bait}",
    "* ~ \\",
    "\N{SNOWMAN}",
]


@pytest.fixture(scope="module")
def bare() -> Iterator[Sshd]:
    """A machine on which nothing records; a test adds what it needs."""
    with Sshd(programs=[*NEEDED, "head"], has_skdictate=False) as running:
        yield running


def asked(sshd: Sshd, device: str = "", *, is_near: bool = False) -> subprocess.Popen[bytes]:
    """The script runs there, or in a shell here that finds the same programs."""
    command = list(ssh_probe.words(16_000, device, "stream-1"))
    environ = {"PATH": str(sshd.folder / "bin"), "HOME": "/nonexistent"}
    if not is_near:
        options = ["-F", str(sshd.config)]
        command = ssh_command_line.command(
            HOST, *command, options=options, ours=ssh_command_line.ALONE
        )
        environ = dict(os.environ)
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
    )
    assert child.stdin is not None
    child.stdin.write(b"go\n")
    child.stdin.flush()
    return child


def ended(sshd: Sshd, device: str = "", *, is_near: bool = False) -> tuple[int, bytes, list[str]]:
    child = asked(sshd, device, is_near=is_near)
    out, said = child.communicate(timeout=30)
    return child.returncode, out.partition(ssh_probe.RAW)[2], said.decode().splitlines()


def stand_in(sshd: Sshd, name: str, code: int = 0) -> Path:
    """A program that notes how it was called, prints silence, and ends."""
    log = sshd.folder / f"{name}.log"
    log.unlink(missing_ok=True)
    program = sshd.folder / "bin" / name
    program.write_text("#!/bin/sh\n" + STAND_IN.format(log=log, code=code))
    program.chmod(0o755)
    return log


def words_in(log: Path) -> list[str]:
    return log.read_text().split("\0")[1:-1]


def test_what_was_tried_is_said_if_nothing_records(bare: Sshd) -> None:
    code, sound, said = ended(bare)
    assert (code, sound) == (ssh_probe.NOTHING, b"")
    assert dict(ssh_probe.tried(said)) == dict.fromkeys(ssh_probe.PROGRAMS, "not installed")
    problem = ssh_probe.nothing_records("pi", said)
    assert problem.title == "Nothing on pi records"
    assert problem.detail.startswith("Tried there: skdictate: not installed; parec: not installed")
    assert "sox: not installed" in problem.detail


@pytest.mark.parametrize("name", ["parec", "pw-record", "arecord", "ffmpeg", "sox"])
@pytest.mark.parametrize("device", DEVICES)
def test_a_device_is_one_word_whoever_records(
    bare: Sshd, tmp_path: Path, name: str, device: str
) -> None:
    bait = tmp_path / "bait"
    device = device.format(bait=bait)
    log = stand_in(bare, name, code=0)
    nodes = bare.folder / "bin" / "pw-cli"
    if name == "pw-record":  # it is asked whether it knows the device, else another would be heard
        nodes.write_text(f"#!/bin/sh\necho 'node.name = \"'{_quoted(device)}'\"'\n")
        nodes.chmod(0o755)
    is_near = name != "sox"  # the last one: before it all others are tried
    code, sound, said = ended(bare, device, is_near=is_near)
    (bare.folder / "bin" / name).unlink()
    nodes.unlink(missing_ok=True)
    assert not bait.exists()
    assert code == ssh_probe.NOTHING, "it ended at once, so that others were tried"
    if name in ("parec", "pw-record") and device.startswith("hw:"):
        assert not log.exists(), "that is ALSA's name of a device"
        return
    assert sound == bytes(len(sound)) and len(sound) in (640, 1280)
    assert (name, "") in ssh_probe.tried(said)
    plain = {"-i": "./-i", "--help": "./--help"} if name == "sox" else {}
    wanted = plain.get(device, device.replace("hw:", "plughw:", 1))
    assert any(wanted in (word, word.partition("=")[2]) for word in words_in(log)), words_in(log)


def test_the_next_one_is_tried_where_one_fails_and_the_reason_is_kept(bare: Sshd) -> None:
    (bare.folder / "bin" / "parec").write_text("#!/bin/sh\necho Connection refused >&2; exit 1\n")
    (bare.folder / "bin" / "parec").chmod(0o755)
    log = stand_in(bare, "arecord")
    _, sound, said = ended(bare)
    for name in ("parec", "arecord"):
        (bare.folder / "bin" / name).unlink()
    assert len(sound) == 640
    assert dict(ssh_probe.tried(said))["parec"] == "Connection refused"
    assert words_in(log)[-2:] == ["-D", "default"]


def test_what_was_tried_cannot_be_forged_into_more_than_words() -> None:
    said = [
        "noise of a shell",
        "skdictate tries arecord",
        "\x1b[2J" + "x" * 300,
        "skdictate tries rm -rf",
        "more",
    ]
    assert ssh_probe.tried(said) == [("arecord", "more")]
    assert "\x1b" not in ssh_probe.nothing_records("pi", said[:3]).detail
    assert "no shell" in ssh_probe.nothing_records("pi", ["bash: sh: command not found"]).detail


@pytest.mark.parametrize("name", ["parec", "arecord", "sox"])
def test_real_programs_record_what_is_spoken(server: SoundServer, beckett: Path, name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    environ = {"PULSE_SERVER": server.address}
    with Sshd(programs=[*NEEDED, name], has_skdictate=False, environ=environ) as sshd:
        alsa = "pcm.!default {type pulse}\nctl.!default {type pulse}\n"
        (sshd.folder / "user-home" / ".asoundrc").write_text(alsa)
        server.play(beckett, n_times=30)
        child = asked(sshd)
        assert child.stdout is not None and child.stderr is not None
        sound = b""
        while sum(map(bool, sound)) < 16_000:
            piece = child.stdout.read1(4096)  # type: ignore[attr-defined]
            assert piece, child.stderr.read()
            sound += piece
        child.kill()
        child.communicate()
    server.hush()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"
