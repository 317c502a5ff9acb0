"""What a client is told, in which order, with which cursors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate.audio.pcm import Format
from skdictate.core.events import EndOfUtterance, Final, Partial, Refinement, Word
from skdictate.server.client_session import ClientSession, SessionOutput, Wanted
from skdictate.server.endpointing import AT_ONCE, EXTERNAL, LONGEST_MS, Endpoint
from skdictate.server.recogniser import Utterance
from skdictate.server.refinement import Form, normalized, raw, refine
from skdictate.server.word_times import by_place, words_of
from tests.support.number_recogniser import EchoStream, count

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

    @property
    def left(self) -> list[list[Utterance]]:
        """What was not asked for yet."""
        return self._answers


def session(
    *answers: list[Utterance], refines: bool = True, endpoint: Endpoint = AT_ONCE
) -> ClientSession:
    refinements = Form.LITERARY if refines else None
    wanted = Wanted(endpoint, refinements=refinements, guesses_word_times=False)
    return ClientSession(Script(*answers), SOUND, wanted)


def hear(it: ClientSession, seconds: float) -> list[object]:
    pcm = bytes(SOUND.size_bytes(SOUND.samples(seconds)))
    it.add_received(len(pcm) // 2)
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
    assert events == [
        Final("", 0, 4000, (), 4000, 0),
        EndOfUtterance(4000),
        Final("", 4000, 8000, (), 8000, 1),
        EndOfUtterance(8000),
    ]
    assert it.cursors.final_ms == 8000


def test_an_open_utterance_is_not_settled() -> None:
    it = session(*[[Utterance("", 0, 9000, False)]] * 20)
    assert [event for _ in range(12) for event in hear(it, 1)] == []


def test_the_end_of_the_session_ends_the_utterance() -> None:
    it = ClientSession(EchoStream(SOUND), SOUND, Wanted(refinements=Form.LITERARY))
    pcm = count(1, 3, SOUND, gap_s=0, pause_s=0, run=9)
    it.add_received(len(pcm) // 2)
    it.feed(pcm)
    events = [said.event for said in it.finish()]
    assert isinstance(events[0], Final)
    assert events[0].text == "1 2 3"
    assert events[-1] == EndOfUtterance(750)
    it.close()


def finals(events: list[object]) -> list[tuple[str, int, int]]:
    return [(e.text, e.start_ms, e.end_ms) for e in events if isinstance(e, Final)]


def pieces(*stretches: tuple[int, int], until_ms: int) -> Iterator[list[Utterance]]:
    """What a recogniser answers to tenths of a second: it needs 200 ms to tell words and pauses."""
    for now_ms in range(100, until_ms + 1, 100):
        yield [
            Utterance(str(start), start, min(end, now_ms), now_ms >= end + 200)
            for start, end in stretches
            if start + 200 <= now_ms < end + 300
        ]


def heard(endpoint: Endpoint, *stretches: tuple[int, int], until_ms: int) -> list[object]:
    it = session(*pieces(*stretches, until_ms=until_ms), refines=False, endpoint=endpoint)
    return [event for _ in range(until_ms // 100) for event in hear(it, 0.1)]


ONE, TWO, THREE = (0, 1000), (1700, 2400), (4000, 4500)


@pytest.mark.parametrize(
    ("endpoint", "ends_ms"),
    [
        (Endpoint.default(), [1000, 2400, 4500]),
        (Endpoint.default(is_sensitive=True), [1000, 2400, 4500]),
        (Endpoint.default(hint_ms=1000), [2400, 4500]),
        (Endpoint.default(hint_ms=2000), [4500]),
        (Endpoint.default(is_sensitive=True, hint_ms=2000), [2400, 4500]),
        (EXTERNAL, []),
    ],
)
def test_an_utterance_ends_after_the_pause_that_the_client_expects(
    endpoint: Endpoint, ends_ms: list[int]
) -> None:
    events = heard(endpoint, ONE, TWO, THREE, until_ms=7000)
    assert [event.time_ms for event in events if isinstance(event, EndOfUtterance)] == ends_ms
    texts = " ".join(text for text, _, _ in finals(events))
    assert texts == ("0 1700 4000" if ends_ms else "")


def test_a_sensitive_classifier_ends_an_utterance_sooner() -> None:
    def ended_ms(endpoint: Endpoint) -> int:
        it = session(*pieces(ONE, until_ms=5000), refines=False, endpoint=endpoint)
        ends = (hear(it, 0.1) for _ in range(50))
        return next(n * 100 for n, events in enumerate(ends, 1) if finals(events))

    assert ended_ms(Endpoint.default(is_sensitive=True)) < ended_ms(Endpoint.default())
    assert ended_ms(Endpoint.default(hint_ms=3000)) == 4000


def test_speech_without_a_pause_ends_by_its_length() -> None:
    stretches = [(start, start + 4900) for start in range(0, 60_000, 5000)]
    events = heard(Endpoint.default(hint_ms=3000), *stretches, until_ms=61_000)
    lengths = [end - start for _, start, end in finals(events)]
    assert lengths == [LONGEST_MS + 900] * 4


def test_where_the_client_ends_utterances_nobody_else_does() -> None:
    stretches = [(start, start + 4900) for start in range(0, 60_000, 6000)]
    it = session(*pieces(*stretches, until_ms=70_000), endpoint=EXTERNAL)
    events = [event for _ in range(700) for event in hear(it, 0.1)]
    assert {type(event) for event in events} == {Partial}
    assert it.cursors.processed_ms == 70_000
    ended = [said.event for said in it.end_utterance(Script())]
    text = " ".join(str(start) for start in range(0, 60_000, 6000))
    assert ended == [
        Final(text, 0, 70_000, (), 70_000, 0),
        Refinement(0, text),
        EndOfUtterance(70_000),
    ]
    assert it.end_utterance(Script()) == [], "it has ended there"
    hear(it, 1)
    assert [said.event for said in it.end_utterance(Script())] == [
        Final("", 70_000, 71_000, (), 71_000, 1),
        EndOfUtterance(71_000),
    ]


def test_a_partial_is_all_that_was_said_since_the_last_final() -> None:
    it = session(
        [Utterance("one", 0, 500, True), Utterance("tw", 700, 900, False)],
        [Utterance("two", 700, 1000, True)],
        [Utterance("", 1100, 1200, True)],
        refines=False,
        endpoint=Endpoint.default(hint_ms=1500),
    )
    assert hear(it, 1) == [Partial("one tw")]
    assert hear(it, 0.2) == [Partial("one two")]
    assert hear(it, 0.2) == []
    assert finals(hear(it, 1.2)) == [("one two", 0, 1000)]


SCRIPTS = st.lists(
    st.tuples(
        st.integers(0, 3000), st.integers(0, 3000), st.sampled_from(["", "a", "b c"]), st.booleans()
    ),
    max_size=12,
)
ENDPOINTS = st.sampled_from([AT_ONCE, Endpoint.default(), Endpoint.default(hint_ms=2000), EXTERNAL])


@given(SCRIPTS, ENDPOINTS, st.sets(st.integers(0, 30)), st.booleans())
def test_each_end_of_utterance_comes_right_after_its_final(
    script: list[tuple[int, int, str, bool]], endpoint: Endpoint, ends: set[int], refines: bool
) -> None:
    answers: list[list[Utterance]] = []
    at_ms = 0
    for pause_ms, length_ms, text, is_guessed in script:
        start_ms, at_ms = at_ms + pause_ms, at_ms + pause_ms + length_ms
        if is_guessed:
            answers.append([Utterance("guess", start_ms, at_ms, False)])
        answers.append([Utterance(text, start_ms, at_ms, True)])
    it = session(*answers, refines=refines, endpoint=endpoint)
    said: list[SessionOutput] = []
    for n in range(at_ms // 500 + 12):
        it.add_received(SOUND.samples(0.5))
        said += it.feed(bytes(SOUND.size_bytes(SOUND.samples(0.5))))
        if n in ends:
            said += it.end_utterance(Script(*it_answers(it)))
    said += it.finish()
    told = [one for one in said if not isinstance(one.event, Partial | Refinement)]
    assert [type(one.event) for one in told] == [Final, EndOfUtterance] * (len(told) // 2)
    for final, end in pairwise(told):
        if isinstance(final.event, Final) and isinstance(end.event, EndOfUtterance):
            assert final.event.end_ms == final.cursors.final_ms == end.event.time_ms
    if isinstance(said[-1].event, Partial):
        raise AssertionError("a guess is never the last word")
    indices = [one.event.index for one in told if isinstance(one.event, Final)]
    assert indices == list(range(len(indices)))


def it_answers(it: ClientSession) -> list[list[Utterance]]:
    """What the recogniser would have said next, on the clock of its next stream."""
    stream = it._stream
    assert isinstance(stream, Script)
    shift_ms = it.cursors.processed_ms
    return [
        [replace(u, start_ms=u.start_ms - shift_ms, end_ms=u.end_ms - shift_ms) for u in answer]
        for answer in stream.left
    ]


def test_words_are_placed_where_the_model_does_not_tell() -> None:
    script = Script(
        [Utterance("ever tried", 1000, 2000, True, written="Ever tried.")],
        [Utterance("no", 2300, 2500, True, written="No!")],
    )
    it = ClientSession(script, SOUND, Wanted(refinements=Form.LITERARY))
    said: list[SessionOutput] = []
    for seconds in (2.1, 1.0):
        it.add_received(SOUND.samples(seconds))
        said += it.feed(bytes(SOUND.size_bytes(SOUND.samples(seconds))))
    partial, _, final, refinement, _ = said
    assert isinstance(partial.event, Partial)
    assert isinstance(final.event, Final)
    assert refinement.final is not None
    assert (final.event.text, refinement.final.text) == ("ever tried no", "Ever tried. No!")
    assert [(w.text, w.start_ms, w.end_ms) for w in final.event.words] == [
        ("ever", 1000, 1400),
        ("tried", 1500, 2000),
        ("no", 2300, 2500),
    ]
    assert partial.event.words == final.event.words[:2]
    assert [word.text for word in refinement.final.words] == ["Ever", "tried.", "No!"]


@pytest.mark.parametrize(
    ("form", "texts"),
    [
        (Form.RAW, ["in", "one", "thousand", "four", "hundred", "sixty", "five", "it's", "off"]),
        (Form.NORMALIZED, ["in", "1465", "it's", "off"]),
        (Form.LITERARY, ["In", "1465,", "it's", "off."]),
        (
            Form.SPELLED,
            ["In", "one", "thousand", "four", "hundred", "sixty", "five,", "it's", "off."],
        ),
    ],
)
def test_words_have_times_in_every_form(form: Form, texts: list[str]) -> None:
    written = "In 1465, it's off."
    placed = words_of(Utterance(raw(written), 100, 2100, True, written=written), form, guesses=True)
    assert [word.text for word in placed] == texts
    times = [time for word in placed for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (100, 2100)
    assert all(word.start_ms < word.end_ms for word in placed)
    words = tuple(Word(it.text, it.start_ms, it.end_ms) for it in by_place(written, 100, 2100))
    told = Utterance(raw(written), 100, 2100, True, words, written)
    for guesses in (True, False):
        assert [word.text for word in words_of(told, form, guesses=guesses)] == texts
    assert words_of(replace(told, words=()), form, guesses=False) == ()


@given(st.text(max_size=80), st.integers(0, 10_000), st.integers(-10, 10_000))
def test_words_by_place_stay_in_their_stretch(text: str, start_ms: int, length_ms: int) -> None:
    placed = by_place(text, start_ms, start_ms + length_ms)
    assert [word.text for word in placed] == text.split()
    times = [time for word in placed for time in (word.start_ms, word.end_ms)]
    assert times == sorted(times)
    assert all(start_ms <= time <= max(start_ms, start_ms + length_ms) for time in times)


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


DIGITS = "one two three four five six seven eight nine zero one two three four five six"


@pytest.mark.parametrize(
    ("written", "spoken", "digits"),
    [
        ("It was... twenty-four, I'm sure!", "it was twenty four i'm sure", None),
        ("In 1465, 2 of 21st", "in one thousand four hundred sixty five two of twenty first", None),
        ("$1,000,000, 3.5%", "one million dollars three point five percent", "$1,000,000 3.5%"),
        ("5kg or x2", "five kg or x two", "5kg or x2"),
        ("007 at 3:30", "zero zero seven at three thirty", "007 at 3:30"),
        ("the 20th, 12th, 100th; $1", "the twentieth twelfth one hundredth one dollar", None),
        ("1234567890123456", DIGITS, None),
        ("0 1,000,001", "zero one million one", "0 1,000,001"),
        ("«Привет»  — как дела?", "привет как дела", "привет как дела"),
        ("...", "", ""),
    ],
)
def test_a_raw_text_is_what_is_spoken(written: str, spoken: str, digits: str | None) -> None:
    assert raw(written) == spoken
    if digits is not None:
        assert normalized(written) == digits
