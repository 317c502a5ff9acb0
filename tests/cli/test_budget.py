"""A budget, as the user of the command line sees it: a real server, and what is left for later."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from skdictate.audio.pcm import Format
from tests.faults.numbers import STYLES
from tests.faults.scripted_server import Server
from tests.support.command import run
from tests.support.number_recogniser import write

SOUND = Format(8_000)


@pytest.mark.parametrize("flag", ["--budget-s", "--budget-day-s"])
async def test_what_the_budget_does_not_pay_for_is_recognised_later(
    tmp_path: Path, flag: str
) -> None:
    script = STYLES["talk"](SOUND, 40.0, random.Random(1))
    path = write(tmp_path / "talk.wav", script.pcm(0, script.n_samples), SOUND)
    environ = {"SKDICTATE_HOME": str(tmp_path / "home")}
    async with Server(1) as server:
        where = ["--endpoint", f"127.0.0.1:{server.port}", "--plaintext"]
        listen = ["listen", "--source", f"file:{path}", "--speed", "0", "--format", "json"]
        done = await run(*listen, *where, "--rate", "8000", flag, "30", environ=environ)
        assert done.code == 1, done.err
        (end,) = done.events("end")
        assert end["billed_s"] == 30
        assert "The budget is used up" in done.err
        assert f"{flag} leaves 30 s" in done.err
        assert "To recognise them later: skdictate history redo 1" in done.err
        heard = done.events("final")
        assert 15 < heard[-1]["end_ms"] / 1000 < 31
        again = await run("history", "redo", "1", *where, flag, "30", environ=environ)
        is_spent = flag == "--budget-day-s"
        assert ("The budget is used up" in again.err) is is_spent
        if is_spent:
            again = await run("history", "redo", "1", *where, environ=environ)
        assert again.code == 0, again.err
        kept = await run("history", "export", "1", environ=environ)
    numbers = [int(word) for word in kept.out.split()]
    assert numbers == sorted(set(numbers))
    assert (numbers[0], numbers[-1] > 40) == (1, True)
