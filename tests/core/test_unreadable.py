"""A recording that does not give back what was put into it."""

from __future__ import annotations

from skdictate.core import changes as ch
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.changes import Reason
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript
from tests.core.test_dictation import Desk
from tests.core.world import Manners, World


def test_what_cannot_be_read_is_a_gap_and_the_rest_is_heard() -> None:
    world = World(manners=Manners(longest_delay_s=0.0))
    world.speak(10)
    world.wait(2.0)
    world.is_mute = True
    world.speak(20)
    world.torn.append((7_000, 8_000))
    world.cut()
    world.is_mute = False
    world.speak(5)
    world.finish()
    assert [(gap.start_sample, gap.end_sample, gap.reason) for gap in world.gaps] == [
        (7_000, 8_000, Reason.UNREADABLE)
    ]
    lost = {word.number for word in world.spoken if word.start < 8_000 and word.end > 7_000}
    whole = [int(word) for word in world.committed() if not word.startswith("~")]
    assert set(range(1, 36)) - set(whole) <= lost
    assert len(lost) <= 4


def test_what_cannot_be_read_again_leaves_no_session_without_audio() -> None:
    manners = Manners(has_words=False, refines=False, cursors=False, longest_delay_s=0.0)
    world = World(manners=manners)
    world.speak(4, gap=50, pause=500)
    world.tear(1, 0)
    world.cut()  # the next session is sent again what has its text already, for certainty
    world.finish()
    world.check()


def test_what_has_its_text_is_no_gap() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(900)
    desk.say(session_number, ev.Final("one", 0, 600))
    desk.machine.unreadable(200, 800, desk.now_s)
    desk.news()
    gaps = [change.gap for change in desk.changes if isinstance(change, ch.GapMarked)]
    assert gaps == [ch.Gap(600, 800, Reason.UNREADABLE)]
    effects = desk.effects()
    assert fx.Drop(session_number) in effects
    assert [e for e in effects if isinstance(e, fx.Open)], "the rest is heard by another"


def test_what_nobody_has_to_hear_any_more_disturbs_nobody() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(900)
    desk.say(session_number, ev.Final("one", 0, 600))
    desk.machine.unreadable(0, 500, desk.now_s)
    assert desk.effects() == []
    assert [c for c in desk.news() if isinstance(c, ch.GapMarked)] == []


def test_while_nobody_listens_nobody_is_dropped() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(900)
    desk.machine.session_closed(session_number, None, desk.now_s)
    desk.machine.unreadable(300, 400, desk.now_s)
    assert not [e for e in desk.effects() if isinstance(e, fx.Drop)]
    desk.machine.abandon(desk.now_s)
    desk.news()
    gaps = [change.gap for change in desk.changes if isinstance(change, ch.GapMarked)]
    assert [(gap.start_sample, gap.end_sample, gap.reason) for gap in gaps] == [
        (0, 300, Reason.UNRECOGNISED),
        (300, 400, Reason.UNREADABLE),
        (400, 1000, Reason.UNRECOGNISED),
    ]


def test_of_many_finals_the_newest_may_still_be_refined() -> None:
    desk = Desk(session_s=100_000.0, session_bytes=10**12)
    session_number = desk.open()
    for n in range(1_200):
        desk.hear(100)
        desk.say(session_number, ev.Final(f"line {n}", n * 100, n * 100 + 100, index=n))
    changes = desk.say(session_number, ev.Refinement(0, "First"))
    changes += desk.say(session_number, ev.Refinement(1_199, "Last"))
    texts = [change.line.text for change in changes if isinstance(change, ch.LineRefined)]
    assert texts == ["Last"]


def test_beyond_a_seam_one_hears_less_and_the_other_has_the_gap() -> None:
    timeline = Timeline(Transcript(refines=False), head=10_000)
    before = timeline.live
    assert before is not None
    after = timeline.overlap(before, 6_000, 1_000)
    assert timeline.mark_unreadable(5_500, 5_600) == []
    assert (before.end, before.listen_until) == (5_000, 5_500)
    assert timeline.mark_unreadable(4_200, 4_300) == []
    assert (after.start, after.listen_from) == (5_000, 4_300)
    gaps = [(span.gap.start_sample, span.gap.end_sample) for span in timeline.spans if span.gap]
    assert gaps == [(4_200, 4_300), (5_500, 5_600)]
    assert [(span.start, span.end) for span in timeline.spans] == [
        (0, 4_200),
        (4_200, 4_300),
        (4_300, 5_000),
        (5_000, 5_500),
        (5_500, 5_600),
        (5_600, None),
    ]
