"""Stretches of the timeline that cannot be heard any more."""

from __future__ import annotations

from skdictate.core.changes import Reason
from skdictate.core.span import Span
from skdictate.core.timeline import Timeline
from skdictate.core.transcript import Transcript


def overlapping() -> Timeline:
    """Two spans that meet at 50; each is to hear 10 samples beyond that."""
    timeline = Timeline(Transcript(refines=False), head=100)
    timeline.cut(timeline.spans[0], 50, margin=10)
    return timeline


def holes(spans: list[Span]) -> list[tuple[int, int]]:
    return [
        (span.gap.start_sample, span.gap.end_sample)
        for span in spans
        if span.gap is not None and span.gap.reason is Reason.UNREADABLE
    ]


def test_what_is_torn_before_a_span_shortens_only_what_it_hears_first() -> None:
    timeline = overlapping()
    timeline.tear(41, 45)
    assert holes(timeline.spans) == [(41, 45)]
    assert timeline.spans[-1].start == 50
    assert timeline.spans[-1].hear_from == 45


def test_what_is_torn_across_a_cut_is_a_hole_on_both_sides() -> None:
    timeline = overlapping()
    timeline.tear(45, 55)
    assert holes(timeline.spans) == [(45, 50), (50, 55)]
    assert timeline.spans[-1].start == 55


def test_what_is_torn_behind_a_span_shortens_only_what_it_hears_last() -> None:
    timeline = overlapping()
    timeline.tear(52, 58)
    assert holes(timeline.spans) == [(52, 58)]
    assert timeline.spans[0].hear_until == 52
