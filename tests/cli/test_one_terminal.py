"""Standard output and standard error on one terminal: whole lines, one after the other."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from skdictate.audio.pcm import Format
from skdictate.output.nonblocking_stream import are_one
from tests.conftest import Serving
from tests.support.command import COMMAND, run
from tests.support.number_recogniser import count, write
from tests.support.terminal import Terminal

SOUND = Format(16_000)
ROWS = 500
"""Nothing is rolled off the screen."""


def shown(*arguments: str, columns: int = 2_000) -> tuple[list[str], bytes]:
    """The lines that stand on the terminal in the end and are no notes, and all that was sent."""
    with Terminal(*arguments, columns=columns, rows=ROWS) as terminal:
        assert terminal.exit_code(120) == 0
        rows = terminal.text.splitlines()
        return [it for it in rows if it and not it.startswith("skdictate: ")], terminal.output


async def lines_of(*numbers: int) -> list[str]:
    """What these dictations say in the library."""
    texts = [(await run("history", "export", str(n))).out for n in numbers]
    return "".join(texts).splitlines()


async def test_speech_on_a_terminal_is_whole_lines(two_cities: Path, beckett: Path) -> None:
    arguments = ("transcribe", str(two_cities), str(beckett), "--speed", "6")
    rows, sent = await asyncio.to_thread(shown, *arguments)
    assert sent.count(b"\r\x1b[K") > 20, "there were no partials"
    assert rows == await lines_of(1, 2)
    assert len(rows) >= 5


async def test_two_hundred_finals_on_a_terminal_are_whole_lines(
    serving: Serving, tmp_path: Path
) -> None:
    pcm = count(1, 400, SOUND, gap_s=0.05, pause_s=0.4, run=2)
    path = write(tmp_path / "numbers.wav", pcm, SOUND)
    async with serving() as endpoint:
        arguments = ("transcribe", str(path), "--endpoint", endpoint.target, "--speed", "100")
        rows, sent = await asyncio.to_thread(shown, *arguments)
    assert sent.count(b"\r\x1b[K") > 200, "there were no partials"
    assert rows == [f"{n} {n + 1}" for n in range(1, 401, 2)]


async def test_json_on_a_terminal_is_whole_lines(beckett: Path) -> None:
    arguments = ("transcribe", str(beckett), "--speed", "6", "--format", "json")
    rows, _ = await asyncio.to_thread(shown, *arguments)
    assert all(row.startswith('{"v": 1,') and row.endswith("}") for row in rows)
    assert '"event": "end"' in rows[-1]


async def test_one_pipe_for_both_has_whole_lines(serving: Serving, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", count(1, 40, SOUND, gap_s=0, pause_s=0.4, run=1), SOUND)
    async with serving() as endpoint:
        process = await asyncio.create_subprocess_exec(
            *(*COMMAND, "transcribe", str(path), "--format", "json", "--endpoint"),
            *(endpoint.target, "--speed", "100"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        out, _ = await process.communicate()
    rows = out.decode().splitlines()
    assert rows[0].startswith(f"skdictate: {path.name}: "), "what was said first comes first"
    assert all(row.startswith(("skdictate: ", "{")) for row in rows)


ONE = """
import os, sys
from skdictate.output.nonblocking_stream import are_one
other = os.open(sys.argv[1], os.O_RDWR)
with open(other, "w") as stream:
    print(are_one(sys.stdout, sys.stderr), are_one(sys.stdout, stream))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such names")
def test_a_terminal_is_one_under_any_of_its_names(tmp_path: Path) -> None:
    script = tmp_path / "one.py"
    script.write_text(ONE)
    parent, child = os.openpty()
    launch = "import fcntl, os, runpy, sys, termios; fcntl.ioctl(1, termios.TIOCSCTTY, 0)"
    launch += "; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    said = []
    for name in ("/dev/tty", "/dev/null"):
        subprocess.run(
            [sys.executable, "-c", launch, str(script), name],
            stdout=child,
            stderr=child,
            start_new_session=True,
            check=True,
        )
        said.append(os.read(parent, 1000).decode().strip())
    os.close(child)
    os.close(parent)
    assert said == ["True True", "True False"]


def test_two_files_are_two(tmp_path: Path) -> None:
    with (tmp_path / "a").open("w") as first, (tmp_path / "b").open("w") as second:
        assert not are_one(first, second)
        with os.fdopen(os.dup(first.fileno()), "w") as again:
            assert are_one(first, again)
