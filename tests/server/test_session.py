"""What a client is told, in which order, with which cursors."""

from __future__ import annotations

import pytest

from skdictate.core.audio import Format
from skdictate.core.events import EndOfUtterance, Final, Partial, Refinement
from skdictate.server.recogniser import Utterance
from skdictate.server.refine import refine
from skdictate.server.session import Session
from tests.echo import EchoStream, count

SOUND = Format(16_000)


class Script:
    """A recogniser's stream that answers each feed from a list."""

    def __init__(self, *answers: list[Utterance]) -> None:
        self._answers = list(answers)

    def feed(self, pcm: bytes) -> list[Utterance]:
        return self._answers.pop(0) if self._answers else []

    def finish(self) -> list[Utterance]:
        return self.feed(b"")

    def close(self) -> None:
        pass


def session(*answers: list[Utterance], refines: bool = True) -> Session:
    return Session(Script(*answers), SOUND, refines=refines)


def hear(it: Session, seconds: float) -> list[object]:
    pcm = bytes(SOUND.size_bytes(SOUND.samples(seconds)))
    it.received(len(pcm) // 2)
    return [said.event for said in it.feed(pcm)]


def test_an_utterance_is_partial_final_refinement_and_end() -> None:
    it = session(
        [Utterance("it wsa", 100, 900, False)],
        [Utterance("it was,, so", 100, 1500, True)],
    )
    assert hear(it, 1) == [Partial("it wsa")]
    assert hear(it, 1) == [
        Final("it was,, so", 100, 1500, (), 1500, 0),
        Refinement(0, "It was, so"),
        EndOfUtterance(1500),
    ]
    assert it.cursors.received_ms == it.cursors.processed_ms == 2000
    assert (it.cursors.final_ms, it.cursors.final_index, it.cursors.eou_ms) == (1500, 0, 1500)


def test_finals_are_numbered_from_zero_and_do_not_overlap() -> None:
    it = session([Utterance("a", 0, 500, True), Utterance("b", 400, 900, True)], refines=False)
    finals = [event for event in hear(it, 1) if isinstance(event, Final)]
    assert [(f.index, f.start_ms, f.end_ms) for f in finals] == [(0, 0, 500), (1, 500, 900)]


def test_an_unchanged_guess_is_not_repeated() -> None:
    guess = [Utterance("one", 0, 500, False)]
    it = session(guess, guess)
    assert hear(it, 0.5) == [Partial("one")]
    assert hear(it, 0.5) == []


def test_a_guess_that_came_to_nothing_is_taken_back() -> None:
    it = session([Utterance("hm", 0, 300, False)], [Utterance("", 0, 300, True)])
    hear(it, 0.5)
    assert hear(it, 0.5)[0] == Final("", 0, 300, (), 300, 0)
    assert hear(session([Utterance("", 0, 300, True)]), 0.5) == []


def test_silence_is_settled_from_time_to_time() -> None:
    it = session()
    events = [event for _ in range(12) for event in hear(it, 1)]
    assert events == [EndOfUtterance(4000), EndOfUtterance(8000)]
    assert it.cursors.final_ms == 8000


def test_an_open_utterance_is_not_settled() -> None:
    it = session(*[[Utterance("", 0, 9000, False)]] * 20)
    assert [event for _ in range(12) for event in hear(it, 1)] == []


def test_the_end_of_the_session_ends_the_utterance() -> None:
    it = Session(EchoStream(SOUND), SOUND, refines=True)
    pcm = count(1, 3, SOUND, gap_s=0, pause_s=0, run=9)
    it.received(len(pcm) // 2)
    it.feed(pcm)
    events = [said.event for said in it.finish()]
    assert isinstance(events[0], Final)
    assert events[0].text == "1 2 3"
    assert events[-1] == EndOfUtterance(750)
    it.close()


@pytest.mark.parametrize(
    ("text", "better"),
    [
        ("in short,, the period", "In short, the period"),
        ("it was. it is", "It was. It is"),
        ("well , so .", "Well, so."),
        ("no matter.", "No matter."),
        ("привет. как дела?", "Привет. Как дела?"),
        ("3.5 percent", "3.5 percent"),
        ("", ""),
    ],
)
def test_a_refinement_mends_what_a_typist_would(text: str, better: str) -> None:
    assert refine(text) == better
