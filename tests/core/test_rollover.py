"""Where a session is left for the next one, in each state that a speaker can be in."""

from __future__ import annotations

import pytest

from skdictate.audio.pcm import Format
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.changes import Gap, GapMarked, Reason
from skdictate.core.limits import Limits
from skdictate.core.pending_line import PendingLine
from skdictate.core.policy import Policy
from skdictate.core.rollover import Cut, Cutting
from skdictate.core.session import Session
from skdictate.core.transcript import Transcript
from tests.core.test_dictation import Desk
from tests.core.world import QUIET, SPEECH, Manners, World


def used(
    audio_s: float,
    *,
    ack_s: float = 0.0,
    pending: bool = False,
    words: bool = False,
    timed: bool = True,
    parted: bool = False,
) -> Session:
    session = Session(1, Format(1000), 0, 0.0)
    session.is_timed = timed
    session.has_ended_utterance = parted
    session.cursor = round(audio_s * 1000)
    session.ack = round(ack_s * 1000)
    session.is_pending = pending
    session.has_words = words
    return session


@pytest.mark.parametrize(
    ("session", "is_quiet", "cut"),
    [
        (used(239, ack_s=239), True, None),
        (used(241, ack_s=240), False, None),
        (used(241, ack_s=240), True, Cut.AT_HEAD),
        (used(241, ack_s=240, parted=True), False, Cut.AT_ACK),
        (used(241, ack_s=240, parted=True), True, Cut.AT_ACK),
        (used(241, ack_s=100), True, Cut.AT_HEAD),
        (used(241, ack_s=100), False, None),
        (used(241, ack_s=240, pending=True), True, None),
        (used(286, ack_s=270, pending=True, parted=True), False, Cut.AT_ACK),
        (used(241, ack_s=235, pending=True, parted=True), False, None),
        (used(286, ack_s=200, pending=True, words=True), False, None),
        (used(295.5, ack_s=290, pending=True, words=True), False, Cut.IN_SPEECH),
        (used(286, ack_s=200, pending=True), True, Cut.AT_HEAD),
        (used(286, ack_s=200, pending=True), False, None),
        (used(295.5, ack_s=200, pending=True), False, Cut.IN_SPEECH),
        (used(5, ack_s=0), True, None),
        (used(241, ack_s=240, timed=False), False, None),
        (used(241, ack_s=240, timed=False), True, Cut.AT_HEAD),
        (used(262, ack_s=200, pending=True, timed=False), True, None),
        (used(263, ack_s=200, pending=True, timed=False), True, Cut.AT_HEAD),
        (used(286, ack_s=270, pending=True, timed=False), False, None),
        (used(286, ack_s=270, pending=True, timed=False), True, Cut.AT_HEAD),
    ],
)
def test_the_cut_depends_on_what_is_used_and_what_is_being_said(
    session: Session, is_quiet: bool, cut: Cut | None
) -> None:
    is_parted = session.has_ended_utterance
    assert Cutting(Limits()).decide(session, is_quiet=is_quiet, is_parted=is_parted) is cut


def test_answers_that_may_be_on_their_way_are_waited_for() -> None:
    cutting = Cutting(Limits())
    session = used(285, pending=True)
    assert cutting.room(session, is_behind=True) == 0
    assert cutting.room(session, is_behind=False) == 10_500
    assert cutting.decide(session, is_quiet=False, is_behind=True, is_idle=False) is None
    assert cutting.decide(session, is_quiet=False, is_behind=True, is_idle=True) is Cut.IN_SPEECH


def test_where_finals_are_only_guessed_any_pause_will_do_to_leave_the_past_in() -> None:
    session = used(241, ack_s=100, pending=True, timed=False)
    cutting = Cutting(Limits())
    assert cutting.decide(session, is_quiet=True, is_behind=False) is None
    assert cutting.decide(session, is_quiet=True, is_behind=True) is Cut.AT_HEAD
    assert cutting.decide(session, is_quiet=False, is_behind=True) is None


def test_the_size_limit_binds_at_a_high_rate() -> None:
    session = Session(1, Format(48_000), 0, 0.0)
    session.cursor = 48_000 * 98
    session.is_pending = True
    session.has_words = True
    assert Cutting(Limits()).decide(session, is_quiet=False) is None
    session.cursor = 48_000 * 103
    assert Cutting(Limits()).decide(session, is_quiet=False) is Cut.IN_SPEECH


@pytest.mark.parametrize("pause", [0, 700])
@pytest.mark.parametrize("seed", range(2))
def test_ten_minutes_through_twenty_second_sessions_lose_and_double_nothing(
    pause: int, seed: int
) -> None:
    world = World(seed, Limits(session_s=20.0), Manners(longest_delay_s=1.0))
    for _ in range(50):
        world.speak(40, gap=40, pause=pause)
    world.finish()
    world.check()
    assert world.gaps == []
    assert world.opened_total >= 30


@pytest.mark.parametrize("seed", range(3))
def test_sessions_that_tell_no_times_are_left_in_pauses_and_answered_to_their_end(
    seed: int,
) -> None:
    manners = Manners(has_words=False, refines=False, cursors=False, is_timed=False)
    world = World(seed, Limits(session_s=20.0), manners)
    for _ in range(100):
        world.speak(10, gap=40, pause=700)
    world.finish()
    numbers = [int(word) for word in world.committed()]
    assert numbers == list(range(1, 1001))
    assert world.gaps == []
    assert world.opened_total >= 15


def test_every_session_is_ended_by_us_before_its_limit() -> None:
    world = World(3, Limits(session_s=300.0, session_bytes=200_000))
    for _ in range(40):
        world.speak(20)
    world.finish()
    world.check()  # the world's recogniser asserts the limits


def test_the_words_that_both_sessions_give_show_where_the_new_ones_begin() -> None:
    desk = Desk(session_s=20.0, catch_up=float("inf"), policy=Policy(has_words=True))
    desk.machine.captured(19_600, SPEECH, desk.now_s)
    desk.machine.session_opened(1, desk.now_s)
    desk.effects()
    desk.say(1, ev.Partial("on and on"))
    desk.hear()
    desk.machine.session_opened(2, desk.now_s)  # cut at 18.2 s: hears from 16.7 s
    assert fx.Send(2, 16_700, 16_800) in desk.effects()
    overlap = (
        ev.Word("before", 400, 900),
        ev.Word("seam", 1200, 1500),
        ev.Word("after", 1600, 2000),
    )
    early = tuple(ev.Word(w.text, w.start_ms - 300, w.end_ms - 300) for w in overlap)
    desk.say(2, ev.Final("Before", 100, 600, early[:1]))
    desk.say(2, ev.Final("seam, after", 900, 1700, early[1:]))
    late = tuple(ev.Word(w.text, w.start_ms + 17_000, w.end_ms + 17_000) for w in overlap)
    desk.say(1, ev.Final("before seam after", 17_400, 19_000, late))
    desk.say(1, ev.Refinement(0, "Before seam after"))
    desk.say(2, ev.Refinement(1, "Seam, after"))
    desk.machine.session_closed(1, None, desk.now_s)
    desk.say(2, ev.Refinement(1, "Seam, after"))
    assert desk.texts() == ["before", "Seam, after"]


def test_silence_is_left_where_it_is_and_not_heard_again() -> None:
    desk = Desk(session_s=20.0, policy=Policy(sends_silence=True))
    desk.open()
    sent: list[fx.Effect] = []
    while fx.Finish(1) not in sent:
        sent += desk.hear(100, QUIET)
    assert desk.machine.status(desk.now_s).recorded_s == pytest.approx(16, abs=0.2)
    desk.hear(100, QUIET)
    desk.machine.session_opened(2, desk.now_s)
    assert fx.Send(2, 16_000, 16_100) in desk.effects()
    assert desk.machine.status(desk.now_s).billed_s == 30, "the second may still be refused"
    for _ in range(12):
        desk.hear(100, QUIET)
    assert desk.machine.status(desk.now_s).billed_s == 30 + 15, "it takes sound: it was accepted"


def test_a_gap_that_a_line_reaches_into_begins_after_it() -> None:
    transcript = Transcript(refines=False)
    transcript.commit(PendingLine("words", 0, 500, 1), 0.0)
    transcript.add_gap(Gap(400, 450, Reason.UNRECOGNISED))
    transcript.add_gap(Gap(400, 900, Reason.UNRECOGNISED))
    gaps = [c.gap for c in transcript.changes if isinstance(c, GapMarked)]
    assert [(gap.start_sample, gap.end_sample) for gap in gaps] == [(500, 900)]


@pytest.mark.parametrize("gap", [60, 100, 129, 131])
def test_words_before_a_session_that_adds_none_are_still_known_to_the_next_one(gap: int) -> None:
    world = World(0, Limits(session_s=10.0, catch_up=1.5), Manners(refines=False, cursors=False))
    world.speak(26, gap=gap, pause=0)
    world.wait(4.0)  # the session after the rollover is left, and has repeated words only
    world.finish()
    world.check()
