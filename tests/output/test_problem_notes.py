"""What is wrong is said once, and a refused address does not fill the screen."""

from __future__ import annotations

import io

import pytest

from skdictate.core.changes import Topic
from skdictate.errors import Kind, Problem
from skdictate.output.closing_sentence import closing
from skdictate.output.problem_notes import AGAIN_S, Trouble
from skdictate.output.stderr_notes import StderrNotes

REFUSED = Problem(Kind.NETWORK, "The recogniser cannot be reached", "refused", "Trying again.")
SLOW = Problem(Kind.NETWORK, "The connection is slow")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Wall:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def hour(stream: io.StringIO) -> str:
    """A try each second, for an hour."""
    wall = Wall()
    trouble = Trouble(StderrNotes(stream), wall)
    for wall.now_s in range(3600):
        trouble.raised(Topic.LINK, REFUSED)
    return stream.getvalue()


def test_in_a_pipe_it_is_said_now_and_then() -> None:
    lines = hour(io.StringIO()).splitlines()
    assert len(lines) == 3600 / AGAIN_S
    assert lines[0] == f"skdictate: {REFUSED}"
    assert lines[1] == "skdictate: The recogniser cannot be reached; 31 times so far."


def test_on_a_terminal_one_line_is_rewritten() -> None:
    said = hour(Terminal())
    assert said.count("\n") == 1
    assert said.endswith("\r\x1b[KThe recogniser cannot be reached; 3600 times so far")


def test_two_problems_in_turn_are_one_line_each() -> None:
    stream = io.StringIO()
    trouble = Trouble(StderrNotes(stream), Wall())
    for _ in range(50):
        trouble.raised(Topic.LINK, REFUSED)
        trouble.raised(Topic.LINK, Problem(Kind.NETWORK, "The network is too slow"))
    assert stream.getvalue().count("\n") == 2


def test_another_cause_is_news_and_another_delay_is_none() -> None:
    stream = io.StringIO()
    trouble = Trouble(StderrNotes(stream), Wall())
    for number in ("SIGKILL", "SIGSEGV"):
        for delay_s in range(50):
            detail = f"It was ended by {number} after {delay_s} s"
            trouble.raised(Topic.LINK, Problem(Kind.RECOGNISER, "It stopped", detail))
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert "SIGKILL after 0 s" in lines[0]
    assert "SIGSEGV after 0 s" in lines[1]


@pytest.mark.parametrize("order", [(Topic.RECOGNISER, Topic.LINK), (Topic.LINK, Topic.RECOGNISER)])
def test_the_recogniser_answers_again_when_neither_it_nor_the_session_is_wrong(
    order: tuple[Topic, Topic],
) -> None:
    trouble = Trouble(StderrNotes(io.StringIO()), Wall())
    for _ in range(2):
        trouble.raised(Topic.RECOGNISER, SLOW)
        trouble.raised(Topic.LINK, REFUSED)
    first, last = order
    assert not trouble.cleared(first)
    assert trouble.cleared(last)


def test_what_comes_and_goes_is_no_news_each_time() -> None:
    stream = io.StringIO()
    wall = Wall()
    trouble = Trouble(StderrNotes(stream), wall)
    told = []
    for _ in range(50):
        trouble.raised(Topic.LINK, REFUSED)
        told.append(trouble.cleared(Topic.LINK))
        trouble.raised(Topic.SEND, SLOW)
        trouble.cleared(Topic.SEND)
    assert told == [True] + [False] * 49
    assert stream.getvalue().count("\n") == 2
    wall.now_s += AGAIN_S
    trouble.raised(Topic.LINK, REFUSED)
    assert stream.getvalue().endswith(f"skdictate: {REFUSED}\n")
    assert trouble.cleared(Topic.LINK)
    assert not trouble.cleared(Topic.LINK)


def test_the_last_sentence_says_what_is_left_and_how_to_get_it() -> None:
    assert closing("a.wav", 16_000, 0, 16_000, REFUSED, 3) == ""
    assert closing("a.wav", 16_000, 160_001, 480_000, REFUSED, 3) == (
        "a.wav: 0:11 of 0:30 recorded are not recognised."
        " The recogniser cannot be reached. To recognise them later: skdictate history redo 3"
    )
    assert closing("a", 16_000, 1, 1, None, None).endswith("not recognised.")
