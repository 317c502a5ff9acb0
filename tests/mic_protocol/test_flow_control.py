from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from skdictate.audio.pcm import Format
from skdictate.mic_protocol.flow_control import HOLD_S, STALL_S, WINDOW_S, FlowControl

SOUND = Format(16_000)
FRAME = 320
PCM_BYTES = 660
OPUS_BYTES = 85


@dataclass
class Line:
    """A link that takes its time: a journey there and back, and a rate. Time moves in steps."""

    flow: FlowControl
    bytes_per_s: float = 1e9
    journey_s: float = 0.0
    now_s: float = 100.0
    head: int = 0
    n_to_mend: int = 0
    is_frozen: bool = False
    free_s: float = 0.0
    on_the_way: list[tuple[float, int]] = field(default_factory=list)
    lag_s: list[float] = field(default_factory=list)
    codecs: list[bool] = field(default_factory=list)
    queued_s: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Somebody speaks for so long."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 0.005
            self.head += 80
            self.look()

    def look(self) -> None:
        while not self.is_frozen and self.on_the_way and self.on_the_way[0][0] <= self.now_s:
            _, end = self.on_the_way.pop(0)
            self.flow.ack(end, self.now_s)
        while True:
            self.flow.choose(self.head, self.n_to_mend, self.now_s)
            if self.flow.cursor + FRAME > self.head or not self.flow.may_send(FRAME):
                break
            self.send()
        self.lag_s.append(SOUND.seconds(self.head - self.flow.acked))
        self.codecs.append(self.flow.is_opus)

    def send(self) -> None:
        size = OPUS_BYTES if self.flow.is_opus else PCM_BYTES
        begun_s = max(self.now_s, self.free_s)
        self.queued_s.append(begun_s - self.now_s)
        self.free_s = begun_s + size / self.bytes_per_s
        self.flow.sent(self.flow.cursor + FRAME, size, self.now_s)
        self.on_the_way.append((self.free_s + self.journey_s, self.flow.cursor))
        assert self.flow.in_flight_s <= max(WINDOW_S, self.journey_s + 0.3)
        if self.flow.is_opus:
            self.n_to_mend += FRAME


def test_on_a_good_link_sound_goes_at_once_as_it_is() -> None:
    line = Line(FlowControl(SOUND), journey_s=0.001)
    line.run(5)
    assert max(line.lag_s) < 0.05
    assert not any(line.codecs)


def test_no_more_than_half_a_second_is_on_its_way() -> None:
    flow = FlowControl(SOUND)
    line = Line(flow, is_frozen=True)
    line.run(10)
    assert flow.in_flight_s == pytest.approx(WINDOW_S, abs=0.02)
    line.is_frozen = False
    line.run(2)
    assert line.lag_s[-1] < 0.05
    assert not any(line.codecs), "a frozen link is not a thin one"


def test_a_far_link_may_have_its_journey_on_its_way() -> None:
    line = Line(FlowControl(SOUND), journey_s=0.7)
    line.run(20)
    assert line.lag_s[-1] < 0.8


def test_a_thin_link_gets_opus_within_two_seconds_and_is_live_again() -> None:
    line = Line(FlowControl(SOUND), bytes_per_s=16_000, journey_s=0.08)
    line.run(30)
    assert line.codecs.index(True) * 0.005 < 2
    assert line.lag_s[-1] < 0.2
    assert line.codecs[-1]


@pytest.mark.parametrize("kilobytes_per_s", [48, 64, 200])
def test_a_link_that_carries_pcm_keeps_it_through_an_outage(kilobytes_per_s: int) -> None:
    flow = FlowControl(SOUND)
    line = Line(flow, bytes_per_s=1000 * kilobytes_per_s, journey_s=0.05)
    line.run(3)
    line.on_the_way.clear()
    line.is_frozen = True
    line.run(8)
    line.is_frozen = False
    flow.connected(flow.acked)
    line.run(30)
    assert line.lag_s[-1] < 0.2
    assert not any(line.codecs)


def test_catching_up_makes_no_long_queue_for_the_keys() -> None:
    flow = FlowControl(SOUND)
    line = Line(flow, bytes_per_s=64_000, journey_s=0.08)
    line.head = SOUND.samples(30.0)
    line.run(10)
    tail = line.queued_s[len(line.queued_s) // 4 :]
    assert max(tail) < 0.2
    assert sum(tail) / len(tail) < 0.13
    assert line.lag_s[-1] < 21.5, "it uses nearly all of the link"


def test_opus_is_left_when_all_is_mended_and_held_longer_each_time() -> None:
    line = Line(FlowControl(SOUND), bytes_per_s=16_000, journey_s=0.02)
    tries = []
    for _ in range(4):
        line.run(10)
        assert line.codecs[-1]
        line.codecs.clear()
        line.n_to_mend = 0  # mended at once: some other hour it would have worked
        begun_s = line.now_s
        while line.flow.is_opus and line.now_s < begun_s + 100:
            line.n_to_mend = 0
            line.run(0.5)
        tries.append(line.now_s - begun_s)
    assert tries == sorted(tries)
    assert tries[-1] > 3 * HOLD_S


def test_opus_is_kept_while_something_is_to_be_mended() -> None:
    line = Line(FlowControl(SOUND), bytes_per_s=16_000)
    line.run(10)
    line.bytes_per_s = 1e9
    line.run(30)
    assert line.codecs[-1]
    line.n_to_mend = 0
    line.look()
    assert not line.codecs[-1]


@pytest.mark.parametrize("codec", ["pcm", "opus"])
def test_a_codec_that_was_chosen_stays(codec: str) -> None:
    line = Line(FlowControl(SOUND, codec), bytes_per_s=10_000)
    line.run(5)
    assert set(line.codecs) == {codec == "opus"}


def test_a_short_stall_does_not_look_like_a_thin_link() -> None:
    line = Line(FlowControl(SOUND), bytes_per_s=100_000, journey_s=0.01)
    for _ in range(10):
        line.run(2)
        line.is_frozen = True
        line.run(0.9 * STALL_S)
        line.is_frozen = False
    line.run(1)
    assert not any(line.codecs)


def test_what_was_never_sent_cannot_be_acknowledged() -> None:
    flow = FlowControl(SOUND)
    flow.sent(320, PCM_BYTES, 1.0)
    flow.ack(10**9, 1.1)
    assert flow.acked == 0
    flow.ack(320, 1.1)
    flow.ack(100, 1.2)
    assert flow.acked == 320, "an old acknowledgement takes nothing back"


def test_what_is_mended_gives_way_to_what_is_spoken() -> None:
    flow = FlowControl(SOUND)
    assert flow.may_repair(1.0)
    flow.repair_sent(FRAME, PCM_BYTES, 1.0)
    assert not flow.may_repair(1.0), "one at first"
    assert flow.may_send(FRAME)
    flow.repaired(FRAME, 1.1)
    assert flow.may_repair(1.1)
    flow.sent(FRAME, OPUS_BYTES, 2.0)
    flow.sent(2 * FRAME, OPUS_BYTES, 2.2)
    flow.ack(FRAME, 2.3)
    assert not flow.may_repair(2.3), "there is a queue"
    flow.ack(2 * FRAME, 2.6)
    assert flow.may_repair(2.6), "nothing is spoken that could wait"
    flow.connected(0)
    assert flow.may_repair(2.6)
    assert flow.journey_s is None


@dataclass
class Mending:
    """A link that carries what is spoken as Opus, and beside it what is mended."""

    bytes_per_s: float
    journey_s: float
    flow: FlowControl = field(default_factory=lambda: FlowControl(SOUND, "opus"))
    now_s: float = 100.0
    head: int = 0
    free_s: float = 0.0
    n_sent: int = 0
    n_mended: int = 0
    on_the_way: list[tuple[float, bool, int]] = field(default_factory=list)
    lag_s: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Somebody speaks for so long."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += 0.005
            self.head += 80
            while self.on_the_way and self.on_the_way[0][0] <= self.now_s:
                _, is_mend, end = self.on_the_way.pop(0)
                (self.flow.repaired if is_mend else self.flow.ack)(end, self.now_s)
                self.n_mended = end if is_mend else self.n_mended
            while self.flow.cursor + FRAME <= self.head and self.flow.may_send(FRAME):
                self.flow.sent(self.flow.cursor + FRAME, OPUS_BYTES, self.now_s)
                self.carry(OPUS_BYTES, is_mend=False, end=self.flow.cursor)
            while self.may_repair():
                self.n_sent += FRAME
                self.flow.repair_sent(self.n_sent, PCM_BYTES, self.now_s)
                self.carry(PCM_BYTES, is_mend=True, end=self.n_sent)
            self.lag_s.append(SOUND.seconds(self.head - self.flow.acked))

    def may_repair(self) -> bool:
        """Nothing that is spoken waits, and there is something that has come as Opus."""
        waits = self.flow.cursor + FRAME <= self.head
        is_there = self.n_sent + FRAME <= self.flow.acked
        return is_there and not waits and self.flow.may_repair(self.now_s)

    def carry(self, size_bytes: int, *, is_mend: bool, end: int) -> None:
        self.free_s = max(self.now_s, self.free_s) + size_bytes / self.bytes_per_s
        self.on_the_way.append((self.free_s + self.journey_s, is_mend, end))


@pytest.mark.parametrize("journey_s", [0.01, 0.08, 0.3])
@pytest.mark.parametrize(("kbit_s", "share"), [(1000, 0.9), (256, 0.5), (128, 0.2), (64, 0.07)])
def test_what_the_link_carries_beside_the_sound_is_mended_however_far_it_is(
    kbit_s: int, share: float, journey_s: float
) -> None:
    line = Mending(kbit_s * 125, journey_s)
    line.run(20)
    assert line.n_mended >= share * line.head
    assert max(line.lag_s) < journey_s + 0.4


def test_a_link_that_becomes_thin_has_less_of_it_on_its_way() -> None:
    line = Mending(125_000, 0.3)
    line.run(20)
    line.bytes_per_s = 8_000
    line.lag_s.clear()
    line.run(20)
    assert max(line.lag_s[len(line.lag_s) // 2 :]) < 0.8
