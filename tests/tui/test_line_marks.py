"""What was found of a line stands beside it."""

from __future__ import annotations

import pytest

from skdictate.core.changes import Line
from skdictate.core.findings import (
    Classified,
    Finding,
    FindingRange,
    Found,
    Label,
    Labelled,
    Summarised,
    Window,
)
from skdictate.tui.line_marks import MOST_WAITING, LineMarks


def line(number: int, start: int, end: int) -> Line:
    return Line(number, f"line {number}", start, end, 1)


def found(what: Found, start: int, end: int) -> Finding:
    return Finding.of(what, 1, start, end, lambda ms: ms)


def insult(
    score: float = 0.875, window: Window = Window.FINAL, name: str = "insult", phrase: str = ""
) -> Classified:
    labels = (Label("no", 1 - score), Label("yes", score))
    return Classified(0, 1, window, name, labels, (FindingRange(0, 1, phrase),))


def test_a_finding_stands_beside_the_line_that_most_of_it_is_about() -> None:
    marks = LineMarks()
    for number, start, end in ((1, 0, 100), (2, 100, 300), (3, 300, 400)):
        marks.committed(line(number, start, end))
    assert marks.found(found(insult(), 50, 280)) == 2
    assert marks.words(2) == "insult: yes 88%"
    assert marks.found(found(insult(name="negative", phrase="oh"), 110, 210)) == 2
    assert marks.words(2) == "insult: yes 88% · negative: yes 88% (oh)"
    assert (marks.words(1), marks.words(3)) == ("", "")


def test_what_is_found_before_the_line_waits_for_it() -> None:
    marks = LineMarks()
    who = Labelled(0, 1, "1", (Label("ru-RU", 0.25), Label("en-US", 0.75)))
    assert marks.found(found(who, 100, 200)) is None
    marks.committed(line(1, 0, 100))
    assert marks.words(1) == ""
    marks.committed(line(2, 100, 200))
    assert marks.words(2) == "speaker 1, en-US 75%"
    marks.committed(line(3, 100, 200))
    assert marks.words(3) == "", "it has its line already"


def test_words_that_are_never_committed_do_not_pile_up() -> None:
    marks = LineMarks()
    for _ in range(MOST_WAITING + 5):
        marks.found(found(insult(), 100, 200))
    assert len(marks._waiting) == MOST_WAITING


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((Window.PARTIAL, Window.PARTIAL), "insult: yes 90%"),
        ((Window.PARTIAL, Window.FINAL), "insult: yes 90%"),
        ((Window.FINAL, Window.UTTERANCE), "insult: yes 90%"),
        ((Window.UTTERANCE, Window.PARTIAL), "insult: yes 80%"),
    ],
)
def test_a_guess_gives_way_to_what_is_said_in_the_end(
    said: tuple[Window, Window], words: str
) -> None:
    marks = LineMarks()
    marks.committed(line(1, 0, 100))
    for window, score in zip(said, (0.8, 0.9), strict=True):
        marks.found(found(insult(score, window), 0, 100))
    assert marks.words(1) == words


def test_what_is_about_more_than_a_line_or_says_nothing_is_no_mark() -> None:
    marks = LineMarks()
    marks.committed(line(1, 0, 100))
    assert marks.found(found(Summarised(("so",)), 0, 100)) is None
    marks.found(found(Classified(0, 1, Window.FINAL, "insult"), 0, 100))
    marks.found(found(Labelled(0, 1), 0, 100))
    assert marks.words(1) == ""
