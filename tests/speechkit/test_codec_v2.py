"""API v2: what is asked for, and what answers become, the odd and the hostile ones too."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate._pb import speechkit_stt_v2_pb2 as pb
from skdictate.audio.pcm import Format
from skdictate.core.events import (
    EndOfUtterance,
    Event,
    Final,
    Partial,
    ServerStatus,
    SessionNamed,
    Word,
)
from skdictate.errors import Kind, ProblemError
from skdictate.settings.config import Settings
from skdictate.settings.option_table import BY_NAME
from skdictate.speechkit import codec_v2
from skdictate.speechkit.request_options_v2 import NEWER

SOUND = Format(16_000)
SECOND = bytes(32_000)
Times = tuple[str, int, int]


def chunk(
    text: str | None, *words: Times, final: bool = False, end: bool = False
) -> pb.SpeechRecognitionChunk:
    """A result; no alternative at all if the text is None. Times are milliseconds."""
    result = pb.SpeechRecognitionChunk(final=final, end_of_utterance=end)
    if text is not None:
        best = result.alternatives.add(text=text)
        for word, start_ms, end_ms in words:
            info = best.words.add(word=word)
            info.start_time.seconds, rest_ms = divmod(start_ms, 1000)
            info.start_time.nanos = rest_ms * 1_000_000
            info.end_time.seconds, rest_ms = divmod(end_ms, 1000)
            info.end_time.nanos = rest_ms * 1_000_000
    return result


def codec(sent_s: int = 0) -> codec_v2.Codec:
    """A session that has sent that much audio, and got its first answer."""
    it = codec_v2.Options().codec(SOUND)
    assert [type(event) for event in it.decode(pb.StreamingRecognitionResponse())] == [
        SessionNamed,
        ServerStatus,
    ]
    send(it, sent_s)
    return it


def send(it: codec_v2.Codec, duration_s: int) -> None:
    for _ in range(duration_s):
        it.audio(SECOND)


def heard(it: codec_v2.Codec, *chunks: pb.SpeechRecognitionChunk) -> list[Event]:
    return list(it.decode(pb.StreamingRecognitionResponse(chunks=chunks)))


def test_every_wish_has_its_field() -> None:
    options = codec_v2.Options("ru-RU", "general:rc", True, True, True)
    request = options.codec(Format(8_000), "b1g").settings()
    assert request == pb.StreamingRecognitionRequest(
        config=pb.RecognitionConfig(
            specification=pb.RecognitionSpec(
                audio_encoding=pb.RecognitionSpec.LINEAR16_PCM,
                sample_rate_hertz=8_000,
                language_code="ru-RU",
                model="general:rc",
                profanity_filter=True,
                partial_results=True,
                raw_results=False,
                literature_text=True,
            ),
            folder_id="b1g",
        )
    )


def test_what_is_not_wished_for_is_left_to_the_service() -> None:
    plain = codec_v2.Options(normalizes=False, is_literary=False).codec(SOUND).settings().config
    assert plain.specification == pb.RecognitionSpec(
        audio_encoding=pb.RecognitionSpec.LINEAR16_PCM,
        sample_rate_hertz=16_000,
        partial_results=True,
        raw_results=True,
    )
    assert plain.folder_id == ""


def test_audio_follows_and_an_utterance_cannot_be_ended() -> None:
    it = codec()
    assert it.audio(b"abcd") == pb.StreamingRecognitionRequest(audio_content=b"abcd")
    assert it.end_of_utterance() is None
    assert it.unpack(it.pack(it.settings())) is not None


def test_settings_become_wishes() -> None:
    settings = Settings(model="m", profanity_filter=True, normalize=False)
    assert codec_v2.Options.of(settings, ("de-DE",)) == codec_v2.Options(
        "de-DE", "m", True, False, False
    )
    assert codec_v2.Options.of(Settings(), ()) == codec_v2.Options()


@pytest.mark.parametrize("name", NEWER)
def test_what_only_v3_can_do_is_refused_by_its_flag(name: str) -> None:
    other = {bool: not getattr(Settings(), name)}.get(type(getattr(Settings(), name)), "x")
    with pytest.raises(ProblemError) as caught:
        codec_v2.Options.of(Settings(**{name: other}), ())  # type: ignore[arg-type]
    assert caught.value.problem.kind is Kind.CONFIG
    assert BY_NAME[name].flag in caught.value.problem.detail


def test_one_language_at_a_time() -> None:
    with pytest.raises(ProblemError, match="ru-RU, en-US"):
        codec_v2.Options.of(Settings(), ("ru-RU", "en-US"))


def test_an_answer_of_nothing_is_a_sign_of_life() -> None:
    it = codec_v2.Options().codec(SOUND)
    assert [type(e) for e in it.decode(pb.StreamingRecognitionResponse())] == [
        SessionNamed,
        ServerStatus,
    ]
    assert [type(e) for e in it.decode(pb.StreamingRecognitionResponse())] == [ServerStatus]


def test_words_with_times_are_believed() -> None:
    it = codec(3)
    said = chunk("Hi all", ("hi", 500, 900), ("all", 1000, 1250), final=True, end=True)
    words = (Word("hi", 500, 900), Word("all", 1000, 1250))
    assert heard(it, chunk("hi"), said) == [
        Partial("hi"),
        Final("Hi all", 500, 1250, words),
        EndOfUtterance(1250),
    ]


def test_several_results_come_in_one_answer_and_a_final_need_not_end_the_utterance() -> None:
    it = codec(9)
    first = chunk("one two", ("one", 0, 400), ("two", 500, 900), final=True)
    second = chunk("three four", ("three", 1000, 1400), ("four", 1500, 1900), final=True, end=True)
    kinds = [type(event) for event in heard(it, first, chunk("three"), second, chunk("f"))]
    assert kinds == [Final, Partial, Final, EndOfUtterance, Partial]


def test_the_first_alternative_counts() -> None:
    both = chunk("right", final=True)
    both.alternatives.add(text="wrong")
    (final,) = heard(codec(1), both)
    assert isinstance(final, Final)
    assert final.text == "right"


def test_a_single_word_may_be_the_whole_utterance_and_tells_only_its_place() -> None:
    said = chunk("ever tried", ("ever tried", 200, 1200), final=True, end=True)
    assert heard(codec(3), said) == [Final("ever tried", 200, 1200), EndOfUtterance(1200)]


def test_silence_with_times_is_settled_and_gives_no_text() -> None:
    it = codec(9)
    assert heard(it, chunk("", ("", 0, 4000), final=True, end=True)) == [EndOfUtterance(4000)]
    assert heard(it, chunk("", final=True, end=True)) == [EndOfUtterance(4000)]
    assert heard(it, chunk(None, final=True, end=True)) == [EndOfUtterance(4000)]
    assert heard(it, chunk(None, final=True)) == []


def test_a_guess_that_came_to_nothing_is_taken_back() -> None:
    it = codec(3)
    heard(it, chunk("uh"))
    final, end = heard(it, chunk("", ("", 0, 2000), final=True, end=True))
    assert (final, end) == (Final("", 0, 2000), EndOfUtterance(2000))


def test_a_result_that_ends_its_utterance_is_final_whatever_it_says() -> None:
    final, end = heard(codec(3), chunk("a b", ("a", 0, 100), ("b", 200, 300), end=True))
    assert isinstance(final, Final)
    assert end == EndOfUtterance(300)


def test_without_times_a_final_is_where_its_wording_came_to_rest() -> None:
    it = codec(2)
    heard(it, chunk("one"))
    send(it, 1)
    heard(it, chunk("one two"))
    send(it, 1)
    heard(it, chunk("one two"))
    send(it, 1)
    assert heard(it, chunk("One two.", final=True, end=True)) == [
        Final("One two.", 2000, 3000, is_timed=False),
        EndOfUtterance(3000),
    ]


def test_a_final_out_of_the_blue_ends_before_what_was_just_sent() -> None:
    it = codec(4)
    first, _ = heard(it, chunk("one", final=True, end=True))
    assert first == Final("one", 0, 3999, is_timed=False)
    send(it, 2)
    second, _ = heard(it, chunk("two", final=True, end=True))
    assert second == Final("two", 3999, 5999, is_timed=False)
    assert heard(codec(0), chunk("early", final=True)) == [Final("early", is_timed=False)]


FAR = 2**61


@pytest.mark.parametrize(
    "words",
    [
        [("one", 0, 0), ("two", 0, 0)],
        [("one", 6000, 6400), ("two", 6500, 900_000)],
        [("one", -9000, 6400), ("two", 6500, 7000)],
        [("one", 8900, 9000), ("two", 6500, 7000)],
        [("one", 0, 500), ("two", 500, 900)],
        [("one", 0, FAR), ("two", 1, -FAR)],
    ],
    ids=["none", "not sent yet", "before the start", "backwards", "of the utterance", "absurd"],
)
def test_times_that_cannot_be_are_none(words: list[Times]) -> None:
    it = codec(5)
    heard(it, chunk("zero point", ("zero", 3000, 3500), ("point", 3600, 4900), final=True))
    send(it, 5)
    heard(it, chunk("one two"))
    send(it, 1)
    assert heard(it, chunk("one two", *words, final=True)) == [
        Final("one two", 10_000, 10_000, is_timed=False)
    ]


def test_foreign_text_is_made_harmless_where_it_enters() -> None:
    it = codec(3)
    (partial,) = heard(it, chunk("a\x1b[31m b\n c"))
    assert partial == Partial("a\ufffd[31m b c")
    (final,) = heard(it, chunk("a\x07", ("\x9b31m", 0, 100), ("b", 100, 200), final=True))
    assert isinstance(final, Final)
    assert (final.text, final.words[0].text) == ("a\ufffd", "\ufffd31m")


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_no_bytes_break_the_decoder(answers: list[bytes]) -> None:
    it = codec(2)
    for data in answers:
        try:
            response = it.unpack(data)
        except ProblemError:
            continue
        for event in it.decode(response):
            if isinstance(event, Final):
                assert event.end_ms <= 2000
