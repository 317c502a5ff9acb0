"""Recognisers whose times are off, over real sockets: no word is lost, none is doubled."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from skdictate.core.audio import Format
from tests.core.slips import Slip
from tests.faults import clock
from tests.faults.numbers import Script
from tests.faults.rig import Rig
from tests.faults.server import Server
from tests.faults.teller import Manners
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
            await rig.run()
            return judge(rig.kept, script)

    return clock.run(scene())


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
