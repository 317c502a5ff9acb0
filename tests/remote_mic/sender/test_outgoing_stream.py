"""A take against a real stream: whatever is lost, repeated or recoded on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import Format
from skdictate.mic_protocol.flow_control import WINDOW_S
from skdictate.mic_protocol.frames import Codec, Frame, Type
from skdictate.remote_mic.receiver.incoming_stream import Hello, IncomingStream
from skdictate.remote_mic.sender import spool
from skdictate.remote_mic.sender.outgoing_stream import FULL, GONE, OutgoingStream
from skdictate.sources.base import RepairedSamples
from tests.support.mic_line import SOUND, hello, spoken

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["speak", "speak", "miss", "send", "ack", "ack", "break", "recode"]),
        st.integers(1, 900),
    ),
    max_size=40,
)


class Line:
    """Frames on their way to a stream, which is the one of the inbox."""

    def __init__(self, take: OutgoingStream) -> None:
        self.take = take
        self.stream = IncomingStream(Hello.of(hello("")), 0, SOUND, 0.0)
        self.recording = bytearray()
        self.on_the_way: list[Frame] = []
        self.now_s = 0.0

    def send(self) -> None:
        self.now_s += 0.01
        self.on_the_way += self.take.outgoing(self.now_s)

    def arrive(self, n: int) -> None:
        """The first of what is on its way is there, and acknowledged."""
        arriving, self.on_the_way = self.on_the_way[:n], self.on_the_way[n:]
        for frame in arriving:
            arrival = self.stream.take(frame, self.now_s)
            if arrival is None:
                continue
            for item in arrival.items:
                match item:
                    case bytes():
                        self.stream.place(arrival, len(self.recording) // 2)
                        self.recording += item
                    case Missing():
                        self.recording += bytes(2 * item.n_samples)
                    case RepairedSamples(start, pcm):
                        self.recording[2 * start : 2 * start + len(pcm)] = pcm
            self.stream.taken(arrival)
        self.now_s += 0.01
        self.take.acked(self.stream.recorded, self.now_s)
        self.take.mended(self.stream.mended, self.now_s)

    def cut(self) -> None:
        """What is on its way is lost; some of what is there was not acknowledged."""
        self.on_the_way.clear()
        self.take.connected(self.stream.recorded)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS, st.sampled_from(["pcm", "opus", "auto"]))
def test_what_is_spoken_is_recorded_to_the_bit(
    tmp_path: Path, steps: list[tuple[str, int]], codec: str
) -> None:
    take = OutgoingStream(SOUND, tmp_path, codec)
    line = Line(take)
    take.connected(0)
    captured = b""
    n_spoken = 0
    for what, n in steps:
        match what:
            case "speak":
                take.hear(spoken(n_spoken, n), 10**9)
                captured += spoken(n_spoken, n)
                n_spoken += n
            case "miss":
                take.miss(n, "overrun")
                captured += bytes(2 * n)
            case "send":
                line.send()
            case "ack":
                line.arrive(n % 7)
            case "break":
                line.cut()
            case "recode":
                take.flow.is_opus = not take.flow.is_opus
        assert take.flow.in_flight_s <= max(WINDOW_S, 900 / 16_000 + WINDOW_S)
    take.end()
    for _ in range(400):
        line.send()
        line.arrive(100)
        if take.is_there and take.mends.n_samples == 0:
            break
    assert take.is_there
    assert bytes(line.recording) == captured
    assert take.rough_s == 0
    assert take.spool.n_samples == 0
    take.close()


def drained(take: OutgoingStream, now_s: float = 1.0) -> Iterator[Frame]:
    """All that it sends to somebody who acknowledges at once."""
    while frames := list(take.outgoing(now_s)):
        yield from frames
        take.acked(max((frame.end for frame in frames), default=0), now_s)


def test_frames_have_twenty_milliseconds_and_the_time_of_their_last_sample(tmp_path: Path) -> None:
    take = OutgoingStream(SOUND, tmp_path)
    take.connected(0)
    take.hear(spoken(0, 1000), 10**9)
    take.end()
    frames = list(drained(take))
    assert [frame.n_samples for frame in frames] == [320, 320, 320, 40]
    assert [frame.capture_ns for frame in frames] == [
        10**9 - 680 * 62_500,
        10**9 - 360 * 62_500,
        10**9 - 40 * 62_500,
        10**9,
    ]


def test_words_are_said_where_they_belong(tmp_path: Path) -> None:
    take = OutgoingStream(SOUND, tmp_path)
    take.connected(0)
    take.hear(spoken(0, 320), 0)
    take.note(Type.HELLO, {"label": "Headset"})
    take.hear(spoken(320, 320), 0)
    take.miss(1000, "not captured")
    take.note(Type.TROUBLE, {"title": "Unplugged"})
    take.end()
    frames = list(drained(take))
    assert [(frame.type, frame.sample) for frame in frames] == [
        (Type.AUDIO, 0),
        (Type.HELLO, 320),
        (Type.AUDIO, 320),
        (Type.GAP, 640),
        (Type.TROUBLE, 1640),
    ]
    assert take.is_there


def test_what_finds_no_room_is_a_gap_of_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "LONGEST_S", 2.0)
    take = OutgoingStream(SOUND, tmp_path)
    take.spool = spool.Spool(SOUND, tmp_path, 2.0)
    for n in range(150):
        take.hear(spoken(320 * n, 320), 0)
    assert take.n_lost == 50 * 320
    assert take.unsent_s == 3
    take.connected(0)
    deliver = drained(take)
    first = [next(deliver) for _ in range(99)]
    for n in range(150, 160):
        take.hear(spoken(320 * n, 320), 0)
    take.end()
    frames = first + list(deliver)
    gaps = [frame for frame in frames if frame.type is Type.GAP]
    assert [(gap.sample, gap.n_samples, gap.reason) for gap in gaps] == [(32_000, 16_000, FULL)]
    sound = b"".join(frame.payload for frame in frames if frame.type is Type.AUDIO)
    assert sound == spoken(0, 32_000) + spoken(48_000, 3200)


def test_a_spool_that_stays_full_ends_with_a_gap(tmp_path: Path) -> None:
    take = OutgoingStream(SOUND, tmp_path)
    take.spool = spool.Spool(SOUND, tmp_path, 0.1)
    take.hear(spoken(0, 3200), 0)
    take.miss(100, "overrun")
    take.end()
    take.connected(0)
    frames = list(drained(take))
    assert frames[-1].type is Type.GAP
    assert frames[-1].end == take.head == 3300


def test_what_went_as_opus_and_finds_no_room_stays_so_and_is_counted(tmp_path: Path) -> None:
    take = OutgoingStream(SOUND, tmp_path, "opus")
    take.mends = spool.Spool(SOUND, tmp_path, 0.1)
    take.connected(0)
    for n in range(50):
        take.hear(spoken(320 * n, 320), 0)
        deque_of = list(drained(take))
        assert all(frame.type in (Type.AUDIO, Type.MEND) for frame in deque_of)
    assert take.n_stayed > 0
    assert take.rough_s == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
def test_other_rates_have_frames_of_the_same_length_and_opus_too(
    tmp_path: Path, rate_hz: int
) -> None:
    take = OutgoingStream(Format(rate_hz), tmp_path, "opus")
    take.connected(0)
    take.hear(spoken(0, rate_hz // 10), 0)
    take.end()
    frames = [frame for frame in drained(take) if frame.type is Type.AUDIO]
    assert [frame.codec for frame in frames] == [Codec.OPUS_FIRST] + 4 * [Codec.OPUS] + [Codec.PCM]
    assert sum(frame.n_samples for frame in frames) == rate_hz // 10


def test_what_went_as_opus_is_sent_again_while_somebody_speaks(tmp_path: Path) -> None:
    take = OutgoingStream(SOUND, tmp_path, "opus")
    line = Line(take)
    take.connected(0)
    for n in range(50):
        take.hear(spoken(320 * n, 320), 0)
        line.send()
        line.arrive(100)
    assert not take.is_ended
    assert line.stream.mended > 40 * 320
    assert bytes(line.recording[: 2 * line.stream.mended]) == spoken(0, line.stream.mended)
    take.close()


def test_what_is_not_kept_any_more_is_a_gap_of_its_length(tmp_path: Path) -> None:
    take = OutgoingStream(SOUND, tmp_path)
    take.hear(spoken(0, 1600), 10**9)
    take.connected(0)
    assert sum(frame.n_samples for frame in take.outgoing(0.0)) == 1600
    take.acked(960, 0.0)
    take.connected(320)  # who acknowledged the rest was somebody else
    frames = list(take.outgoing(1.0))
    assert (frames[0].type, frames[0].sample, frames[0].n_samples) == (Type.GAP, 320, 640)
    assert frames[0].reason == GONE
    assert b"".join(frame.payload for frame in frames[1:]) == spoken(960, 640)
    take.acked(1600, 1.0)
    take.connected(960)
    (gap,) = take.outgoing(2.0)
    assert (gap.type, gap.sample, gap.end) == (Type.GAP, 960, 1600)
