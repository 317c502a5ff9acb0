"""How many sessions there are at a time, and what becomes of those that owe us an answer."""

from __future__ import annotations

from itertools import pairwise

import pytest

from skdictate.audio.loudness import Loudness
from skdictate.audio.pcm import Format
from skdictate.core import changes as ch
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.backoff import Backoff
from skdictate.core.changes import Topic
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.core.session import Session
from skdictate.core.session_quota import MOST_SESSIONS, MUTE_S, SessionQuota
from skdictate.core.session_state import SessionState
from skdictate.core.status import Phase
from skdictate.errors import Kind, Problem
from tests.core.test_dictation import Desk
from tests.core.world import GONE, QUIET, SPEECH, Manners, World

ALIVE = ev.ServerStatus(ev.StatusCode.WORKING)


def mute(world: World, *, n_blocks: int) -> None:
    """Speak on to a recogniser that keeps its answers to itself."""
    world.is_mute = True
    for _ in range(n_blocks):
        world.speak(20, gap=50, pause=700)


def test_after_trouble_one_session_shows_whether_it_is_over() -> None:
    world = World(1, Limits(session_s=10.0), Manners(longest_delay_s=0.0))
    mute(world, n_blocks=20)
    assert len(world.sessions) <= 2, "the one that is tried, and one that still drains"
    assert world.opened_total < 14
    world.is_mute = False
    at_work = []
    for _ in range(60):
        world.wait(0.5)
        at_work.append(
            len([session for session in world.sessions.values() if not session.is_finished])
        )
    assert 1 < max(at_work) <= MOST_SESSIONS
    world.finish()
    world.check()
    assert not world.gaps


def test_a_session_that_only_hears_silence_is_no_trial() -> None:
    desk = Desk(policy=Policy(sends_silence=True))
    session_number = desk.open()
    desk.machine.session_closed(session_number, GONE, desk.now_s)
    desk.now_s += 1.0
    desk.machine.tick(desk.now_s)
    desk.machine.session_opened(2, desk.now_s)
    for _ in range(80):
        desk.hear(100, QUIET)
    desk.machine.lost(1000, ch.Reason.NOT_CAPTURED, desk.now_s)
    assert fx.Open(3) in desk.hear(100, QUIET), "the hole ends the second, which owes no answer"


def test_a_doubted_recogniser_is_not_hurried() -> None:
    desk = Desk(catch_up=4.0)
    session_number = desk.open()
    for _ in range(200):
        desk.hear()
    desk.machine.session_closed(session_number, GONE, desk.now_s)
    desk.now_s += 1.0
    desk.machine.tick(desk.now_s)
    desk.machine.session_opened(2, desk.now_s)
    sent: list[fx.Effect] = []
    for _ in range(40):
        desk.now_s += 0.1
        desk.machine.tick(desk.now_s)
        sent += desk.effects()
    doubted_s = sum(e.end_sample - e.start_sample for e in sent if isinstance(e, fx.Send)) / 1000
    assert doubted_s == pytest.approx(5.0, abs=0.3), "as fast as it was spoken, and a second more"
    desk.say(2, ev.Partial("here I am"))
    assert desk.phase() is Phase.CATCHING_UP
    sent.clear()
    for _ in range(20):
        desk.now_s += 0.1
        desk.machine.tick(desk.now_s)
        sent += desk.effects()
    trusted_s = sum(e.end_sample - e.start_sample for e in sent if isinstance(e, fx.Send)) / 1000
    assert trusted_s == pytest.approx(8.0, abs=0.5)


def spoken_to(desk: Desk, n_blocks: int, session_number: int) -> list[fx.Effect]:
    """Speak on, without any pause, to a recogniser that says nothing."""
    effects: list[fx.Effect] = []
    for _ in range(n_blocks):
        # The watchdog replaces a session of which no words come; here there are none to be had.
        desk.machine._scheduler.watchdogs.audible_s = 0.0
        effects += desk.hear(100, SPEECH)
    return effects


def test_a_mute_session_is_asked_to_end_in_a_pause() -> None:
    desk = Desk()
    session_number = desk.open()
    assert fx.Finish(session_number) not in spoken_to(desk, 350, session_number)
    effects = [effect for _ in range(4) for effect in desk.hear(100, QUIET)]
    assert fx.Finish(session_number) in effects
    desk.machine.session_closed(session_number, None, desk.now_s)
    assert desk.machine.status(desk.now_s).unsettled_s < 1.0, "that was all there was to say"
    assert not desk.machine.status(desk.now_s).problems


@pytest.mark.parametrize("has_words", [False, True])
def test_a_mute_session_is_asked_to_end_in_mid_speech_in_the_end(*, has_words: bool) -> None:
    desk = Desk(policy=Policy(has_words=has_words))
    session_number = desk.open()
    n_before = int(MUTE_S) * 20 - 20
    assert fx.Finish(session_number) not in spoken_to(desk, n_before, session_number)
    effects = spoken_to(desk, 40, session_number)
    assert fx.Finish(session_number) in effects
    opened = [effect.session_number for effect in effects if isinstance(effect, fx.Open)]
    assert opened == [2]
    desk.machine.session_opened(2, desk.now_s)
    first = next(effect for effect in desk.effects() if isinstance(effect, fx.Send))
    ended = max(
        e.end_sample
        for e in effects
        if isinstance(e, fx.Send) and e.session_number == session_number
    )
    assert first.start_sample == ended - 3000, "both hear some words"


def test_one_that_does_not_end_either_is_left_alone_for_some_seconds() -> None:
    desk = Desk()
    session_number = desk.open()
    spoken_to(desk, 350, session_number)
    for _ in range(4):
        desk.hear(100, QUIET)
    desk.machine.session_opened(2, desk.now_s)
    desk.effects()
    desk.now_s += 10.0
    desk.machine.tick(desk.now_s)
    problem = desk.machine.status(desk.now_s).problems[0].problem
    assert problem.title == "The recogniser fell silent"
    retry_in_s = desk.machine.status(desk.now_s).retry_in_s
    assert retry_in_s is not None
    assert retry_in_s >= 5.0
    desk.machine.stop(desk.now_s)
    assert any(isinstance(effect, fx.Open) for effect in desk.effects()), "now somebody waits"


def test_a_recogniser_that_answers_late_is_not_mute() -> None:
    desk = Desk(policy=Policy(answers_late=True))
    session_number = desk.open()
    assert fx.Finish(session_number) not in spoken_to(desk, 350, session_number)
    assert fx.Finish(session_number) not in [e for _ in range(4) for e in desk.hear(100, QUIET)]


def test_one_that_works_for_ever_after_its_end_is_given_up() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(2000)
    desk.machine.stop(desk.now_s)
    desk.effects()
    dropped_s = 0.0
    for _ in range(100):
        desk.now_s += 1.0
        desk.say(session_number, ALIVE)
        desk.machine.tick(desk.now_s)
        if fx.Drop(session_number) in desk.effects():
            dropped_s = desk.now_s
            break
    assert dropped_s == pytest.approx(62, abs=2)


def test_cursors_that_move_are_work_and_others_are_not() -> None:
    desk = Desk()
    session_number = desk.open()
    session = desk.machine._scheduler.session_pool.sessions[session_number]
    desk.hear(2000)
    told_s = []
    for processed_ms in (500, 500, 900):
        desk.now_s += 1.0
        desk.say(session_number, ev.Cursors(2000, processed_ms))
        told_s.append(session.last_work_s)
    assert [after - before for before, after in pairwise(told_s)] == pytest.approx([0.0, 2.0])


def test_a_session_has_one_name() -> None:
    desk = Desk()
    session_number = desk.open()
    news = [
        *desk.say(session_number, ev.SessionNamed("a", "r")),
        *desk.say(session_number, ev.SessionNamed("b", "r")),
    ]
    assert [change.session_id for change in news if isinstance(change, ch.SessionChanged)] == ["a"]


def test_names_for_support_may_come_before_the_name_of_the_session() -> None:
    desk = Desk()
    session_number = desk.open()
    news = [
        *desk.say(session_number, ev.SessionNamed("", "r", "x-request-id 1")),
        *desk.say(session_number, ev.SessionNamed("a", "r", "x-request-id 2")),
    ]
    names = [(it.session_id, it.support) for it in news if isinstance(it, ch.SessionChanged)]
    assert names == [("", "x-request-id 1"), ("a", "x-request-id 1")]


def test_a_partial_alone_does_not_make_up_for_a_break() -> None:
    desk = Desk()
    waits_s = []
    desk.hear()
    for session_number in range(1, 9):
        desk.machine.session_opened(session_number, desk.now_s)
        desk.effects()
        desk.say(session_number, ev.Partial(f"word {session_number}"))
        desk.machine.session_closed(session_number, GONE, desk.now_s)
        retry_in_s = desk.machine.status(desk.now_s).retry_in_s
        assert retry_in_s is not None
        waits_s.append(retry_in_s)
        desk.now_s += retry_in_s
        desk.hear()
    assert waits_s[-1] >= 2.5, "each of these sessions was paid for"


def test_a_source_that_stands_still_amid_a_word_has_it_heard_again() -> None:
    for has_words in (True, False):
        desk = Desk(policy=Policy(has_words=has_words))
        session_number = desk.open()
        for _ in range(30):
            desk.hear()
        desk.now_s += 4.0
        desk.machine.tick(desk.now_s)
        assert desk.effects() == [fx.Finish(session_number)]
        desk.now_s += 4.0
        desk.machine.tick(desk.now_s)
        assert desk.effects() == [], "there is nothing new to hear"
        assert desk.machine.status(desk.now_s).unsent_s == 0
        assert fx.Open(2) in desk.hear()
        desk.machine.session_opened(2, desk.now_s)
        first = next(effect for effect in desk.effects() if isinstance(effect, fx.Send))
        assert first.start_sample == 3100 - 3000


def test_a_source_that_stands_still_after_a_long_unanswered_speech_goes_on_a_little_before() -> (
    None
):
    desk = Desk()
    session_number = desk.open()
    desk.say(session_number, ALIVE)
    for _ in range(310):
        desk.machine._scheduler.watchdogs.audible_s = 0.0
        desk.hear()
    desk.now_s += 4.0
    desk.machine.tick(desk.now_s)
    assert fx.Finish(session_number) in desk.effects()
    desk.hear()
    desk.machine.session_opened(2, desk.now_s)
    first = next(effect for effect in desk.effects() if isinstance(effect, fx.Send))
    assert first.start_sample == 31_100 - 3000


def test_no_answer_of_any_kind_is_told_from_no_words() -> None:
    for is_alive, title in (
        (True, "Sound, but no words"),
        (False, "The recogniser sends no answers"),
    ):
        desk = Desk()
        session_number = desk.open()
        for _ in range(110):
            if is_alive:
                desk.say(session_number, ALIVE)
            desk.hear()
        (raised,) = desk.machine.status(desk.now_s).problems
        assert (raised.topic, raised.problem.title) == (Topic.PROGRESS, title)


def test_no_more_than_so_many_are_sent_audio_at_a_time() -> None:
    sound = Format(16_000)
    trust = SessionQuota(Loudness(sound), Backoff())
    sessions = [Session(number, sound, 0, 0.0) for number in range(MOST_SESSIONS)]
    assert not trust.has_room(sessions, is_urgent=True)
    assert trust.has_room(sessions[1:], is_urgent=True)
    for session in sessions:
        session.state = SessionState.FINISHING
    assert trust.has_room(sessions, is_urgent=True)


def test_trouble_after_words_is_pardoned_once_and_the_next_session_follows_at_once() -> None:
    desk = Desk()
    session_number = desk.open()
    waits_s = []
    for _ in range(2):
        desk.say(session_number, ev.Partial("one"))
        desk.machine.session_closed(session_number, Problem(Kind.SERVICE, "failed"), desk.now_s)
        waits_s.append(desk.machine.status(desk.now_s).retry_in_s or 0.0)
        desk.now_s += 3.0
        desk.machine.tick(desk.now_s)
        session_number += 1
        desk.machine.session_opened(session_number, desk.now_s)
        desk.effects()
    assert waits_s[0] <= 0.2
    assert waits_s[1] >= 1.0
