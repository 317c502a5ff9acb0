"""What is found beside the text: put on the timeline, once, and said in words."""

from __future__ import annotations

import json

import pytest

from skdictate.audio.pcm import Format
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.changes import FindingMade, LineCommitted
from skdictate.core.findings import (
    Classified,
    Conversed,
    Finding,
    FindingRange,
    Found,
    Interrupted,
    Label,
    Labelled,
    Quantile,
    Spoken,
    Statistics,
    Summarised,
    Window,
)
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.core.results import MOST_WARNINGS, Results
from skdictate.core.session import Session
from skdictate.core.span import Span
from skdictate.core.status import Phase
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript
from skdictate.errors import Kind, Problem
from tests.core.test_dictation import Desk
from tests.core.world import GONE

INSULT = Classified(
    10, 90, Window.FINAL, "insult", (Label("yes", 0.875),), (FindingRange(50, 10**6, "oh"),)
)
SPEAKER = Spoken(
    10, 90, Window.TOTAL, "", 80, 0.8, 20, 0.2, 2, 6, 1, Statistics(1, 3, 2, 1, (Quantile(0.5, 2),))
)
TALK = Conversed(
    10,
    90,
    80,
    0.8,
    10,
    0.1,
    5,
    0.05,
    interrupted=(Interrupted("1", 2, 9, (FindingRange(20, 25),)),),
)
SUMMARY = Summarised(("Nothing.", "Much."), 10, 3, 13)


def made(desk: Desk) -> list[Finding]:
    desk.news()
    return [change.finding for change in desk.changes if isinstance(change, FindingMade)]


@pytest.mark.parametrize(
    ("event", "kind", "words"),
    [
        (INSULT, "class", "insult: yes 88% (oh)"),
        (Classified(0, 0, Window.PARTIAL, "gender"), "class", "gender: nothing"),
        (SPEAKER, "speaker", "speaker 0, total: 2 words, 2.0 a second, 80% speech"),
        (
            TALK,
            "conversation",
            "conversation: 80% speech, 5% at once, 10% silence, interruptions: 2",
        ),
        (SUMMARY, "summary", "summary: Nothing. / Much."),
    ],
)
def test_whatever_is_found_is_passed_on(event: ev.Event, kind: str, words: str) -> None:
    desk = Desk()
    session_number = desk.open()
    desk.say(session_number, event)
    (finding,) = made(desk)
    assert (finding.kind, finding.session_number, finding.words) == (kind, session_number, words)
    assert desk.texts() == [], "it is no text"
    assert desk.phase() is Phase.LISTENING


def test_times_are_put_on_the_timeline_and_held_inside_what_was_sent() -> None:
    desk = Desk()
    first = desk.open()
    desk.say(first, ev.Final("oh", 10, 90, settled_ms=100))
    desk.machine.session_closed(first, GONE, desk.now_s)
    desk.say(first, INSULT)
    assert made(desk) == [], "that link is gone"
    desk.machine.retry(desk.now_s)
    assert fx.Open(2) in desk.hear(200)
    desk.machine.session_opened(2, desk.now_s)
    desk.effects()
    for event in (INSULT, TALK, SUMMARY, SPEAKER):
        desk.say(2, event)
    insult, talk, summary, speaker = made(desk)
    assert (insult.start_sample, insult.end_sample) == (10, 90)
    phrase = {"text": "oh", "start_ms": 50, "end_ms": 300}
    assert json.loads(insult.data)["phrases"] == [phrase]
    cut = {"text": "", "start_ms": 20, "end_ms": 25}
    assert json.loads(talk.data)["interrupted"][0]["interrupts"] == [cut]
    assert (summary.start_sample, summary.end_sample) == (0, 300)
    quantile = {"level": 0.5, "value": 2}
    assert json.loads(speaker.data)["words_per_second"]["quantiles"] == [quantile]


def test_a_line_comes_with_who_said_it_and_in_what_language() -> None:
    desk = Desk()
    session_number = desk.open()
    languages = (Label("ru-RU", 0.75), Label("en-US", 0.25))
    desk.say(session_number, ev.Final("one", 0, 20))
    desk.say(session_number, ev.Final("two", 20, 40, speaker="1"))
    desk.say(session_number, ev.Final("три", 40, 60, languages=languages))
    desk.say(session_number, ev.Final("", 60, 80, speaker="1"))
    findings = made(desk)
    assert [f.words for f in findings] == ["speaker 1", "ru-RU 75%, en-US 25%"]
    assert [(f.start_sample, f.end_sample) for f in findings] == [(20, 40), (40, 60)]
    kinds = [type(c) for c in desk.changes if isinstance(c, LineCommitted | FindingMade)]
    assert kinds == [LineCommitted, LineCommitted, FindingMade, LineCommitted, FindingMade]
    assert Labelled(0, 1, "0", (languages[0],)).words == "speaker 0, ru-RU 75%"


@pytest.mark.parametrize(
    ("event", "is_kept"),
    [
        (Classified(0, 20, Window.FINAL, "of the session before"), False),
        (Classified(60, 100, Window.FINAL, "its own"), True),
        (Classified(170, 190, Window.FINAL, "of the session after"), False),
        (Spoken(0, 20, Window.TOTAL, "0"), True),
    ],
)
def test_words_that_two_sessions_heard_are_judged_by_one(event: Found, is_kept: bool) -> None:
    transcript = Transcript(refines=False)
    session = Session(1, Format(1000), 50, 0.0)
    session.cursor = 250
    span = Span(100, 200, listen_from=50, listen_until=250, session=session)
    Results(Timeline(transcript), transcript).add_finding(session, span, event)
    assert len(transcript.changes) == is_kept


def test_what_is_found_after_the_last_word_is_kept_too() -> None:
    transcript = Transcript(refines=False)
    session = Session(1, Format(1000), 0, 0.0)
    session.cursor = 100
    Results(Timeline(transcript), transcript).add_finding(session, None, INSULT)
    assert len(transcript.changes) == 1


def test_a_recogniser_that_answers_late_is_not_thought_to_be_stuck() -> None:
    for answers_late in (False, True):
        desk = Desk(policy=Policy(answers_late=answers_late), session_s=Limits().session_s)
        desk.open()
        for _ in range(400):
            desk.hear()
        assert bool(desk.machine.status(desk.now_s).problems) is not answers_late
        assert desk.machine.status(desk.now_s).n_sessions == (1 if answers_late else 2)


@pytest.mark.parametrize(("answers_late", "after_s"), [(False, 10.0), (True, 60.0)])
def test_a_recogniser_that_answers_late_is_waited_for_longer(
    answers_late: bool, after_s: float
) -> None:
    desk = Desk(policy=Policy(answers_late=answers_late, patience_s=100))
    desk.open()
    desk.machine.stop(desk.now_s)
    assert fx.Finish(1) in desk.effects()
    desk.machine.tick(desk.now_s + after_s - 0.1)
    assert fx.Drop(1) not in desk.effects()
    desk.machine.tick(desk.now_s + after_s)
    assert fx.Drop(1) in desk.effects()


def test_a_warning_is_news_once_whoever_repeats_it() -> None:
    desk = Desk()
    session_number = desk.open()
    for message in ("slow", "slow", "", *(f"number {n}" for n in range(200))):
        desk.say(session_number, ev.ServerStatus(ev.StatusCode.WARNING, message))
    desk.say(session_number, ev.ServerStatus(ev.StatusCode.WORKING, "fine"))
    findings = made(desk)
    assert len(findings) == MOST_WARNINGS
    assert (findings[0].kind, findings[0].words) == ("warning", "the recogniser warns: slow")
    assert json.loads(findings[0].data) == {"message": "slow"}


@pytest.mark.parametrize(("kind", "least_s"), [(Kind.NETWORK, 0.1), (Kind.SERVICE, 1.0)])
def test_a_service_in_trouble_is_given_time(kind: Kind, least_s: float) -> None:
    desk = Desk()
    desk.machine.session_closed(desk.open(), Problem(kind, "trouble"), desk.now_s)
    retry_in_s = desk.machine.status(desk.now_s).retry_in_s
    assert retry_in_s is not None
    assert least_s <= retry_in_s <= 2 * least_s
