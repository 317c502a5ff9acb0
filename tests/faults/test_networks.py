"""Networks and servers at their worst: the dictation goes on, says what is wrong, and is whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from skdictate.audio.pcm import Format
from skdictate.core.changes import PartialChanged, SessionChanged, Topic
from skdictate.core.status import Phase
from skdictate.engine import Outcome
from tests.faults import bad_link, fast_clock
from tests.faults.bad_link import Break, Way
from tests.faults.fake_recogniser import Manners
from tests.faults.hours import resident_mb
from tests.faults.mishaps import ENHANCE_YOUR_CALM, NO_ERROR, NOWHERE
from tests.faults.numbers import STYLES
from tests.faults.rig import Rig
from tests.faults.scripted_server import End, Server
from tests.faults.verdict import Verdict, judge

Act = Callable[[Rig], Awaitable[None]]
NARROW = Format(8_000)
WIDE = Format(48_000)


@dataclass(frozen=True)
class Scene:
    """A dictation that was disturbed, and what became of it."""

    rig: Rig
    outcome: Outcome
    verdict: Verdict

    @property
    def titles(self) -> list[str]:
        """Of all problems that were said."""
        return [raised.problem.title for raised in self.rig.problems()]

    def is_whole(self) -> bool:
        """All words are there, in their places, and nothing is wrong any more."""
        return self.verdict.is_well and not self.verdict.n_gaps and self.outcome.problem is None


def play(
    folder: Path,
    act: Act,
    *,
    length_s: float = 20.0,
    is_roomy: bool = False,
    sound: Format = NARROW,
    style: str = "talk",
    manners: Manners | None = None,
    has_hedges: bool = True,
    speed: float = fast_clock.SPEED,
) -> Scene:
    """Dictate, while that happens."""

    async def scene() -> Scene:
        script = STYLES[style](sound, length_s, random.Random(1))
        server = Server(1, manners or Manners(), is_roomy=is_roomy)
        async with Rig(folder, script, server, has_hedges=has_hedges) as rig:
            async with asyncio.TaskGroup() as group:
                group.create_task(act(rig))  # type: ignore[arg-type]
                outcome = await rig.run()
            return Scene(rig, outcome, judge(rig.kept, script))

    return fast_clock.run(scene(), speed=speed)


def test_cuts_at_any_moment(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        rng = random.Random(7)
        for at_s in range(2, 20, 2):
            await rig.said(at_s + rng.random())
            rig.proxy.break_all(
                rng.choice([Break.CUT, Break.RESET]), after_bytes=rng.randint(0, 99)
            )

    scene = play(tmp_path, act)
    assert scene.is_whole()
    assert scene.outcome.n_sessions >= 8


def test_a_server_that_refuses_connections(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        await rig.proxy.refuse()
        rig.proxy.break_all(Break.CUT)
        await rig.until(lambda: rig.engine.status().phase is Phase.RECONNECTING)
        assert rig.stands(Topic.LINK) == "The recogniser cannot be reached"
        await rig.said(35)
        assert rig.engine.status().unsent_s > 25
        await rig.proxy.open()
        await rig.until(lambda: rig.engine.status().phase is Phase.CATCHING_UP)
        assert not rig.stands(Topic.LINK)

    scene = play(tmp_path, act, length_s=60)
    assert scene.is_whole()
    assert scene.rig.server.pace(10.0) < 2.5, "twice as fast as spoken, and three seconds at once"


def test_a_name_that_is_not_known_for_a_while(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        rig.target = NOWHERE
        rig.proxy.break_all(Break.CUT)
        await rig.until(lambda: rig.stands(Topic.LINK) == "The server's name was not found")
        await rig.said(15)
        rig.target = ""

    assert play(tmp_path, act).is_whole()


def test_a_server_that_takes_connections_and_never_answers(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(3)
        rig.proxy.is_hole = True
        rig.proxy.break_all(Break.CUT)
        await rig.until(lambda: rig.stands(Topic.LINK) == "The recogniser does not answer")
        await rig.said(20)
        rig.proxy.is_hole = False

    assert play(tmp_path, act, length_s=30).is_whole()


def is_replaced(rig: Rig) -> bool:
    """A second session has answered before the first, which is no more."""
    closed = [it for _, it in rig.changes if isinstance(it, SessionChanged) and it.problem]
    return "The recogniser fell silent" in [it.problem.title for it in closed if it.problem]


@pytest.mark.parametrize("is_roomy", [False, True])
def test_a_connection_that_swallows_everything(tmp_path: Path, *, is_roomy: bool) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        rig.proxy.break_all(Break.HOLE)
        await rig.until(lambda: is_replaced(rig), 3.0)
        assert not rig.problems(), "nobody had to be told"

    scene = play(tmp_path, act, style="monologue", is_roomy=is_roomy)
    assert scene.is_whole()
    assert scene.rig.proxy.n_connections >= 2, "the dead one is not used again"


def test_without_second_sessions_a_connection_that_takes_no_more_is_said_to_and_replaced(
    tmp_path: Path,
) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        rig.proxy.break_all(Break.HOLE)
        await rig.until(lambda: rig.stands(Topic.SEND) == "The connection is slow")
        await rig.until(lambda: rig.stands(Topic.LINK) == "The recogniser stopped reading")

    scene = play(tmp_path, act, sound=WIDE, has_hedges=False)
    assert scene.is_whole()
    assert not is_replaced(scene.rig)


def test_without_second_sessions_one_that_says_no_more_is_said_to_and_replaced(
    tmp_path: Path,
) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        rig.proxy.break_all(Break.HOLE)
        await rig.until(lambda: rig.stands(Topic.PROGRESS) == "The recogniser sends no answers")
        await rig.until(lambda: not rig.stands(Topic.PROGRESS))

    scene = play(tmp_path, act, length_s=60, style="monologue", is_roomy=True, has_hedges=False)
    assert scene.is_whole()
    assert not is_replaced(scene.rig)


def test_a_network_that_swallows_everything_is_back_within_a_moment(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        rig.proxy.is_hole = True
        rig.proxy.break_all(Break.HOLE)
        await rig.said(12)
        rig.proxy.is_hole = False
        n_before = len(rig.changes)
        await rig.until(lambda: is_told(rig, n_before), 1.5)

    def is_told(rig: Rig, n_before: int) -> bool:
        return any(isinstance(it, PartialChanged) for _, it in rig.changes[n_before:])

    scene = play(tmp_path, act, style="monologue", length_s=25)
    assert scene.is_whole()


def test_a_server_that_stops_reading(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        await rig.server.be(is_full=True)
        await rig.until(lambda: rig.stands(Topic.SEND) == "The connection is slow")
        await rig.until(lambda: rig.stands(Topic.LINK) == "The recogniser stopped reading")
        await rig.server.be(is_full=False)

    assert play(tmp_path, act, sound=WIDE, length_s=30).is_whole()


def test_a_server_that_says_nothing_for_minutes_is_not_paid_for_nothing(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(10)
        await rig.server.be(is_mute=True)
        await rig.until(lambda: rig.stands(Topic.PROGRESS) == "The recogniser sends no answers")
        await rig.until(lambda: rig.stands(Topic.LINK) == "The recogniser fell silent")
        await rig.said(240)
        await rig.server.be(is_mute=False)

    scene = play(tmp_path, act, length_s=300, speed=100)
    assert scene.is_whole()
    assert scene.rig.server.most_at_once <= 4
    assert scene.outcome.billed_s < 3 * 300


@pytest.mark.parametrize("delay_s", [2.0, 8.0])
def test_a_server_that_answers_late(tmp_path: Path, delay_s: float) -> None:
    async def act(rig: Rig) -> None:
        pass

    scene = play(tmp_path, act, manners=Manners(delay_s=delay_s))
    assert scene.is_whole()
    assert scene.outcome.n_sessions == 1


def test_a_server_that_goes_away_in_good_order_and_one_that_calls_us_names(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(4)
        await rig.server.go_away()
        for at_s, frame in (
            (8, bad_link.goaway(NO_ERROR)),
            (12, bad_link.goaway(NO_ERROR, last_stream=0)),
            (16, bad_link.goaway(ENHANCE_YOUR_CALM, words=b"\x1b]0;too_many_pings\x07")),
        ):
            await rig.said(at_s)
            rig.proxy.inject(frame)

    scene = play(tmp_path, act)
    assert scene.is_whole()
    assert not [title for title in scene.titles if "\x1b" in title]


def test_sessions_that_end_well_and_too_early(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        for at_s in (3, 6, 9):
            await rig.said(at_s)
            rig.server.end(End())

    assert play(tmp_path, act).is_whole()


def test_a_server_that_ends_every_session_at_its_first_word_is_not_hammered(
    tmp_path: Path,
) -> None:
    async def act(rig: Rig) -> None:
        while rig.source.said < rig.sound.samples(40):
            if rig.partial:
                rig.server.end(End(grpc.StatusCode.OUT_OF_RANGE, "said so"))
            await asyncio.sleep(0.05)

    scene = play(tmp_path, act, length_s=45, style="monologue")
    assert scene.verdict.is_well
    assert scene.outcome.n_sessions < 30


def test_an_hour_of_sleep(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        rig.proxy.break_all(Break.HOLE)  # the network has forgotten us
        rig.source.is_stuck = True
        fast_clock.clock().jump(3600)
        await rig.until(lambda: rig.stands(Topic.CAPTURE) == "No sound arrives")
        rig.source.is_stuck = False
        await rig.until(lambda: not rig.stands(Topic.CAPTURE))

    assert play(tmp_path, act).is_whole()


def test_an_hour_that_was_not_captured_is_a_gap_of_an_hour(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        fast_clock.clock().jump(3600)
        rig.source.missing_s = 3600

    scene = play(tmp_path, act, length_s=3620, style="musing", speed=100)
    (gap,) = scene.rig.gaps
    assert gap.end_sample - gap.start_sample == 3600 * NARROW.rate_hz
    assert scene.verdict.is_well
    assert scene.verdict.in_gaps


def test_a_link_that_is_too_slow_and_one_that_is_far_away(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(3)
        rig.proxy.bytes_per_s = 10_000
        await rig.said(25)
        rig.proxy.bytes_per_s = float("inf")
        await rig.said(35)
        rig.proxy.delay_s = 1.0

    scene = play(tmp_path, act, length_s=45, style="monologue")
    assert scene.is_whole()


def test_a_server_that_is_far_away_is_reached(tmp_path: Path) -> None:
    async def scene() -> Scene:
        talk = STYLES["talk"](NARROW, 0.2, random.Random(3))
        async with Rig(tmp_path, talk, Server(1)) as rig:
            rig.proxy.delay_s = 0.3
            return Scene(rig, await rig.run(), judge(rig.kept, talk))

    done = fast_clock.run(scene(), speed=1.0)  # gRPC's own patience with connections is of the wall
    assert done.is_whole()
    assert done.outcome.n_sessions == 1


def test_without_a_recogniser_the_sound_is_on_the_disk_and_not_in_memory(tmp_path: Path) -> None:
    grown_mb: list[float] = []

    async def act(rig: Rig) -> None:
        await rig.proxy.refuse()
        await rig.said(20)
        before_mb = resident_mb()
        await rig.said(140)
        grown_mb.append(resident_mb() - before_mb)
        rig.engine.abandon()

    scene = play(tmp_path, act, length_s=145, sound=WIDE, style="musing", speed=200)
    assert scene.outcome.n_gaps == 1
    assert grown_mb[0] < 4, "of 11 MB of sound"


def test_a_stalled_way_back_is_told_from_a_silent_recogniser(tmp_path: Path) -> None:
    async def act(rig: Rig) -> None:
        await rig.said(5)
        rig.proxy.stall(Way.DOWN)
        await rig.said(12)
        rig.proxy.flow(Way.DOWN)

    assert play(tmp_path, act).is_whole()
