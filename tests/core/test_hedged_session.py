"""A second session beside one that has fallen silent: when, for how long, and whose words count."""

from __future__ import annotations

import random

import pytest

from skdictate.core import changes as ch
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.hedged_session import DOUBT_S, REFILL_S, SPARE_S, SPARES
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.core.session_state import SessionState
from skdictate.errors import Kind, Problem
from tests.core.test_dictation import Desk
from tests.core.world import GONE, QUIET, SPEECH, Manners, World

FULL = Problem(Kind.SERVICE, "no more sessions")
ALIVE = ev.ServerStatus(ev.StatusCode.WORKING)


class Spoken(Desk):
    """Somebody speaks, and the recogniser has answered, until now."""

    def __init__(self, policy: Policy | None = None) -> None:
        super().__init__(policy=policy or Policy())
        self.first = self.open()
        self.hear()
        self.say(self.first, ev.Partial("one"))

    def opened(self, seconds: float, *, most: int = 1) -> list[int]:
        """Links that are opened while somebody speaks on; the recogniser accepts them at once."""
        found: list[int] = []
        for _ in range(round(seconds * 10)):
            for effect in self.hear():
                if isinstance(effect, fx.Open):
                    found.append(effect.session_number)
                    if len(found) <= most:
                        self.machine.session_opened(effect.session_number, self.now_s)
        return found

    def dropped(self) -> list[int]:
        """Links that are no more."""
        self.news()
        return [
            it.session_number
            for it in self.changes
            if isinstance(it, ch.SessionChanged) and it.state is SessionState.CLOSED
        ]


def test_speech_without_an_answer_is_sent_to_a_second_session_from_where_it_is_unanswered() -> None:
    desk = Spoken()
    assert desk.opened(DOUBT_S - 0.1) == []
    (spare,) = desk.opened(0.5)
    sent = [it for it in desk.hear() if isinstance(it, fx.Send)]
    assert {it.session_number for it in sent} == {desk.first, spare}
    desk.say(spare, ev.SessionNamed("s"))
    assert desk.dropped() == [], "that it is there is no answer"
    desk.say(spare, ev.Partial("one two"))
    assert desk.dropped() == [desk.first]
    desk.say(spare, ev.Final("one two", 0, 900, settled_ms=900))
    desk.say(desk.first, ev.Final("one two", 0, 900, settled_ms=900))
    assert desk.texts() == ["one two"]


def test_the_first_session_is_kept_if_it_speaks_again() -> None:
    desk = Spoken()
    (spare,) = desk.opened(1.2)
    desk.say(desk.first, ALIVE)
    assert desk.dropped() == []
    desk.say(desk.first, ev.Partial("one two"))
    desk.say(spare, ev.Partial("one"))
    assert desk.dropped() == [spare]
    assert desk.opened(1.2) == [], "it was slow once, so more is waited for"


@pytest.mark.parametrize(
    "policy", [Policy(has_hedges=False), Policy(answers_late=True)], ids=["unwanted", "late"]
)
def test_none_is_opened_where_it_would_be_of_no_use(policy: Policy) -> None:
    assert Spoken(policy).opened(8) == []


def test_silence_asks_for_no_answer_and_neither_does_a_click() -> None:
    desk = Spoken()
    for level in [QUIET] * 20 + [SPEECH] + [QUIET] * 20:
        assert not any(isinstance(it, fx.Open) for it in desk.hear(level=level))


def test_one_that_does_not_answer_either_is_given_up_and_none_follows_at_once() -> None:
    desk = Spoken()
    (spare,) = desk.opened(1.2)
    assert desk.opened(SPARE_S - 0.5) == []
    assert desk.dropped() == []
    assert desk.opened(2.0) == []
    assert desk.dropped() == [spare]


def test_one_that_fails_is_tried_again_but_not_without_end() -> None:
    desk = Spoken()
    hedges = []
    for _ in range(60):
        for spare in desk.opened(0.1):
            hedges.append(spare)
            desk.machine.session_closed(spare, FULL, desk.now_s)
        desk.machine.sent(desk.first, 10**6, desk.now_s)
    assert len(hedges) == SPARES, "each of them was paid for"
    assert desk.machine.status(desk.now_s).problems == (), "the first may be well"


def test_another_may_be_paid_for_after_a_minute() -> None:
    desk = Spoken()
    for number in range(round(2 * REFILL_S)):
        for spare in desk.opened(0.5):
            desk.machine.session_closed(spare, FULL, desk.now_s)
        if number > 8:
            desk.say(desk.first, ev.Partial(f"{number}"))
    assert len(desk.opened(8)) == 1


def test_it_takes_the_place_of_the_first_if_that_is_lost() -> None:
    desk = Spoken()
    (spare,) = desk.opened(1.2)
    desk.machine.session_closed(desk.first, GONE, desk.now_s)
    assert not any(isinstance(it, fx.Open) for it in desk.hear())
    desk.say(spare, ev.Final("one", 0, 500, settled_ms=500))
    assert desk.texts() == ["one"]
    assert desk.machine.status(desk.now_s).problems == ()


def test_it_waits_for_the_network_and_is_paid_for_only_then() -> None:
    desk = Spoken()
    (spare,) = desk.opened(2.0, most=0)
    assert desk.machine.status(desk.now_s).billed_s == 15
    desk.machine.session_closed(spare, GONE, desk.now_s)
    (other,) = desk.opened(1.0)
    for _ in range(12):
        desk.hear()
    assert desk.machine.status(desk.now_s).billed_s == 30, "it takes sound, and is not refused"
    desk.say(other, ev.Partial("one"))
    assert desk.dropped()[-1] == desk.first


def test_a_connection_that_takes_nothing_is_doubted_when_somebody_speaks() -> None:
    desk = Spoken()
    opened: list[fx.Effect] = []
    for level in [QUIET] * 15 + [SPEECH] * 12:
        desk.machine.captured(100, level, desk.now_s)
        desk.now_s += 0.1
        desk.machine.tick(desk.now_s)
        effects = desk.machine.take_effects()  # and the transport takes none of it
        opened += [it for it in effects if isinstance(it, fx.Open)]
        assert not opened or level is SPEECH
    assert len(opened) == 1


@pytest.mark.parametrize("torn", [(0, 300), (600, 900)])
def test_what_is_cut_away_from_it_ends_it(torn: tuple[int, int]) -> None:
    desk = Spoken()
    (spare,) = desk.opened(1.2)
    desk.machine.unreadable(*torn, desk.now_s)
    assert {desk.first, spare} <= set(desk.dropped()), "it has heard what is another's"


def test_what_it_alone_was_to_be_sent_and_cannot_be_read_ends_it_and_no_other_is_opened() -> None:
    desk = Spoken()
    for _ in range(6):
        desk.hear()
    desk.say(desk.first, ev.Final("one", 0, 400, settled_ms=400))
    spares: list[int] = []
    while not spares:
        spares += [it.session_number for it in desk.hear() if isinstance(it, fx.Open)]
    desk.machine.session_opened(spares[0], desk.now_s)
    desk.machine.unreadable(100, 300, desk.now_s)
    assert desk.dropped() == spares, "the first one was sent it long ago"
    assert desk.opened(3.0) == []


def test_it_ends_with_the_dictation_and_its_silence_is_an_answer() -> None:
    desk = Spoken()
    (spare,) = desk.opened(1.2)
    desk.machine.stop(desk.now_s)
    finished = {it.session_number for it in desk.effects() if isinstance(it, fx.Finish)}
    assert finished == {desk.first, spare}
    desk.machine.session_closed(spare, None, desk.now_s)
    assert fx.Done() in desk.effects()


@pytest.mark.parametrize("is_paused", [False, True])
def test_no_sound_for_it_ends_it_before_the_server_does(*, is_paused: bool) -> None:
    desk = Spoken()
    (spare,) = desk.opened(1.2)
    if is_paused:
        desk.machine.pause(desk.now_s)
    for _ in range(40):
        desk.now_s += 0.1
        desk.machine.tick(desk.now_s)
    assert spare in desk.dropped()
    assert (desk.first in desk.dropped()) is False, "it is waited for, and kept in a pause"


@pytest.mark.parametrize("seed", range(12))
def test_connections_that_die_and_tell_nobody_cost_no_word_and_double_none(seed: int) -> None:
    rng = random.Random(seed)
    world = World(seed, Limits(session_s=20.0), Manners(longest_delay_s=0.3))
    for _ in range(6):
        world.speak(rng.randint(3, 30), gap=rng.randint(0, 150), pause=rng.randint(0, 2500))
        for session in world.sessions.values():
            session.outbox.clear()
            session.is_dead = True
    world.speak(20)
    world.finish()
    world.check()
    assert not world.gaps
    assert world.opened_total <= 20
