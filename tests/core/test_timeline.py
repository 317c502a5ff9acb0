"""Stretches of the timeline that cannot be heard any more."""

from __future__ import annotations

from skdictate.audio.pcm import Format
from skdictate.core.changes import LineCommitted, Reason
from skdictate.core.pending_line import PendingLine
from skdictate.core.placed_words import between, spread
from skdictate.core.session import Session
from skdictate.core.span import Span
from skdictate.core.timeline import LINGER_S, Timeline
from skdictate.core.transcript import Transcript


def entry(text: str) -> PendingLine:
    return PendingLine(text, 0, 10, 1, words=tuple(spread(text, 0, 10, 0)))


def overlapping() -> Timeline:
    """Two spans that meet at 50; each is to hear 10 samples beyond that."""
    timeline = Timeline(Transcript(refines=False), head=100)
    timeline.overlap(timeline.spans[0], 60, 10)
    return timeline


def holes(spans: list[Span]) -> list[tuple[int, int]]:
    return [
        (span.gap.start_sample, span.gap.end_sample)
        for span in spans
        if span.gap is not None and span.gap.reason is Reason.UNREADABLE
    ]


def test_what_is_torn_before_a_span_shortens_only_what_it_hears_first() -> None:
    timeline = overlapping()
    timeline.mark_unreadable(41, 45)
    assert holes(timeline.spans) == [(41, 45)]
    assert timeline.spans[-1].start == 50
    assert timeline.spans[-1].listen_from == 45


def test_what_is_torn_across_a_cut_is_a_hole_on_both_sides() -> None:
    timeline = overlapping()
    timeline.mark_unreadable(45, 55)
    assert holes(timeline.spans) == [(45, 50), (50, 55)]
    assert timeline.spans[-1].start == 55


def test_what_is_torn_behind_a_span_shortens_only_what_it_hears_last() -> None:
    timeline = overlapping()
    timeline.mark_unreadable(52, 58)
    assert holes(timeline.spans) == [(52, 58)]
    assert timeline.spans[0].listen_until == 52


def test_a_settled_span_waits_some_seconds_for_its_link_to_end_and_no_longer() -> None:
    timeline = Timeline(Transcript(refines=False), head=100, rate_hz=1000)
    first = timeline.spans[0]
    first.session = Session(1, Format(1000), 0, 0.0)
    later = timeline.cut(first, 50)
    first.settle(50)
    timeline.place(later, entry("two"), 1.0)
    timeline.flush(1.0)
    assert timeline.due_s == 1.0 + LINGER_S
    assert timeline.resume_position(0) == 50
    timeline.flush(1.0 + LINGER_S)
    timeline.place(timeline.unfinished[1], entry("one"), 8.0)
    assert timeline.due_s is None
    lines = [it.line.text for it in timeline.transcript.changes if isinstance(it, LineCommitted)]
    assert lines == ["two", "one"], "late, but not lost"
    timeline.settle_lines(1)
    assert not timeline.unfinished


def test_all_that_waits_is_sure_where_the_last_span_lingers() -> None:
    timeline = Timeline(Transcript(refines=False), head=100)
    timeline.stop()
    timeline.spans[0].settle(100)
    assert timeline.resume_position(0) == 100


def test_what_is_cut_again_is_given_before_what_follows() -> None:
    timeline = overlapping()
    first, last = timeline.spans
    middle = timeline.cut_in_pause(first, 30)
    assert [id(it) for it in last.before] == [id(first.given), id(middle.given)]


def test_a_trimmed_line_begins_no_later_than_its_first_word_may() -> None:
    line = PendingLine(
        "one two three", 0, 900, 1, words=tuple(between("one two three", 0, 900, 2000))
    )
    line.trim(1)
    assert (line.text, line.start, line.end) == ("two three", 0, 900), "it may be anywhere"
    exact = PendingLine("one two three", 0, 900, 1, words=tuple(spread("one two three", 0, 900, 0)))
    exact.trim(1)
    assert exact.start == 300


def test_a_gap_takes_the_first_word_of_which_only_the_end_may_have_been_heard() -> None:
    words = tuple(between("five six", 500, 1100, 2000))
    later = Span(1000, 2000, 500, reach=1500)
    later.held = [PendingLine("five six", 500, 1100, 2, words=words)]
    assert later.take_over(Span(0, 1000)) == 800
    (line,) = later.held
    assert (line.text, line.start) == ("six", 800), "no line begins inside a gap"
    assert later.take_over(Span(600, 1000)) == 600, "all that was missing was heard"
    assert Span(1000, 2000, 500).take_over(Span(0, 1000)) == 1000, "it gave no words"
    line.start, line.words = 900, tuple(between("six", 900, 1100, 0))
    assert later.take_over(Span(0, 1000)) == 900, "that one was heard whole"


def test_who_gives_up_waits_for_no_session_any_more() -> None:
    timeline = overlapping()
    first = timeline.spans[0]
    first.session = Session(1, Format(1000), 0, 0.0)
    first.settle(50)
    timeline.stop()
    timeline.give_up()
    timeline.flush(0.0)
    assert timeline.spans == []
    assert timeline.due_s is None
