from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skdictate.mic_protocol.frames import (
    FARTHEST,
    HEAD_BYTES,
    LONGEST_WORDS,
    PREAMBLE,
    Codec,
    Decoder,
    Frame,
    FrameError,
    Type,
    size_of,
)

AUDIO = [
    Frame(Type.HELLO, payload=b'{"label": "Desk"}'),
    Frame(Type.AUDIO, 0, 10, b"\1\0\2\0"),
    Frame(Type.OVERRUN, 2, 20),
    Frame(Type.AUDIO, 2, 30, b""),
    Frame(Type.AUDIO, 2, 2**63, bytes(0xFFFE)),
    Frame(Type.BYE, 2 + 0x7FFF),
]
PEER = [
    Frame(Type.HELLO, 7, payload=b"{}"),
    Frame.opus(7, 1, 216, b"packet", is_first=True),
    Frame.opus(223, 2, 320, b"another", is_first=False),
    Frame.gap(543, 10**9, "overrun"),
    Frame(Type.MEND, 7, 1, bytes(640)),
    Frame(Type.PAUSE),
    Frame(Type.PING, 1, 2),
]


@given(st.lists(st.integers(1, 70_000), max_size=30), st.sampled_from([AUDIO, PEER]))
def test_whatever_the_pieces_the_frames_are_the_same(sizes: list[int], sent: list[Frame]) -> None:
    stream = PREAMBLE + b"".join(frame.encode() for frame in sent)
    decoder = Decoder(is_peer=sent is PEER)
    frames: list[Frame] = []
    for size in [*sizes, len(stream)]:
        frames += decoder.feed(stream[:size])
        stream = stream[size:]
    assert frames == sent


@given(st.binary(max_size=200), st.booleans())
def test_noise_is_refused_or_waited_for_and_nothing_else(noise: bytes, is_peer: bool) -> None:
    decoder = Decoder(has_preamble=False, is_peer=is_peer)
    try:
        decoder.feed(noise)
    except FrameError as error:
        assert str(error)


@given(st.integers(0, 15), st.integers(0, 3), st.integers(0, 2**64 - 1), st.binary(max_size=40))
def test_any_head_is_a_frame_with_its_own_samples_or_is_refused(
    kind: int, codec: int, sample: int, payload: bytes
) -> None:
    head = bytes([kind, codec]) + len(payload).to_bytes(2, "little") + sample.to_bytes(8, "little")
    try:
        (frame,) = Decoder(has_preamble=False, is_peer=True).feed(head + bytes(8) + payload)
    except FrameError:
        return
    assert frame.sample == sample
    assert sample <= frame.end < FARTHEST


@pytest.mark.parametrize(
    ("frame", "n_samples"),
    [
        (Frame(Type.AUDIO, 5, 0, bytes(640)), 320),
        (Frame(Type.MEND, 5, 0, bytes(640)), 320),
        (Frame.opus(5, 0, 216, b"x", is_first=True), 216),
        (Frame.gap(5, 4000), 4000),
        (Frame(Type.HELLO, 5, payload=b"{}"), 0),
        (Frame(Type.BYE, 5), 0),
    ],
)
def test_a_frame_uses_up_the_numbers_of_its_samples(frame: Frame, n_samples: int) -> None:
    assert frame.n_samples == n_samples
    assert frame.end == 5 + n_samples


def test_what_is_packed_is_had_again() -> None:
    first = Frame.opus(0, 1, 216, b"packet", is_first=True)
    assert (first.codec, first.packet) == (Codec.OPUS_FIRST, b"packet")
    assert Frame.opus(0, 1, 216, b"packet", is_first=False).codec is Codec.OPUS
    assert Frame.gap(0, 1, "spool full").reason == "spool full"
    pong = Frame.pong(Frame(Type.PING, 7, 8), 99)
    assert (pong.sample, pong.capture_ns, pong.clock_ns) == (7, 8, 99)
    assert Frame(Type.PONG, 7, 8).clock_ns is None
    assert size_of(first.encode()) == len(first.payload)


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (b"ALSA lib pcm.c: no such device", "begins with b'ALSA lib"),
        (PREAMBLE + b"\x63" + bytes(HEAD_BYTES), "type 99"),
        (PREAMBLE + b"\x02\x09" + bytes(HEAD_BYTES), "codec 9"),
        (PREAMBLE + b"\x05\x01" + bytes(HEAD_BYTES), "type 5 and codec 1"),
        (PREAMBLE + b"\x02\x01" + bytes(HEAD_BYTES), "0 bytes in a frame of type 2 and codec 1"),
        (PREAMBLE + b"\x09\x00" + bytes(HEAD_BYTES), "0 bytes in a frame of type 9"),
        (PREAMBLE + Frame(Type.AUDIO, 0, 0, b"\1").encode(), "half a sample"),
        (PREAMBLE + Frame(Type.MEND, 0, 0, b"\1").encode(), "half a sample"),
        (PREAMBLE + Frame(Type.AUDIO, 7, 0, b"\1\0").encode(), "sample 7 where 0 was due"),
        (PREAMBLE + Frame(Type.ACK, FARTHEST).encode(), f"sample {FARTHEST}"),
        (PREAMBLE + Frame.gap(1, FARTHEST - 1).encode(), f"{FARTHEST - 1} samples at once"),
        (
            PREAMBLE + Frame(Type.HELLO, payload=bytes(LONGEST_WORDS + 1)).encode()[:HEAD_BYTES],
            "4097 bytes of words",
        ),
    ],
)
def test_what_is_not_the_protocol_is_named(stream: bytes, words: str) -> None:
    with pytest.raises(FrameError, match=words):
        Decoder().feed(stream)


def test_of_a_peer_any_sample_may_come_next() -> None:
    frames = [Frame(Type.AUDIO, 7, 0, b"\1\0"), Frame(Type.AUDIO, 3, 0, b"\1\0")]
    stream = b"".join(frame.encode() for frame in frames)
    assert Decoder(has_preamble=False, is_peer=True).feed(stream) == frames


def test_half_a_preamble_is_waited_for() -> None:
    decoder = Decoder()
    assert decoder.feed(PREAMBLE[:3]) == []
    assert decoder.feed(PREAMBLE[3:] + AUDIO[0].encode()) == AUDIO[:1]
