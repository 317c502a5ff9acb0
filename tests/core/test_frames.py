from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate.core.frames import HEAD_BYTES, PREAMBLE, Decoder, Frame, FrameError, Type

AUDIO = [
    Frame(Type.HELLO, payload=b'{"label": "Desk"}'),
    Frame(Type.AUDIO, 0, 10, b"\1\0\2\0"),
    Frame(Type.OVERRUN, 2, 20),
    Frame(Type.AUDIO, 2, 30, b""),
    Frame(Type.AUDIO, 2, 2**63, bytes(0xFFFE)),
    Frame(Type.BYE, 2 + 0x7FFF),
]


@given(st.lists(st.integers(1, 70_000), max_size=30))
def test_whatever_the_pieces_the_frames_are_the_same(sizes: list[int]) -> None:
    stream = PREAMBLE + b"".join(frame.encode() for frame in AUDIO)
    decoder = Decoder()
    frames: list[Frame] = []
    for size in [*sizes, len(stream)]:
        frames += decoder.feed(stream[:size])
        stream = stream[size:]
    assert frames == AUDIO


@given(st.binary(max_size=200))
def test_noise_is_refused_or_waited_for_and_nothing_else(noise: bytes) -> None:
    decoder = Decoder(has_preamble=False)
    try:
        decoder.feed(noise)
    except FrameError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b"ALSA lib pcm.c: no such device", "begins with b'ALSA lib"),
        (PREAMBLE + b"\x09" + bytes(HEAD_BYTES), "type 9"),
        (PREAMBLE + b"\x02\x01" + bytes(HEAD_BYTES), "codec 1"),
        (PREAMBLE + Frame(Type.AUDIO, 0, 0, b"\1").encode(), "half a sample"),
        (PREAMBLE + Frame(Type.AUDIO, 7, 0, b"\1\0").encode(), "sample 7 where 0 was due"),
    ],
)
def test_what_is_not_the_protocol_is_named(stream: bytes, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        Decoder().feed(stream)


def test_half_a_preamble_is_waited_for() -> None:
    decoder = Decoder()
    assert decoder.feed(PREAMBLE[:3]) == []
    assert decoder.feed(PREAMBLE[3:] + AUDIO[0].encode()) == AUDIO[:1]
