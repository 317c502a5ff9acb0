"""Which sound is recognised again: lines whole, gaps as they are, and cuts in pauses."""

from __future__ import annotations

import pytest

from skdictate.audio.pcm import Format
from skdictate.core.changes import Gap, Line, Reason
from skdictate.library.reprocess_ranges import ReprocessRange, TextSelection

SOUND = Format(1000)
ONE, TWO, THREE = (
    Line(number, text, start, end, 1)
    for number, text, start, end in ((1, "one", 100, 200), (2, "two", 300, 400), (3, "", 900, 980))
)
HOLE = Gap(400, 500, Reason.NOT_CAPTURED)
UNHEARD = Gap(500, 700, Reason.UNRECOGNISED, "something")
REST = Gap(980, 1200, Reason.UNFINISHED)
TEXT = TextSelection((ONE, TWO, THREE), (HOLE, UNHEARD, REST), 1200, SOUND)


def test_gaps_are_taken_as_they_are_and_what_was_never_recorded_is_not() -> None:
    assert TEXT.missing() == [
        ReprocessRange(500, 700, (), (UNHEARD,)),
        ReprocessRange(980, 1200, (), (REST,)),
    ]
    assert TEXT.missing()[0].n_samples == 200
    assert TextSelection((), (HOLE,), 1200, SOUND).missing() == []


def test_gaps_side_by_side_are_one_and_end_with_the_recording() -> None:
    gaps = (Gap(0, 10, Reason.UNRECOGNISED), Gap(10, 30, Reason.UNFINISHED))
    late = Gap(50, 60, Reason.UNRECOGNISED)
    assert TextSelection((), (*gaps, late), 25, SOUND).missing() == [
        ReprocessRange(0, 25, (), gaps)
    ]


@pytest.mark.parametrize(
    ("first", "last", "start", "end", "lines", "gaps"),
    [
        (1, 1, 0, 250, (ONE,), ()),  # from the beginning to the middle of the pause
        (2, 2, 250, 400, (TWO,), ()),  # up to the hole
        (3, 3, 700, 980, (THREE,), ()),  # from gap to gap
        (1, 2, 0, 400, (ONE, TWO), ()),
        (2, 3, 250, 980, (TWO, THREE), (UNHEARD,)),  # with all that lies between
        (1, 9, 0, 980, (ONE, TWO, THREE), (UNHEARD,)),
    ],
)
def test_lines_are_taken_from_pause_to_pause(
    first: int, last: int, start: int, end: int, lines: tuple[Line, ...], gaps: tuple[Gap, ...]
) -> None:
    assert TEXT.numbered(first, last) == [ReprocessRange(start, end, lines, gaps)]


def test_the_last_line_reaches_to_the_end_of_the_recording() -> None:
    assert TextSelection((ONE,), (), 1200, SOUND).numbered(1, 1) == [
        ReprocessRange(0, 1200, (ONE,), ())
    ]


def test_lines_that_are_not_there_are_nothing() -> None:
    assert TEXT.numbered(4, 9) == []
    assert TextSelection((ONE,), (), 0, SOUND).numbered(1, 1) == [], "its recording is gone"


@pytest.mark.parametrize(
    ("begin", "until", "start", "end", "lines", "gaps"),
    [
        (720, 880, 720, 880, (), ()),  # silence only
        (150, 160, 0, 250, (ONE,), ()),
        (250, 310, 250, 400, (TWO,), ()),
        (600, 610, 500, 700, (), (UNHEARD,)),
        (650, 950, 500, 980, (THREE,), (UNHEARD,)),
        (-5, 9999, 0, 1200, (ONE, TWO, THREE), (UNHEARD, REST)),
    ],
)
def test_a_time_takes_every_line_that_it_touches(
    begin: int, until: int, start: int, end: int, lines: tuple[Line, ...], gaps: tuple[Gap, ...]
) -> None:
    assert TEXT.between(begin, until) == [ReprocessRange(start, end, lines, gaps)]


def test_a_time_beyond_the_recording_is_nothing() -> None:
    assert TEXT.between(1200, 1300) == []


def test_a_time_may_be_in_seconds() -> None:
    assert TEXT.between_s(0.6, 0.61) == TEXT.between(600, 610)
    assert TEXT.between_s(0.3, float("inf")) == TEXT.between(300, 1200)
    assert TEXT.between_s(9e99, float("inf")) == []


def test_all_of_it_is_one_stretch() -> None:
    assert TEXT.whole() == [ReprocessRange(0, 1200, (ONE, TWO, THREE), (UNHEARD, REST))]
    assert TextSelection((), (), 0, SOUND).whole() == []


def test_parts_that_meet_in_a_line_are_one_stretch() -> None:
    assert TEXT.parts([(110, 120), (180, 190)]) == TEXT.between(110, 190)
    assert TEXT.parts([(110, 120), (350, 360)]) == [
        *TEXT.between(110, 120),
        *TEXT.between(350, 360),
    ]
    assert TEXT.parts([(0, 20), (110, 120), (5000, 6000)]) == TEXT.between(0, 120)
    assert TEXT.parts([]) == []
