"""Three watchdogs, each through the real engine: no sound, nothing sent, no words."""

from __future__ import annotations

import asyncio
from pathlib import Path

from skdictate.core.changes import SessionChanged, Topic
from skdictate.core.session_state import SessionState
from tests.faults.rig import Rig
from tests.faults.test_networks import WIDE, play


def test_no_sound_for_ten_seconds_is_said_until_there_is_some(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        rig.source.is_stuck = True
        await asyncio.sleep(9)
        assert not rig.stands(Topic.CAPTURE)
        await rig.until(lambda: rig.stands(Topic.CAPTURE) == "No sound arrives")
        rig.source.is_stuck = False
        await rig.until(lambda: not rig.stands(Topic.CAPTURE))

    scene = play(tmp_path, act)
    assert scene.is_whole()
    assert scene.titles == ["No sound arrives"]


def test_audio_that_waits_is_said_after_a_second_and_sent_elsewhere_after_five(
    tmp_path: Path,
) -> None:
    told_s: list[float] = []

    async def act(rig: Rig) -> None:
        loop = asyncio.get_running_loop()
        await rig.said(5)
        await rig.server.be(is_full=True)
        await rig.until(lambda: bool(rig.stands(Topic.SEND)))
        told_s.append(loop.time())
        await rig.until(lambda: bool(rig.stands(Topic.LINK)))
        told_s.append(loop.time())
        await rig.server.be(is_full=False)
        await rig.until(lambda: not rig.stands(Topic.LINK))

    scene = play(tmp_path, act, sound=WIDE, length_s=30)
    assert scene.is_whole()
    assert set(scene.titles) == {"The connection is slow", "The recogniser stopped reading"}
    assert 3.5 < told_s[1] - told_s[0] < 5.5


def test_a_recogniser_that_gets_nowhere_is_said_after_ten_seconds_and_left_after_thirty(
    tmp_path: Path,
) -> None:
    left_s: list[float] = []

    async def act(rig: Rig) -> None:
        await rig.server.be(is_deaf=True)
        await rig.until(lambda: rig.stands(Topic.PROGRESS) == "Sound, but no words")
        assert rig.sound.seconds(rig.source.said) < 15
        await rig.server.be(is_deaf=False)  # the session that runs stays as it is
        await rig.until(lambda: not rig.stands(Topic.PROGRESS))
        left_s.append(rig.sound.seconds(rig.source.said))

    scene = play(tmp_path, act, length_s=45, style="monologue")
    assert scene.is_whole(), "what the first session did not hear, the second does"
    assert 29 < left_s[0] < 40
    closed = [it.session_number for _, it in scene.rig.changes if isinstance(it, SessionChanged)]
    assert set(closed) == {1, 2}
    assert SessionState.CLOSED in [
        it.state for _, it in scene.rig.changes if isinstance(it, SessionChanged)
    ]
