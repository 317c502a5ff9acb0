"""Results that come again, or when nothing waits for them any more."""

from __future__ import annotations

import pytest

from skdictate.audio.pcm import Format
from skdictate.core import changes as ch
from skdictate.core import events as ev
from skdictate.core.answer_check import REPEAT_S
from skdictate.core.changes import Reason
from skdictate.core.pending_line import PendingLine
from skdictate.core.results import Results
from skdictate.core.session import Session
from skdictate.core.timeline import LINGER_S, Timeline
from skdictate.core.transcript import Transcript
from tests.core.test_dictation import Desk


def guess(text: str, at_ms: int, index: int | None = None) -> ev.Final:
    """A final whose place is guessed from what was sent."""
    return ev.Final(text, at_ms, at_ms, index=index, is_timed=False)


@pytest.mark.parametrize(
    ("first", "again", "heard_s", "texts"),
    [
        (guess("one", 90), guess("one", 90), 0.0, ["one"]),
        (guess("one", 90), guess("one", 90), REPEAT_S, ["one"]),
        (guess("one", 90), guess("one", 90), REPEAT_S + 0.1, ["one", "one"]),
        (guess("one", 90, 0), guess("one", 90, 1), 0.0, ["one", "one"]),
        (guess("one", 90), guess("two", 90), 0.0, ["one", "two"]),
        (ev.Final("one", 0, 90), ev.Final("one", 0, 90), 5.0, ["one"]),
    ],
)
def test_a_final_that_comes_twice_is_one(
    first: ev.Final, again: ev.Final, heard_s: float, texts: list[str]
) -> None:
    desk = Desk()
    session_number = desk.open()
    desk.say(session_number, first)
    for _ in range(round(heard_s * 10)):
        desk.hear()
    desk.say(session_number, again)
    assert desk.texts() == texts


def test_a_guess_after_a_partial_is_no_repeat() -> None:
    desk = Desk()
    session_number = desk.open()
    desk.say(session_number, guess("no", 90))
    desk.say(session_number, ev.Partial("no"))
    desk.say(session_number, guess("no", 90))
    assert desk.texts() == ["no", "no"]


def test_what_a_session_says_after_it_was_waited_for_is_kept_up_to_its_last_final() -> None:
    desk = Desk()
    session_number = desk.open()
    for _ in range(20):
        desk.hear()
    desk.machine.lost(500, Reason.NOT_CAPTURED, desk.now_s)
    desk.effects()
    desk.say(session_number, ev.Final("on time", 0, 1_500, settled_ms=2_100))
    desk.now_s += LINGER_S + 0.1
    desk.machine.tick(desk.now_s)
    desk.news()
    assert [it.gap for it in desk.changes if isinstance(it, ch.GapMarked)], "nothing waits for it"
    desk.say(session_number, ev.Final("late", 1_600, 2_000, settled_ms=2_100))
    assert desk.texts() == ["on time", "late"]
    desk.say(session_number, ev.Partial("later still"))
    desk.machine.session_closed(session_number, None, desk.now_s)
    assert desk.texts() == ["on time", "late"]


def test_a_final_that_belongs_to_no_part_of_the_sound_gives_no_text() -> None:
    transcript = Transcript(refines=False)
    results = Results(Timeline(transcript, head=2_000), transcript)
    session = Session(7, Format(1_000), 0, 0.0)
    session.cursor = 2_000
    results.final(session, None, ev.Final("nobody's", 0, 900, settled_ms=1_000), 0.0)
    assert transcript.changes == []
    assert session.ack == 1_000, "the session has answered for it all the same"
    assert session.finals == {0: None}, "so that a refinement finds no line"


def test_only_the_lines_of_one_session_up_to_a_position_wait_no_longer() -> None:
    transcript = Transcript(refines=True)
    for session_number, start in ((1, 0), (1, 1_000), (2, 2_000)):
        transcript.commit(PendingLine("words", start, start + 900, session_number), 0.0)

    def settled() -> list[int]:
        return [it.line.number for it in transcript.changes if isinstance(it, ch.LineSettled)]

    transcript.settle(2)
    assert settled() == [], "in order: the first line is still waited for"
    transcript.settle(1, 900)
    assert settled() == [1]
    transcript.settle(1, 1_899)
    assert settled() == [1]
    transcript.settle(1)
    assert settled() == [1, 2, 3]


@pytest.mark.parametrize("reason", Reason)
def test_a_gap_can_be_recognised_later_only_if_its_sound_was_recorded(reason: Reason) -> None:
    is_sound_missing = reason in (Reason.NOT_CAPTURED, Reason.OVERRUN, Reason.NOT_KEPT)
    assert reason.is_recorded is not is_sound_missing
