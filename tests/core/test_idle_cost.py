"""What silence costs, and that saving it costs no word."""

from __future__ import annotations

import random

import pytest

from skdictate.audio.pcm import Format, Level
from skdictate.audio.voice_activity import PREROLL_S, STILL_S, VoiceActivity
from skdictate.core import changes as ch
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.changes import Reason
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from tests.core.test_dictation import Desk
from tests.core.world import LENGTH, QUIET, SPEECH, Manners, Spoken, World


def hear(desk: Desk, seconds: float, level: Level) -> list[fx.Effect]:
    """Sound of one level, while the recogniser answers nothing."""
    effects: list[fx.Effect] = []
    for _ in range(round(seconds * 10)):
        effects += desk.hear(level=level)
    return effects


def resting() -> Desk:
    """A dictation in which something was said, and then nothing for long."""
    desk = Desk()
    session_number = desk.open()
    hear(desk, 2, SPEECH)
    desk.say(session_number, ev.Final("one", 0, 2000, settled_ms=2000))
    effects = hear(desk, 20, QUIET)
    assert fx.Finish(session_number) in effects
    desk.machine.session_closed(session_number, None, desk.now_s)
    assert hear(desk, 10, QUIET) == []
    return desk


def test_a_session_is_left_in_silence_just_before_more_would_be_billed() -> None:
    desk = resting()
    status = desk.machine.status(desk.now_s)
    assert status.billed_s == 15
    assert status.unsent_s == 0
    assert status.problems == ()


def test_speech_is_heard_again_from_a_little_before_it_began() -> None:
    desk = resting()
    began = desk.machine.status(desk.now_s).recorded_s
    assert fx.Open(2) in desk.hear(level=SPEECH)
    desk.machine.session_opened(2, desk.now_s)
    sent = [effect for effect in desk.effects() if isinstance(effect, fx.Send)]
    assert sent[0].start_sample == round((began - PREROLL_S) * 1000)


def test_soft_speech_is_speech() -> None:
    desk = resting()
    assert fx.Open(2) in desk.hear(level=Level(QUIET.rms_dbfs + 7, -55.0))


def test_a_loud_hum_is_sent_since_it_may_be_more() -> None:
    desk = Desk()
    session_number = desk.open()
    hum = Level(-40.0, -35.0)
    assert fx.Finish(session_number) not in hear(desk, 40, hum)


def test_silence_before_any_final_is_not_left() -> None:
    desk = Desk()
    session_number = desk.open()
    hear(desk, 2, SPEECH)
    desk.say(session_number, ev.Partial("one"))
    assert fx.Finish(session_number) not in hear(desk, 20, QUIET)


@pytest.mark.parametrize(("policy", "unit_s"), [(Policy(sends_silence=True), 15), (Policy(), 0)])
def test_silence_is_sent_where_that_is_wanted_or_costs_nothing(policy: Policy, unit_s: int) -> None:
    desk = Desk(policy=policy, unit_s=unit_s)
    session_number = desk.open()
    assert fx.Finish(session_number) not in hear(desk, 100, QUIET)


@pytest.mark.parametrize("end", ["stop", "pause", "abandon"])
def test_an_end_in_silence_opens_no_session_and_leaves_no_gap(end: str) -> None:
    desk = resting()
    getattr(desk.machine, end)(desk.now_s)
    desk.machine.tick(desk.now_s + 1)
    assert fx.Open(2) not in desk.effects()
    desk.news()
    assert not [change for change in desk.changes if isinstance(change, ch.GapMarked)]


def test_a_hole_in_silence_is_a_hole() -> None:
    desk = resting()
    head = round(desk.machine.status(desk.now_s).recorded_s * 1000)
    desk.machine.lost(500, Reason.NOT_CAPTURED, desk.now_s)
    desk.machine.stop(desk.now_s)
    desk.news()
    gaps = [change.gap for change in desk.changes if isinstance(change, ch.GapMarked)]
    assert gaps == [ch.Gap(head, head + 500, Reason.NOT_CAPTURED)]


def test_an_hour_with_long_silences_costs_little_more_than_its_speech() -> None:
    bills = []
    for sends_silence in (False, True):
        world = World(1, Limits(), Manners(), sends_silence=sends_silence)
        for _ in range(20):
            world.speak(10)
            world.record(170_000)
        world.finish()
        world.check()
        assert world.gaps == []
        bills.append(world.dictation.status(world.now_s).billed_s)
    assert bills[0] <= 20 * 15
    assert bills[1] >= 3400


def test_the_noise_of_a_room_is_learnt() -> None:
    still = VoiceActivity(Format(1000))
    fan = Level(-50.0, -45.0)
    for at in range(0, 60_000, 100):
        still.add_level(QUIET, at, 100)
    still.add_level(fan, 60_000, 100)
    assert not still.is_still(60_100)
    for at in range(60_100, 120_000, 100):
        still.add_level(fan, at, 100)
    assert still.is_still(120_000)
    assert not still.is_still(round(still.still_from or 0) + round(STILL_S * 1000) - 1)


def paused() -> tuple[Desk, int]:
    """A dictation that was paused in a word that is not sent in whole chunks."""
    desk = Desk()
    session_number = desk.open()
    hear(desk, 2, SPEECH)
    desk.hear(50)
    desk.machine.pause(desk.now_s)
    return desk, session_number


def wait(desk: Desk, seconds: float) -> list[fx.Effect]:
    """Let time pass, as the deadlines say."""
    effects: list[fx.Effect] = []
    until_s = desk.now_s + seconds
    while (due_s := desk.machine.next_deadline_s()) is not None and due_s <= until_s:
        desk.now_s = max(desk.now_s + 0.001, due_s)
        desk.machine.tick(desk.now_s)
        effects += desk.effects()
    desk.now_s = max(desk.now_s, until_s)
    return effects


def test_a_short_pause_costs_no_session() -> None:
    desk, session_number = paused()
    assert desk.effects() == [fx.Send(session_number, 2100, 2150)]
    assert wait(desk, 5.5) == [fx.SendSilence(session_number, 1000)] * 5
    desk.machine.resume(desk.now_s)
    assert desk.hear() == [fx.Send(session_number, 2150, 2250)]
    gauge = desk.machine.status(desk.now_s).session
    assert gauge is not None
    assert (gauge.audio_s, gauge.size_bytes) == (7.25, 14_500)
    desk.say(session_number, ev.Final("one", 0, 2100))
    desk.say(session_number, ev.Final("two", 7150, 7240))
    desk.machine.stop(desk.now_s)
    desk.machine.session_closed(session_number, None, desk.now_s)
    desk.news()
    lines = [change.line for change in desk.changes if isinstance(change, ch.LineCommitted)]
    assert [(it.text, it.start_sample, it.end_sample) for it in lines] == [
        ("one", 0, 2100),
        ("two", 2150, 2240),
    ]
    assert desk.machine.status(desk.now_s).billed_s == 15


def test_a_long_pause_lets_the_session_go_when_it_is_used_up() -> None:
    desk, session_number = paused()
    effects = wait(desk, 13)
    assert effects.count(fx.SendSilence(session_number, 1000)) == 11
    assert effects[-1] == fx.Finish(session_number)
    desk.machine.session_closed(session_number, None, desk.now_s)
    assert wait(desk, 600) == []
    assert desk.machine.status(desk.now_s).billed_s == 15
    desk.machine.resume(desk.now_s)
    assert fx.Open(2) in desk.hear()


def test_a_session_that_heard_nothing_is_not_kept() -> None:
    desk = Desk()
    desk.hear(50)
    desk.machine.session_opened(1, desk.now_s)
    desk.machine.pause(desk.now_s)
    assert desk.effects() == [fx.Send(1, 0, 50), fx.Finish(1)]


def test_a_session_near_its_limits_is_not_kept() -> None:
    desk = Desk(session_s=20.0)
    session_number = desk.open()
    hear(desk, 16, SPEECH)
    desk.machine.pause(desk.now_s)
    assert fx.Finish(session_number) in desk.effects()


def test_a_pause_during_catching_up_waits_for_the_rest() -> None:
    desk = Desk(catch_up=2.0)
    for _ in range(60):
        desk.hear()
    desk.machine.session_opened(1, desk.now_s)
    desk.effects()
    desk.machine.pause(desk.now_s)
    effects = wait(desk, 8)
    first = effects.index(fx.SendSilence(1, 1000))
    sent = [effect.end_sample for effect in effects[:first] if isinstance(effect, fx.Send)]
    assert sent[-1] == 6000


def test_a_source_that_waits_goes_on_inside_a_word_and_another_session_hears_it_whole() -> None:
    desk = Desk(policy=Policy(is_live=False))
    session_number = desk.open()
    hear(desk, 4, SPEECH)
    desk.machine.pause(desk.now_s)
    effects = desk.effects() + wait(desk, 5)
    assert effects == [fx.Finish(session_number)], "silence would part the word"
    desk.machine.resume(desk.now_s)
    assert fx.Open(2) in desk.hear()
    desk.machine.session_opened(2, desk.now_s)
    first = next(it for it in desk.effects() if isinstance(it, fx.Send))
    assert first.start_sample == 4_100 - 3_000


def test_a_source_that_waits_keeps_its_session_between_two_words() -> None:
    desk = Desk(policy=Policy(is_live=False))
    session_number = desk.open()
    hear(desk, 4, SPEECH)
    hear(desk, 0.3, QUIET)
    desk.machine.pause(desk.now_s)
    assert desk.effects() + wait(desk, 2.5) == [fx.SendSilence(session_number, 1000)] * 2


@pytest.mark.parametrize("seed", range(8))
def test_pauses_of_a_source_that_waits_lose_and_double_no_word(seed: int) -> None:
    rng = random.Random(seed)
    world = World(seed, Limits(), Manners(), is_live=False)
    for _ in range(60):
        start = world.dictated
        world.spoken.append(Spoken(len(world.spoken) + 1, start, start + LENGTH))
        if rng.random() < 0.3:
            world.record(rng.randint(1, LENGTH - 1))
            world.dictation.pause(world.now_s)
            world.settle()
            world.wait(rng.choice((0.1, 3.0, 30.0)))
            world.dictation.resume(world.now_s)
            world.settle()
        world.record(start + LENGTH + rng.choice((20, 60, 500)) - world.dictated)
    world.finish()
    world.check()
    assert world.gaps == []
    assert len(world.committed()) == 60
