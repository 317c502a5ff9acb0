"""Recognisers whose times are off, over real sockets: no word is lost, none is doubled."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from skdictate.audio.pcm import Format
from tests.core.slips import BROKEN, Slip
from tests.faults import fast_clock
from tests.faults.bad_link import Break
from tests.faults.fake_recogniser import Manners
from tests.faults.numbers import Script
from tests.faults.rig import Rig
from tests.faults.scripted_server import Server
from tests.faults.verdict import Verdict, judge

SOUND = Format(8_000)


def dictate(
    folder: Path,
    slip: Slip,
    *,
    length_s: float = 20.0,
    api: str = "v3",
    has_words: bool = True,
    session_s: float = 300.0,
    gap_s: float = 0.05,
    breaks: bool = False,
    seed: int = 1,
) -> Verdict:
    """Speech to the very end of the recording, heard by a recogniser with these times."""

    async def scene() -> Verdict:
        rng = random.Random(seed)
        script = Script(SOUND)
        while script.n_samples < SOUND.samples(length_s):
            script.say(rng.randint(5, 25), gap_s=gap_s, pause_s=rng.choice((0.2, 0.4, 0.8)))
        while len(script.words) % 5 != 4:
            script.say(1, gap_s=gap_s, pause_s=0)
        script.say(0, gap_s=0, pause_s=0.6)
        script.say(1, gap_s=0, pause_s=0)  # a last utterance of one short word
        manners = Manners(has_words=has_words, slip=slip)
        async with Rig(folder, script, Server(seed, manners, session_s=session_s), api=api) as rig:
            async with asyncio.TaskGroup() as group:
                if breaks:
                    group.create_task(cut(rig))
                await rig.run()
            return judge(rig.kept, script)

    async def cut(rig: Rig) -> None:
        for at_s in (7.3, 21.9, 33.1):
            await rig.said(at_s)
            rig.proxy.break_all(Break.CUT)

    return fast_clock.run(scene())


def is_whole(verdict: Verdict) -> bool:
    """Each word once and in order, and no gap; times may be off."""
    bad = verdict.lost or verdict.doubled or verdict.cut or verdict.disordered
    return not bad and not verdict.n_gaps


@pytest.mark.parametrize("bias_ms", [100, 300])
@pytest.mark.parametrize(("api", "has_words"), [("v3", True), ("v3", False), ("v2", True)])
def test_the_last_words_are_kept_however_late_their_times_are(
    tmp_path: Path, bias_ms: int, api: str, *, has_words: bool
) -> None:
    verdict = dictate(tmp_path, Slip(bias_ms), api=api, has_words=has_words)
    assert is_whole(verdict), verdict


@pytest.mark.parametrize(
    "slip",
    [
        Slip(overlap_ms=100),
        Slip(overlap_ms=300),
        Slip(-100),
        Slip(-300),
        Slip(300),
        Slip(jitter_ms=300),
        Slip(150, jitter_ms=150),
    ],
)
def test_planned_sessions_lose_and_double_nothing_however_times_are_off(
    tmp_path: Path, slip: Slip
) -> None:
    verdict = dictate(tmp_path, slip, length_s=60.0, session_s=20.0, gap_s=0.03)
    assert is_whole(verdict), verdict


@pytest.mark.parametrize("broken", sorted(BROKEN))
def test_a_broken_recogniser_costs_no_word_and_no_loop(tmp_path: Path, broken: str) -> None:
    slip = Slip(broken=broken)
    verdict = dictate(tmp_path, slip, length_s=45.0, session_s=20.0, breaks=True)
    assert not verdict.lost, verdict
    assert verdict.most_times <= 3
    if broken == "repeated":
        assert not verdict.doubled
