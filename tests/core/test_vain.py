"""A recogniser that takes money and gives nothing, one that has answered well, and a budget."""

from __future__ import annotations

import pytest

from skdictate.core import changes as ch
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.backoff import DEAREST_S, FLAPPING_S, FLAPS, Backoff
from skdictate.core.changes import Reason, Topic
from skdictate.core.policy import Policy
from skdictate.core.status import Phase
from skdictate.errors import Kind, Problem
from tests.core.test_dictation import Desk
from tests.core.world import GONE, QUIET, REFUSED, SPEECH

ALIVE = ev.ServerStatus(ev.StatusCode.WORKING)
FAILED = Problem(Kind.SERVICE, "failed")


def vain(desk: Desk, n: int, problem: Problem | None, said: ev.Event = ALIVE) -> list[float]:
    """Sessions that greet, are sent a little, and end like this; how long each is followed late."""
    waits_s = []
    desk.hear()
    session_number = 1
    for _ in range(n):
        desk.machine.session_opened(session_number, desk.now_s)
        desk.say(session_number, said)
        desk.effects()
        desk.machine.session_closed(session_number, problem, desk.now_s)
        desk.news()
        retry_in_s = desk.machine.status(desk.now_s).retry_in_s
        assert retry_in_s is not None
        waits_s.append(retry_in_s)
        desk.now_s += retry_in_s + 0.001
        desk.machine.tick(desk.now_s)
        session_number += 1
    return waits_s


@pytest.mark.parametrize("problem", [FAILED, None])
@pytest.mark.parametrize("said", [ALIVE, ev.SessionNamed("s"), ev.Partial("a word")])
def test_each_session_in_vain_is_followed_later(problem: Problem | None, said: ev.Event) -> None:
    desk = Desk()
    waits_s = vain(desk, 12, problem, said)
    assert waits_s[3] >= 8
    assert DEAREST_S <= waits_s[-1] <= 2 * DEAREST_S
    assert desk.machine.status(desk.now_s).billed_s == 12 * 15
    if not isinstance(said, ev.Partial):
        assert ch.ProblemCleared(Topic.LINK) not in desk.changes


def test_a_network_that_breaks_off_is_tried_soon_for_some_times() -> None:
    waits_s = vain(Desk(), 12, GONE)
    assert max(waits_s[:FLAPS]) < 2
    assert FLAPPING_S <= waits_s[-1] <= 2 * FLAPPING_S


def test_settled_sound_ends_the_waiting_and_a_greeting_does_not() -> None:
    desk = Desk()
    vain(desk, 5, FAILED)
    desk.machine.session_opened(6, desk.now_s)
    desk.effects()
    desk.hear(2000)
    desk.say(6, ALIVE)
    desk.say(6, ev.Partial("one"))
    desk.news()
    assert desk.phase() is Phase.RECONNECTING, "so far did others get, and took it back"
    assert ch.ProblemCleared(Topic.LINK) not in desk.changes
    desk.say(6, ev.Final("one", 0, 1500, settled_ms=1500))
    assert ch.ProblemCleared(Topic.LINK) in desk.changes
    assert desk.phase() is not Phase.RECONNECTING
    desk.machine.session_closed(6, FAILED, desk.now_s)
    assert (desk.machine.status(desk.now_s).retry_in_s or 0.0) < 3


def test_where_nobody_speaks_a_session_that_takes_sound_is_well() -> None:
    desk = Desk()
    vain(desk, 1, GONE)
    desk.machine.session_opened(2, desk.now_s)
    desk.effects()
    for _ in range(60):
        desk.hear(100, QUIET)
    assert not [c for c in desk.news() if c == ch.ProblemCleared(Topic.LINK)]
    assert ch.ProblemCleared(Topic.LINK) in desk.say(2, ALIVE)


def test_sessions_that_end_in_good_order_and_give_nothing_are_said() -> None:
    desk = Desk()
    vain(desk, 2, None)
    (raised,) = desk.machine.status(desk.now_s).problems
    assert raised.topic is Topic.LINK
    assert raised.problem.title == "The recogniser returns no text"


def test_speech_of_ten_seconds_without_a_word_is_not_tried_again_at_once() -> None:
    for problem in (None, Problem(Kind.LIMIT, "over")):
        desk = Desk()
        session_number = desk.open()
        for _ in range(120):
            desk.hear(100, SPEECH)
        desk.say(session_number, ALIVE)
        desk.machine.session_closed(session_number, problem, desk.now_s)
        assert desk.machine.status(desk.now_s).problems


def test_one_who_waits_for_the_last_words_is_not_made_to_pay_for_many_tries() -> None:
    desk = Desk()
    vain(desk, 6, FAILED)
    desk.machine.stop(desk.now_s)
    session_number, n, due_s = 7, 0, desk.now_s
    while not desk.machine.take_changes() or desk.phase() is not Phase.DONE:
        due_s = desk.machine.next_deadline_s() or due_s
        desk.now_s = max(desk.now_s + 0.001, due_s)
        desk.machine.tick(desk.now_s)
        for effect in desk.effects():
            if isinstance(effect, fx.Open):
                n += 1
                desk.machine.session_opened(session_number, desk.now_s)
                desk.say(session_number, ALIVE)
                desk.machine.session_closed(session_number, FAILED, desk.now_s)
                session_number += 1
        if desk.phase() is Phase.DONE:
            break
    assert 1 <= n <= 6
    gaps = [c.gap.reason for c in desk.changes if isinstance(c, ch.GapMarked)]
    assert gaps in ([], [Reason.UNRECOGNISED])


@pytest.mark.parametrize("settled_ms", [0, 1500])
def test_a_session_that_has_answered_was_not_refused(settled_ms: int) -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(2000)
    desk.say(session_number, ev.Partial("one two"))
    if settled_ms:
        desk.say(session_number, ev.Final("one", 0, settled_ms, settled_ms=settled_ms))
    desk.machine.session_closed(session_number, REFUSED, desk.now_s)
    assert desk.phase() is not Phase.BLOCKED
    raised = [it.problem for it in desk.machine.status(desk.now_s).problems]
    assert [it.title for it in raised] == (
        [] if settled_ms else ["The recogniser broke the connection"]
    )
    assert not any(it.is_permanent for it in raised)
    desk.now_s += 1.0
    desk.machine.tick(desk.now_s)
    assert fx.Open(2) in desk.effects()


def test_what_is_refused_is_not_billed() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(100)
    assert desk.machine.status(desk.now_s).billed_s == 0, "it has not answered yet"
    desk.machine.session_closed(session_number, REFUSED, desk.now_s)
    assert desk.machine.status(desk.now_s).billed_s == 0


def test_what_is_lost_before_it_has_answered_may_be_billed() -> None:
    desk = Desk()
    session_number = desk.open()
    for _ in range(15):
        desk.hear(100)
    assert desk.machine.status(desk.now_s).billed_s == 15
    desk.machine.session_closed(session_number, None, desk.now_s)
    assert desk.machine.status(desk.now_s).billed_s == 15


def test_a_back_off_knows_no_price_before_a_second_session_was_in_vain() -> None:
    backoff = Backoff()
    assert backoff.least_wait_s(is_network=False) == 0.0
    backoff.n_unsettled = 1
    assert backoff.least_wait_s(is_network=False) == 0.0
    backoff.n_unsettled = 10_000
    assert backoff.least_wait_s(is_network=False) == DEAREST_S


BUDGET = Policy(budget_s=45.0, has_hedges=False)


def test_a_budget_ends_a_session_before_it_costs_more_and_opens_none() -> None:
    desk = Desk(policy=BUDGET)
    session_number = desk.open()
    desk.say(session_number, ALIVE)
    sent: list[fx.Effect] = []
    for number in range(800):
        effects = desk.hear()
        sent += effects
        if number % 20 == 0:
            desk.say(session_number, ev.Partial(f"words {number}"))
        if fx.Finish(session_number) in effects:
            end = desk.now_s
            desk.say(session_number, ev.Final("all", 0, 44_000, settled_ms=45_000))
            desk.machine.session_closed(session_number, None, desk.now_s)
    assert end == pytest.approx(45, abs=0.3)
    assert [it.session_number for it in sent if isinstance(it, fx.Open)] == []
    status = desk.machine.status(desk.now_s)
    assert status.billed_s == 45
    assert status.phase is Phase.BLOCKED
    assert [it.problem.title for it in status.problems] == ["The budget is used up"]
    assert status.recorded_s == pytest.approx(80.1)
    desk.machine.retry(desk.now_s)
    assert desk.phase() is Phase.BLOCKED, "no more money has come"
    desk.machine.stop(desk.now_s)
    desk.news()
    (gap,) = [it.gap for it in desk.changes if isinstance(it, ch.GapMarked)]
    assert gap.reason is Reason.UNRECOGNISED
    assert gap.start_sample == 44_000, "there the last word ended: the next may have been cut"
    assert desk.texts() == ["all"]


def test_the_last_session_of_a_budget_is_heard_to_its_end() -> None:
    desk = Desk(policy=Policy(budget_s=15.0))
    session_number = desk.open()
    desk.say(session_number, ALIVE)
    for _ in range(160):
        desk.hear()
    assert desk.phase() is Phase.BLOCKED
    desk.machine.stop(desk.now_s)
    desk.now_s += 1.0
    desk.say(session_number, ev.Final("late words", 0, 14_000, settled_ms=14_900))
    desk.machine.session_closed(session_number, None, desk.now_s)
    assert desk.texts() == ["late words"]
    assert desk.phase() is Phase.DONE


def test_a_refused_session_leaves_the_budget_to_another() -> None:
    desk = Desk(policy=Policy(budget_s=15.0))
    session_number = desk.open()
    desk.machine.session_closed(session_number, FAILED, desk.now_s)
    desk.now_s += 3.0
    desk.machine.tick(desk.now_s)
    assert fx.Open(2) in desk.effects()
    desk.machine.lost(500, Reason.NOT_CAPTURED, desk.now_s)
    assert fx.Open(3) not in desk.hear(), "the second may yet be accepted"
    assert desk.phase() is not Phase.BLOCKED


def test_a_budget_below_one_session_opens_none() -> None:
    desk = Desk(policy=Policy(budget_s=0.0))
    assert desk.hear() == []
    assert desk.phase() is Phase.BLOCKED


def test_what_costs_nothing_needs_no_budget() -> None:
    desk = Desk(policy=Policy(budget_s=0.0), unit_s=0)
    assert fx.Open(1) in desk.hear()


def test_a_recogniser_of_ones_own_costs_nothing_and_is_not_left_for_minutes() -> None:
    assert max(vain(Desk(unit_s=0), 12, FAILED)) <= 5


@pytest.mark.parametrize("is_behind", [False, True])
def test_speech_of_the_past_that_gives_no_words_is_said(*, is_behind: bool) -> None:
    desk = Desk(session_s=20.0)
    session_number = desk.open()
    for _ in range(250 if is_behind else 200):
        desk.machine._scheduler.watchdogs.audible_s = 0.0  # no live alarm
        desk.hear(100, SPEECH)
    desk.machine.session_closed(session_number, None, desk.now_s)
    titles = [it.problem.title for it in desk.machine.status(desk.now_s).problems]
    assert titles == (["Sound, but no words"] if is_behind else [])


def test_nothing_is_wrong_at_the_end_where_all_is_answered_for() -> None:
    desk = Desk()
    vain(desk, 4, GONE)
    desk.machine.stop(desk.now_s)
    desk.machine.session_opened(5, desk.now_s)
    desk.effects()
    desk.say(5, ev.Final("one", 0, 100, settled_ms=100))
    desk.machine.session_closed(5, GONE, desk.now_s)
    assert desk.phase() is Phase.DONE
    assert desk.machine.status(desk.now_s).problems == ()
