"""Programs that record: any of them, until it ends, and again."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import Format
from skdictate.errors import Exit, ProblemError
from skdictate.sources.base import Item, Named, Trouble, title
from skdictate.sources.command_source import CommandSource
from tests.sources.test_stdin_source import NOISE, wav

SOUND = Format(16_000)


def program(code: str, *arguments: str) -> list[str]:
    head = "import os, signal, sys, time; out = sys.stdout.buffer;"
    return [sys.executable, "-c", f"{head}\n{code}", *arguments]


async def heard(source: CommandSource, n_bytes: int) -> list[Item]:
    """What comes until so much sound has come; the source is stopped then."""
    items: list[Item] = []
    async with asyncio.timeout(20), source, aclosing(aiter(source)) as all_items:  # type: ignore[type-var]
        async for item in all_items:
            items.append(item)
            if sum(len(it) for it in items if isinstance(it, bytes)) >= n_bytes:
                source.stop()
    return items


def pcm(items: list[Item]) -> bytes:
    return b"".join(item for item in items if isinstance(item, bytes))


@pytest.mark.parametrize("sound", [NOISE, wav(NOISE)])
async def test_raw_samples_and_wav_pass(sound: bytes, tmp_path: Path) -> None:
    file = tmp_path / "sound"
    file.write_bytes(sound)
    code = "out.write(open(sys.argv[1], 'rb').read()); out.flush(); time.sleep(60)"
    items = await heard(CommandSource(program(code, str(file)), SOUND), len(NOISE))
    assert pcm(items) == NOISE


async def test_a_recorder_that_dies_is_started_again_and_what_it_missed_has_its_length(
    tmp_path: Path,
) -> None:
    runs = tmp_path / "runs"
    code = """
out.write(bytes(3200))
out.flush()
open(sys.argv[1], "a").write("x")
if len(open(sys.argv[1]).read()) == 1:
    sys.stderr.write("one\\nthe cable \\x1b]0;x\\x07is gone\\n")
    sys.exit(7)
time.sleep(60)
"""
    began_s = time.monotonic()
    items = await heard(CommandSource(program(code, str(runs)), SOUND), 6400)
    took_s = time.monotonic() - began_s
    (trouble,) = (item for item in items if isinstance(item, Trouble))
    assert "code 7" in trouble.problem.detail
    assert "the cable \N{REPLACEMENT CHARACTER}]0;x\N{REPLACEMENT CHARACTER}is gone" in (
        trouble.problem.detail
    )
    (missing,) = (item for item in items if isinstance(item, Missing))
    assert 0.06 <= SOUND.seconds(missing.n_samples) < took_s
    others = [type(item) for item in items if not isinstance(item, bytes)]
    assert others == [Named, Trouble, Missing]


async def test_one_that_never_gives_sound_is_given_up_with_its_words() -> None:
    code = "sys.exit('no such device')"
    with pytest.raises(ProblemError, match="said: no such device") as caught:
        await heard(CommandSource(program(code), SOUND), 1)
    assert caught.value.problem.exit_code is Exit.MICROPHONE


@pytest.mark.parametrize("words", [["/no/such/program"], ["a\0b"]])
async def test_one_that_cannot_be_started_is_said_at_once(words: list[str]) -> None:
    with pytest.raises(ProblemError, match="cannot be started"):
        await heard(CommandSource(words, SOUND), 1)


async def test_nothing_is_given_to_a_shell(tmp_path: Path) -> None:
    bait = tmp_path / "bait"
    code = "out.write(sys.argv[1].encode().ljust(640)); out.flush(); time.sleep(60)"
    text = f"; touch {bait} $(touch {bait}) `touch {bait}`"
    items = await heard(CommandSource(program(code, text), SOUND), 640)
    assert pcm(items).decode().strip() == text
    assert not bait.exists()


async def test_at_the_end_it_and_all_that_it_has_started_are_gone(tmp_path: Path) -> None:
    file = tmp_path / "pids"
    code = f"""
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = os.fork()
open({str(file)!r}, "a").write(f"{{os.getpid()}}\\n")
out.write(bytes(640))
out.flush()
time.sleep(60)
"""
    await heard(CommandSource(program(code), SOUND), 1280)
    pids = list(map(int, file.read_text().split()))
    assert len(pids) == 2
    for _ in range(100):
        alive = [pid for pid in pids if is_alive(pid)]
        if not alive:
            break
        await asyncio.sleep(0.02)
    assert not alive


async def test_it_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YC_API_KEY", "AQVN-key")
    code = "out.write(repr(dict(os.environ)).encode().ljust(64000)); out.flush(); time.sleep(60)"
    items = await heard(CommandSource(program(code), SOUND), 64000)
    assert b"PATH" in pcm(items)
    assert b"AQVN-key" not in pcm(items)


def test_a_long_command_has_a_short_name() -> None:
    assert title(["arecord", "-q"]) == "arecord -q"
    assert title(["x" * 99]) == "x" * 39 + "…"
    assert "\x1b" not in title(["a\x1bb"])


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
