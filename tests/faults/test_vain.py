"""Sessions that greet and give nothing: few are opened, and what is wrong is said all the while.

Each costs 15 s at the service, and one that is in vain tells that the next may be.
"""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import grpc
import pytest

from skdictate.core.changes import ProblemCleared, Topic
from skdictate.core.status import Phase
from tests.faults.rig import Rig
from tests.faults.scripted_server import End
from tests.faults.test_networks import Scene, play

C = grpc.StatusCode
IN_ORDER = End()
FAILURES = [
    End(C.INTERNAL, "something broke"),
    End(C.NOT_FOUND, "no such model"),
    End(C.FAILED_PRECONDITION, "not now"),
    End(C.UNAVAILABLE, "try again"),
    IN_ORDER,
]
MENDED_S = 150.0


def stumbling(folder: Path, end: End, *, after_s: float, is_dumb: bool) -> Scene:
    """A service that is of no use, and is mended in the end."""

    async def act(rig: Rig) -> None:
        await rig.server.be(stumble=end, stumble_s=after_s, is_dumb=is_dumb)
        await rig.said(5.0 + after_s)
        while rig.source.said < rig.sound.samples(MENDED_S):
            assert rig.stands(Topic.LINK), "it is said as long as it is so"
            assert rig.engine.status().phase is Phase.RECONNECTING
            await asyncio.sleep(0.5)
        seen_billed.append(rig.engine.status().billed_s)
        await rig.server.be(stumble=None, is_dumb=False)
        rig.engine.retry()

    seen_billed: list[int] = []
    scene = play(folder, act, length_s=MENDED_S + 10.0)
    network = 1.5 if end.code is C.UNAVAILABLE else 1.0  # it may be well the next time
    assert seen_billed[0] <= MENDED_S * network
    return scene


@pytest.mark.parametrize("end", FAILURES)
def test_a_service_that_greets_and_gives_nothing_is_asked_ever_more_seldom(
    tmp_path: Path, end: End
) -> None:
    scene = stumbling(tmp_path, end, after_s=0.05, is_dumb=True)
    begun_s = scene.rig.server.begun_s
    waits_s = [after - before for before, after in pairwise(begun_s[:10])]
    assert len(begun_s) <= 14
    assert max(waits_s) > 8
    cleared = [it for _, it in scene.rig.changes if it == ProblemCleared(Topic.LINK)]
    assert len(cleared) == 1, "nothing was well before it was mended"
    assert scene.is_whole()


def test_sessions_that_end_in_good_order_after_a_while_without_text_are_no_better(
    tmp_path: Path,
) -> None:
    scene = stumbling(tmp_path, IN_ORDER, after_s=12.0, is_dumb=True)
    assert len(scene.rig.server.begun_s) <= 9
    assert scene.is_whole()


def test_guesses_that_come_to_nothing_are_no_progress(tmp_path: Path) -> None:
    billed_s: list[int] = []

    async def act(rig: Rig) -> None:
        await rig.server.be(stumble=End(C.INTERNAL, "broke"), stumble_s=0.5)
        await rig.said(MENDED_S)
        billed_s.append(rig.engine.status().billed_s)
        await rig.server.be(stumble=None)
        rig.engine.retry()

    scene = play(tmp_path, act, length_s=MENDED_S + 5.0, style="monologue")
    assert billed_s[0] <= MENDED_S
    assert scene.is_whole()


def test_the_end_of_a_dictation_does_not_wait_for_a_service_that_only_greets(
    tmp_path: Path,
) -> None:
    async def act(rig: Rig) -> None:
        await rig.server.be(stumble=End(C.INTERNAL, "broke"), stumble_s=0.05, is_dumb=True)

    scene = play(tmp_path, act, length_s=10.0)
    assert scene.verdict.n_gaps == 1
    assert scene.outcome.problem is not None
    assert scene.outcome.billed_s <= 150
