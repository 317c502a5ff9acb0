"""Answers that mean harm: neither engine nor screen nor file gives them what they want.

The soak does the same a hundred thousand times: ``python -m tests.faults answers requests``.
"""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from skdictate.system.rate_limit import RateLimit
from skdictate.text.clean_text import clean
from tests.faults import answers, fast_clock, requests, screens
from tests.faults.fuzz import TEXTS
from tests.faults.harmless import SEQUENCE, TEXTUAL, harm, strangers
from tests.faults.rig import Rig
from tests.faults.test_networks import play


def test_no_character_that_could_act_is_left_by_cleaning() -> None:
    everything = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    for start in range(0, len(everything), 5_000):
        assert not harm(clean("x".join(everything[start : start + 5_000])))
    for text in TEXTS:
        assert not harm(clean(text))


def test_the_judge_of_terminals_is_no_fool() -> None:
    assert harm("\x1b[0m\u202e\x9b\ue000\u2066") == [
        "U+001B",
        "U+202E",
        "U+009B",
        "U+E000",
        "U+2066",
    ]
    for text in TEXTS[:10]:
        assert strangers(text.encode()), text
    assert not strangers(b"\x1b[?1049h\x1b[1;1H\x1b[38;2;1;2;3mwords\x1b[0m")
    assert SEQUENCE.fullmatch(b"\x1b]52;c;AAAA\x07")
    assert not TEXTUAL.fullmatch(b"\x1b]52;c;AAAA\x07")


@pytest.mark.parametrize("api", ["v3", "v2"])
def test_a_thousand_fuzzed_answers_neither_act_nor_kill(api: str) -> None:
    fire = answers.under_fire(seed=11, api=api, n_answers=1_000)
    assert (fire.harm, fire.wrong) == ("", "")
    assert fire.n_answers >= 1_000


def test_an_answer_that_is_no_message_costs_a_session_and_no_word(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        rig.server.nonsense = iter([b"\xff\xff\xff\xff"])
        await rig.until(lambda: "The recogniser's answer is malformed" in titles(rig))
        rig.server.nonsense = None

    scene = play(tmp_path, act)
    assert scene.is_whole()


def titles(rig: Rig) -> list[str]:
    return [raised.problem.title for raised in rig.problems()]


def test_more_than_a_recogniser_can_say_has_to_wait_at_its_end() -> None:
    async def flood() -> float:
        loop = asyncio.get_running_loop()
        throttle, begun_s = RateLimit(400, 800), loop.time()
        for _ in range(4_800):
            await throttle.passed(1)
        return loop.time() - begun_s

    assert fast_clock.run(flood()) == pytest.approx(10, abs=0.5)


def test_the_screen_lives_and_gives_nothing_of_it_to_the_terminal() -> None:
    seen = screens.app(seed=3, api="v3", n_answers=1_500, n_babble=100)
    assert seen.strange == []
    assert seen.is_well


@pytest.mark.parametrize("form", ["text", "json"])
def test_without_a_screen_nothing_of_it_reaches_the_terminal_either(form: str) -> None:
    seen = screens.plain(seed=4, api="v3", n_answers=400, form=form)
    assert seen.strange == []
    assert seen.is_well


def test_the_server_is_well_after_fuzzed_requests_and_clients_that_vanish() -> None:
    siege = requests.besiege(seed=5, n_requests=800)
    assert siege.raised == []
    assert siege.is_well


def test_a_program_that_was_stopped_for_longer_than_a_session_may_be_idle(
    tmp_path: Path, beckett: Path
) -> None:
    """As a machine that slept: the recogniser, a process of its own, was not stopped."""
    command = [sys.executable, "-m", "skdictate", "listen", "--source", f"file:{beckett}"]
    with subprocess.Popen(
        [*command, "--speed", "5", "--idle-seconds", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGSTOP)
        time.sleep(2.0)
        process.send_signal(signal.SIGCONT)
        rest, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    text = (first + rest).lower()
    assert "ever tried" in text
    assert text.rstrip().endswith("better."), "the last words come too"
