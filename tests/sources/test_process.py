from __future__ import annotations

import sys
from pathlib import Path

import pytest

from skdictate.core.audio import Format
from skdictate.errors import Exit, ProblemError
from skdictate.sources.process import ProcessSource

SOUND = Format(16_000)
PRINT = "import os, sys; os.write(1, bytes(range(250)) * 40); os.write(1, b'x'); os.read(0, 1)"


async def test_what_a_command_prints_is_the_sound_and_stopping_ends_it() -> None:
    source = ProcessSource([sys.executable, "-c", PRINT], SOUND, "test")
    taken = b""
    async with source:
        async for block in source:
            taken += block
            if len(taken) >= 10_000:
                source.stop()
    assert taken == bytes(range(250)) * 40


@pytest.mark.parametrize(
    ("code", "title", "detail"),
    [
        ("raise SystemExit('no \\x1b[31msuch device')", "stopped", "no \ufffd[31msuch device"),
        (
            'import sys; sys.stderr.write(\'["Deaf", "no ear", "grow one"]\')',
            "Deaf",
            "no ear",
        ),
    ],
)
async def test_a_command_that_ends_by_itself_says_why(code: str, title: str, detail: str) -> None:
    source = ProcessSource([sys.executable, "-c", code], SOUND, "test")
    with pytest.raises(ProblemError, match=title) as caught:
        async with source:
            async for _ in source:
                pass
    assert caught.value.problem.detail == detail
    assert caught.value.problem.exit_code is Exit.MICROPHONE


async def test_a_child_that_does_not_end_is_ended(tmp_path: Path) -> None:
    code = "import os, time; os.write(1, bytes(2)); time.sleep(60)"
    source = ProcessSource([sys.executable, "-c", code], SOUND, "test")
    async with source:
        async for _ in source:
            break
    assert source._child is not None
    assert source._child.returncode is not None
