"""What a dictation does in single, named situations; the schedules are in test_echo.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skdictate.audio.pcm import Format, Level
from skdictate.core import changes as ch
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.changes import Reason, Topic
from skdictate.core.dictation import Dictation
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.core.session import AT_ONCE_S, Session
from skdictate.core.session_state import SessionState
from skdictate.core.status import Phase
from skdictate.errors import Kind, Problem
from tests.core.world import GONE, QUIET, REFUSED, SPEECH, Manners, World

LIMIT = Problem(Kind.LIMIT, "session over")


class Desk:
    """A dictation at one sample per millisecond, worked by hand."""

    def __init__(self, **kwargs: Any) -> None:
        policy = kwargs.pop("policy", Policy())
        self.now_s = 0.0
        self.machine = Dictation(Format(1000), Limits(**kwargs), policy)
        self.changes: list[ch.Change] = []

    def hear(self, n_samples: int = 100, level: Level | None = SPEECH) -> list[fx.Effect]:
        self.machine.captured(n_samples, level, self.now_s)
        self.now_s += n_samples / 1000
        return self.effects()

    def say(self, session_number: int, event: ev.Event) -> list[ch.Change]:
        self.machine.session_event(session_number, event, self.now_s)
        return self.news()

    def open(self) -> int:
        """Bring a link up with the first 100 samples."""
        effects = self.hear()
        session_number = next(e.session_number for e in effects if isinstance(e, fx.Open))
        self.machine.session_opened(session_number, self.now_s)
        self.effects()
        self.news()
        return session_number

    def effects(self) -> list[fx.Effect]:
        """Take the effects; the transport takes everything at once."""
        taken: list[fx.Effect] = []
        while batch := self.machine.take_effects():
            taken += batch
            for effect in batch:
                if isinstance(effect, fx.Send):
                    self.machine.sent(effect.session_number, effect.end_sample, self.now_s)
        return taken

    def news(self) -> list[ch.Change]:
        news = self.machine.take_changes()
        self.changes += news
        return news

    def texts(self) -> list[str]:
        self.news()
        return [c.line.text for c in self.changes if isinstance(c, ch.LineCommitted)]

    def phase(self) -> Phase:
        return self.machine.status(self.now_s).phase


def test_nothing_is_opened_before_there_is_sound() -> None:
    desk = Desk()
    desk.machine.started(0.0)
    desk.machine.tick(1.0)
    assert desk.effects() == []
    assert desk.phase() is Phase.WAITING
    assert fx.Open(1) in desk.hear()
    assert desk.phase() is Phase.CONNECTING


def test_audio_goes_out_in_whole_chunks_and_the_rest_at_the_end() -> None:
    desk = Desk(policy=Policy(chunk_ms=100))
    session_number = desk.open()
    assert desk.hear(50) == []
    assert desk.hear(60) == [fx.Send(session_number, 100, 200)]
    desk.machine.stop(desk.now_s)
    assert desk.effects() == [fx.Send(session_number, 200, 210), fx.Finish(session_number)]
    assert desk.phase() is Phase.FINISHING


def test_what_was_said_before_the_link_opened_is_sent_when_it_opens() -> None:
    desk = Desk(catch_up=float("inf"))
    for _ in range(30):
        desk.hear()
    assert desk.machine.status(desk.now_s).unsent_s == 3.0
    desk.machine.session_opened(1, desk.now_s)
    sent = [e for e in desk.effects() if isinstance(e, fx.Send)]
    assert (sent[0].start_sample, sent[-1].end_sample) == (0, 3000)


def test_waiting_audio_is_sent_no_faster_than_allowed() -> None:
    desk = Desk(catch_up=2.0)
    for _ in range(100):
        desk.hear()
    desk.machine.session_opened(1, desk.now_s)
    sent = desk.effects()
    assert desk.phase() is Phase.CATCHING_UP
    while desk.machine.status(desk.now_s).unsent_s > 0:
        due_s = desk.machine.next_deadline_s()
        assert due_s is not None
        desk.now_s = max(due_s, desk.now_s + 0.001)
        desk.machine.tick(desk.now_s)
        sent += desk.effects()
    assert desk.now_s - 10.0 == pytest.approx((10.0 - AT_ONCE_S) / 2, abs=0.2)
    assert desk.phase() is Phase.LISTENING


def test_a_recogniser_that_lags_is_not_hurried() -> None:
    desk = Desk(catch_up=4.0)
    desk.machine.captured(30_000, None, desk.now_s)
    desk.effects()
    desk.machine.session_opened(1, desk.now_s)
    desk.effects()
    desk.say(1, ev.Cursors(0, 0))
    start_s = desk.now_s
    while desk.now_s < start_s + 10:
        desk.now_s += 0.05
        desk.machine.tick(desk.now_s)
        desk.effects()
    sent_s = 30.0 - desk.machine.status(desk.now_s).unsent_s
    assert 16 < sent_s < 19, "eight seconds in a hurry, the rest as spoken"


def test_a_final_commits_and_a_refinement_replaces_and_settles() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(900)
    desk.say(session_number, ev.Partial("hello"))
    news = desk.say(session_number, ev.Final("hello world", 100, 900, index=0))
    line = ch.Line(1, "hello world", 100, 900, session_number)
    assert news == [ch.LineCommitted(line), ch.Settled(900), ch.PartialChanged("", "")]
    refined = replace(line, text="Hello, world.", is_refined=True)
    news = desk.say(session_number, ev.Refinement(0, "Hello, world."))
    assert news == [ch.LineRefined(refined), ch.LineSettled(refined)]


def test_a_refinement_for_a_final_that_never_was_changes_nothing() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.say(session_number, ev.Final("one", 0, 50))
    assert desk.say(session_number, ev.Refinement(7, "other")) == []
    assert desk.say(session_number, ev.Refinement(0, "")) == []


@pytest.mark.parametrize("end_ms", [-5, 0, 10**12, -(10**12)])
def test_absurd_times_keep_the_words_and_stay_on_the_timeline(end_ms: int) -> None:
    desk = Desk()
    session_number = desk.open()
    desk.say(session_number, ev.Final("words", 10**9, end_ms, settled_ms=end_ms))
    committed = [c.line for c in desk.changes if isinstance(c, ch.LineCommitted)]
    assert [line.text for line in committed] == ["words"]
    assert 0 <= committed[0].start_sample <= committed[0].end_sample <= 100


def test_without_refinements_a_line_is_settled_at_once() -> None:
    desk = Desk(policy=Policy(refines=False))
    session_number = desk.open()
    news = desk.say(session_number, ev.Final("done", 0, 90))
    assert isinstance(news[1], ch.LineSettled)


def test_a_refinement_is_not_waited_for_longer_than_an_utterance_takes() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.say(session_number, ev.Final("raw", 0, 90))
    due_s = desk.machine.next_deadline_s()
    assert due_s is not None
    desk.machine.tick(due_s - 0.01)
    assert desk.news() == []
    desk.machine.tick(due_s + 3)
    assert any(isinstance(c, ch.LineSettled) for c in desk.news())


def test_an_end_of_utterance_settles_the_silence_but_not_words_without_a_final() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(900)
    desk.say(session_number, ev.EndOfUtterance(500))
    assert desk.machine.status(desk.now_s).unsettled_s == 0.5
    desk.say(session_number, ev.Partial("and then"))
    desk.say(session_number, ev.EndOfUtterance(900))
    assert desk.machine.status(desk.now_s).unsettled_s == 0.5


def test_words_that_never_became_final_are_kept_and_marked() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.say(session_number, ev.Partial("last words"))
    desk.machine.stop(desk.now_s)
    desk.machine.session_closed(session_number, None, desk.now_s)
    line = next(c.line for c in desk.news() if isinstance(c, ch.LineCommitted))
    assert (line.text, line.is_confirmed) == ("last words", False)
    assert fx.Done() in desk.effects()


def test_a_link_says_who_it_is() -> None:
    desk = Desk()
    session_number = desk.open()
    news = desk.say(session_number, ev.SessionNamed("uuid", "request"))
    assert ch.SessionChanged(session_number, SessionState.OPEN, "uuid", "request") in news
    assert desk.say(session_number, ev.SessionNamed("uuid", "request")) == []


def test_signs_of_life_are_not_text() -> None:
    desk = Desk()
    session_number = desk.open()
    assert desk.say(session_number, ev.ServerStatus(ev.StatusCode.WORKING)) == []


def test_a_finished_session_limit_is_no_news_to_the_user() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(2000)
    desk.say(session_number, ev.Final("so far", 0, 1500))
    desk.machine.session_closed(session_number, LIMIT, desk.now_s)
    assert desk.effects() == [fx.Open(2)]
    assert not [c for c in desk.news() if isinstance(c, ch.ProblemRaised)]


def test_a_session_that_ends_at_once_every_time_is_not_hammered() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.machine.session_closed(session_number, LIMIT, desk.now_s)
    assert desk.effects() == []
    assert desk.phase() is Phase.RECONNECTING
    assert desk.machine.status(desk.now_s).retry_in_s is not None


def test_a_clean_close_that_nobody_asked_for_is_a_break() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.machine.session_closed(session_number, None, desk.now_s)
    raised = [c for c in desk.news() if isinstance(c, ch.ProblemRaised)]
    assert raised[0].problem.title == "The recogniser ended the session"


def test_a_broken_link_is_replaced_from_a_little_before_the_last_settled_sample() -> None:
    desk = Desk()
    session_number = desk.open()
    for _ in range(29):
        desk.hear()
    words = (ev.Word("is", 0, 1500), ev.Word("kept", 1600, 2400))
    desk.say(session_number, ev.Final("is kept", 0, 2400, words, settled_ms=2450))
    desk.machine.session_closed(session_number, GONE, desk.now_s)
    due_s = desk.machine.next_deadline_s()
    assert due_s is not None
    desk.now_s = due_s
    desk.machine.tick(desk.now_s)
    assert fx.Open(2) in desk.effects()
    desk.machine.session_opened(2, desk.now_s)
    assert desk.effects()[0] == fx.Send(2, 950, 1050)
    desk.say(2, ev.ServerStatus(ev.StatusCode.WORKING))
    assert ch.ProblemCleared(Topic.LINK) not in desk.changes
    assert ch.ProblemCleared(Topic.LINK) in desk.say(2, ev.Partial("and"))


def test_a_permanent_problem_stops_links_but_not_recording() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.machine.session_closed(session_number, REFUSED, desk.now_s)
    for _ in range(100):
        assert desk.hear() == []
    assert desk.phase() is Phase.BLOCKED
    assert desk.machine.status(desk.now_s).recorded_s == 10.1
    desk.machine.retry(desk.now_s)
    assert desk.effects() == [fx.Open(2)]


def test_a_link_that_still_drains_does_not_hide_a_permanent_problem() -> None:
    desk = Desk(unit_s=0)
    first = desk.open()
    desk.machine.pause(desk.now_s)
    desk.machine.resume(desk.now_s)
    second = next(e.session_number for e in desk.hear() if isinstance(e, fx.Open))
    desk.machine.session_closed(second, REFUSED, desk.now_s)
    desk.say(first, ev.Final("the end"))
    assert [p.topic for p in desk.machine.status(desk.now_s).problems] == [Topic.LINK]


def test_stopping_while_blocked_leaves_a_gap_at_once() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.say(session_number, ev.Partial("half a word"))
    desk.machine.session_closed(session_number, GONE, desk.now_s)
    desk.now_s += 1.0
    desk.machine.tick(desk.now_s)
    desk.machine.session_opened(2, desk.now_s)
    desk.machine.session_closed(2, REFUSED, desk.now_s)
    desk.machine.stop(desk.now_s)
    gaps = [c.gap for c in desk.news() if isinstance(c, ch.GapMarked)]
    assert gaps == [ch.Gap(0, 100, Reason.UNRECOGNISED, "half a word")]
    assert fx.Done() in desk.effects()
    assert desk.phase() is Phase.DONE
    assert desk.machine.next_deadline_s() is None


def test_abandoning_drops_the_link_and_leaves_a_gap() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.machine.stop(desk.now_s)
    desk.machine.abandon(desk.now_s)
    effects = desk.effects()
    assert effects[-2:] == [fx.Drop(session_number), fx.Done()]
    assert [c.gap.end_sample for c in desk.news() if isinstance(c, ch.GapMarked)] == [100]


def test_a_mute_recogniser_is_not_waited_for_without_end() -> None:
    world = World(manners=Manners(longest_delay_s=0.0))
    world.is_mute = True
    world.speak(5)
    stopped_s = world.now_s
    world.finish()
    assert world.now_s - stopped_s < 30
    assert [gap.reason for gap in world.gaps] == [Reason.UNRECOGNISED]


def test_pausing_finishes_the_utterance_and_resuming_opens_another_session() -> None:
    desk = Desk(unit_s=0)
    session_number = desk.open()
    desk.machine.pause(desk.now_s)
    assert desk.effects() == [fx.Finish(session_number)]
    assert desk.phase() is Phase.PAUSED
    desk.machine.resume(desk.now_s)
    assert desk.effects() == []
    assert fx.Open(2) in desk.hear()


def test_pausing_after_the_end_changes_nothing() -> None:
    desk = Desk()
    desk.machine.stop(0.0)
    desk.machine.pause(0.0)
    desk.machine.lost(100, Reason.NOT_CAPTURED, 0.0)
    desk.machine.stop(0.0)
    assert desk.effects() == [fx.Done()]


def test_an_idle_link_is_closed_before_the_server_does_it() -> None:
    desk = Desk(idle_s=5.0)
    session_number = desk.open()
    due_s = desk.machine.next_deadline_s()
    assert due_s is not None
    assert due_s - desk.now_s < 5.0
    desk.now_s = due_s
    desk.machine.tick(desk.now_s)
    assert desk.effects() == [fx.Finish(session_number)]
    assert fx.Open(2) in desk.hear()


def test_a_hole_in_the_recording_is_a_gap_and_time_goes_on() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.machine.lost(500, Reason.NOT_CAPTURED, desk.now_s)
    assert fx.Finish(session_number) in desk.effects()
    assert fx.Open(2) in desk.hear()
    desk.machine.session_closed(session_number, None, desk.now_s)
    gaps = [c.gap for c in desk.news() if isinstance(c, ch.GapMarked)]
    assert gaps == [ch.Gap(100, 600, Reason.NOT_CAPTURED)]


def test_lines_after_an_unanswered_stretch_wait_for_it_and_come_in_order() -> None:
    desk = Desk()
    desk.open()
    desk.machine.lost(500, Reason.NOT_CAPTURED, desk.now_s)
    desk.hear()
    desk.machine.session_opened(2, desk.now_s)
    desk.say(2, ev.Final("second", 0, 90))
    desk.say(2, ev.Refinement(0, "Second"))
    desk.say(2, ev.Final("third", 90, 100))
    assert desk.texts() == []
    assert [c.text for c in desk.changes if isinstance(c, ch.PartialChanged)][-1] == "Second third"
    desk.machine.stop(desk.now_s)
    desk.machine.session_closed(2, None, desk.now_s)
    desk.machine.abandon(desk.now_s)
    items = [c for c in desk.news() if isinstance(c, ch.GapMarked | ch.LineCommitted)]
    assert [type(item) for item in items] == [
        ch.GapMarked,
        ch.GapMarked,
        ch.LineCommitted,
        ch.LineCommitted,
    ]
    assert desk.texts() == ["Second", "third"]


def test_ending_the_sentence_sends_all_that_was_said() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.hear(30)
    desk.machine.end_utterance(desk.now_s)
    assert desk.effects() == [fx.Send(session_number, 100, 130), fx.EndUtterance(session_number)]


def test_ending_the_sentence_without_a_link_does_nothing() -> None:
    desk = Desk()
    desk.machine.end_utterance(0.0)
    desk.hear()
    desk.machine.end_utterance(0.0)
    assert not [e for e in desk.effects() if isinstance(e, fx.EndUtterance)]


def test_what_a_link_says_after_its_end_is_not_heard() -> None:
    desk = Desk()
    desk.machine.session_opened(9, 0.0)
    desk.machine.session_event(9, ev.Final("ghost", 0, 1), 0.0)
    desk.machine.session_closed(9, GONE, 0.0)
    desk.machine.sent(9, 100, 0.0)
    assert desk.news() == []


def test_a_link_that_does_not_open_is_given_up() -> None:
    desk = Desk()
    desk.hear()
    desk.effects()
    desk.now_s = 20.0
    desk.machine.tick(desk.now_s)
    assert desk.effects() == [fx.Drop(1)]
    assert desk.machine.status(20.0).problems[0].problem.title == "The recogniser does not answer"
    assert desk.machine.status(20.0).billed_s == 0


def test_a_recogniser_that_stops_reading_is_said_and_then_replaced() -> None:
    desk = Desk()
    desk.open()
    desk.machine.captured(100, SPEECH, desk.now_s)
    desk.machine.take_effects()  # and the transport takes nothing
    due_s = desk.machine.next_deadline_s()
    assert due_s is not None
    desk.machine.tick(due_s)
    assert desk.machine.status(due_s).problems[0].topic is Topic.SEND
    next_s = desk.machine.next_deadline_s()
    assert next_s is not None and next_s > due_s
    desk.machine.tick(next_s)
    assert fx.Drop(1) in desk.machine.take_effects()
    assert desk.machine.status(next_s).problems[0].problem.title == (
        "The recogniser stopped reading"
    )


def test_a_source_that_delivers_nothing_is_said_and_forgiven() -> None:
    desk = Desk()
    desk.machine.started(0.0)
    due_s = desk.machine.next_deadline_s()
    assert due_s == 10.0
    desk.machine.tick(due_s)
    desk.machine.tick(due_s + 1)
    assert [type(c) for c in desk.news()] == [ch.ProblemRaised]
    assert desk.machine.next_deadline_s() is None
    desk.hear()
    assert ch.ProblemCleared(Topic.CAPTURE) in desk.news()


def test_what_a_microphone_gives_is_judged_and_what_a_file_gives_is_not() -> None:
    for hears_microphone, expected in ((True, [Topic.SOUND]), (False, [])):
        desk = Desk(policy=Policy(hears_microphone=hears_microphone))
        for _ in range(30):
            desk.hear(level=Level())
        assert [p.topic for p in desk.machine.status(desk.now_s).problems] == expected
    desk = Desk(policy=Policy(hears_microphone=True))
    for _ in range(30):
        desk.hear(level=Level())
    desk.machine.source_changed(desk.now_s)
    assert desk.machine.status(desk.now_s).problems == ()


def test_a_source_that_knows_why_it_is_silent_says_so_until_there_is_sound() -> None:
    desk = Desk()
    desk.open()
    gone = Problem(Kind.MICROPHONE, "Unplugged")
    desk.machine.source_failed(gone, desk.now_s)
    assert [p.problem for p in desk.machine.status(desk.now_s).problems] == [gone]
    assert ch.ProblemRaised(Topic.CAPTURE, gone) in desk.news()
    desk.hear()
    assert ch.ProblemCleared(Topic.CAPTURE) in desk.news()


def test_an_overrun_is_a_gap_of_its_own_kind() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.machine.lost(500, Reason.OVERRUN, desk.now_s)
    desk.hear()
    desk.say(session_number, ev.Final("one", 0, 90))
    desk.machine.session_closed(session_number, None, desk.now_s)
    desk.news()
    gaps = [c.gap for c in desk.changes if isinstance(c, ch.GapMarked)]
    assert gaps == [ch.Gap(100, 600, Reason.OVERRUN)]


def silent(desk: Desk, seconds: float) -> bool:
    """Whether silence of that length makes it ask for the end."""
    effects: list[fx.Effect] = []
    for _ in range(round(seconds * 10)):
        effects += desk.hear(level=QUIET)
    return fx.StopSource() in effects


def test_silence_ends_the_dictation_only_after_words_and_only_once() -> None:
    desk = Desk(policy=Policy(stop_after_silence_s=3.0))
    session_number = desk.open()
    assert not silent(desk, 10), "nothing was said yet"
    desk.hear()
    desk.say(session_number, ev.Partial("one"))
    assert not silent(desk, 2.9)
    desk.hear()
    assert not silent(desk, 2.9)
    assert silent(desk, 0.5)
    assert not silent(desk, 10)


def test_a_pause_and_a_hole_are_no_silence() -> None:
    desk = Desk(policy=Policy(stop_after_silence_s=3.0))
    session_number = desk.open()
    desk.say(session_number, ev.Partial("one"))
    assert not silent(desk, 2.5)
    desk.machine.pause(desk.now_s)
    desk.machine.resume(desk.now_s)
    assert not silent(desk, 2.5)
    desk.machine.lost(60_000, Reason.NOT_CAPTURED, desk.now_s)
    assert not silent(desk, 2.5)
    assert silent(desk, 1)


def test_a_source_that_starts_while_paused_owes_no_sound() -> None:
    desk = Desk()
    desk.machine.pause(0.0)
    desk.machine.started(0.1)
    desk.machine.tick(60.0)
    assert desk.machine.status(60.0).problems == ()
    desk.machine.resume(60.0)
    desk.machine.tick(71.0)
    assert [p.topic for p in desk.machine.status(71.0).problems] == [Topic.CAPTURE]


def test_sound_without_words_replaces_the_link_once_and_then_says_so_only() -> None:
    desk = Desk()
    desk.open()
    n_drops = 0
    for _ in range(1000):
        for effect in desk.hear():
            if isinstance(effect, fx.Open):
                desk.machine.session_opened(effect.session_number, desk.now_s)
                desk.say(effect.session_number, ev.ServerStatus(ev.StatusCode.WORKING))
            n_drops += isinstance(effect, fx.Drop)
    assert n_drops == 1
    assert desk.machine.status(desk.now_s).problems[0].topic is Topic.PROGRESS
    desk.say(2, ev.Partial("at last"))
    assert not desk.machine.status(desk.now_s).problems


def test_a_quiet_room_is_no_fault() -> None:
    desk = Desk(policy=Policy(sends_silence=True))
    desk.open()
    for _ in range(1000):
        desk.hear(100, QUIET)
    desk.hear(100, None)
    assert not desk.machine.status(desk.now_s).problems


def test_the_gauges_show_the_session_its_size_and_what_it_costs() -> None:
    desk = Desk()
    desk.open()
    for _ in range(199):
        desk.hear()
    status = desk.machine.status(desk.now_s + 1)
    assert status.session is not None
    assert status.session.number == 1
    assert status.session.audio_s == 20.0
    assert status.session.size_bytes == 40_000
    assert status.session.since_message_s == pytest.approx(1.1)
    assert status.billed_s == 30


def test_an_illegal_move_of_a_link_is_caught() -> None:
    session = Session(1, Format(1000), 0, 0.0)
    with pytest.raises(AssertionError, match="opening -> finishing"):
        session.enter(SessionState.FINISHING)


def test_a_monologue_without_word_times_is_cut_at_the_last_moment_and_loses_no_sample() -> None:
    world = World(limits=Limits(session_s=20.0), manners=Manners(has_words=False, partials=True))
    world.speak(70, gap=0)  # 17.5 s without a pause; then 20 s of sound without words
    world.finish()
    numbers = [int(word.lstrip("~")) for word in world.committed()]
    assert sorted(set(numbers)) == list(range(1, 71))


def test_partials_of_two_sessions_are_shown_as_one_text() -> None:
    desk = Desk(session_s=20.0, policy=Policy(has_words=True, has_hedges=False))
    session_number = desk.open()
    desk.say(session_number, ev.Partial("first", (ev.Word("first", 0, 50),)))
    for _ in range(250):
        for effect in desk.hear():
            if isinstance(effect, fx.Open):
                desk.machine.session_opened(effect.session_number, desk.now_s)
        desk.effects()
    desk.say(2, ev.Partial("second"))
    partials = [c.text for c in desk.changes if isinstance(c, ch.PartialChanged)]
    assert partials[-1] == "first second"
    assert desk.texts() == []


def test_a_part_of_a_recording_keeps_its_places() -> None:
    machine = Dictation(Format(1000), Limits(catch_up=float("inf")), begin=5_000)
    machine.captured(300, SPEECH, 0.0)
    machine.session_opened(1, 0.0)
    sent = [effect for effect in machine.take_effects() if isinstance(effect, fx.Send)]
    assert (sent[0].start_sample, sent[-1].end_sample) == (5_000, 5_300)
    machine.sent(1, 5_300, 0.0)
    machine.session_event(1, ev.Final("hello", 50, 250), 0.0)
    machine.abandon(0.0)
    told = machine.take_changes()
    assert ch.LineCommitted(ch.Line(1, "hello", 5_050, 5_250, 1)) in told
    assert ch.GapMarked(ch.Gap(5_250, 5_300, Reason.UNRECOGNISED)) in told
    assert [it.end_sample for it in told if isinstance(it, ch.Settled)] == [5_250, 5_300]


def test_in_long_silence_it_is_told_how_far_the_text_is_whole() -> None:
    desk = Desk(unit_s=15)
    session_number = desk.open()
    desk.say(session_number, ev.Final("one", 0, 50))
    for _ in range(600):
        if fx.Finish(session_number) in desk.hear(level=QUIET):
            desk.machine.session_closed(session_number, None, desk.now_s)
    settled = [it.end_sample for it in desk.news() if isinstance(it, ch.Settled)]
    assert desk.machine.status(desk.now_s).unsettled_s > 30, "nobody has heard it"
    assert settled[-1] > 53_000, "and nobody needs to"
    assert len(settled) < 15, "each is a wait for the disk"


def test_where_somebody_has_spoken_is_known_afterwards() -> None:
    desk = Desk()
    for level in (QUIET, SPEECH, QUIET):
        for _ in range(10):
            desk.hear(100, level)
    assert desk.machine.is_spoken(0, 3000)
    assert desk.machine.is_spoken(1200, 1600)
    assert not desk.machine.is_spoken(0, 1000)
    assert not desk.machine.is_spoken(2200, 3000)
