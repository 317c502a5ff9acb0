"""Turns the frames of one remote stream into items of a source, each sample once."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.errors import Kind, Problem
from skdictate.mic_protocol.admission import Admission
from skdictate.mic_protocol.clock import ClockOffset
from skdictate.mic_protocol.frames import Codec, Frame, FrameError, Type
from skdictate.mic_protocol.position_map import PositionMap
from skdictate.sources.base import Item, Named, RepairedSamples, Trouble
from skdictate.text.clean_text import clean

if TYPE_CHECKING:
    from skdictate.audio.opus import OpusDecoder
    from skdictate.audio.resampling import Converter

VERSION = 1
LOWEST_HZ, HIGHEST_HZ = 8_000, 48_000
LONGEST_NAME, LONGEST_SENTENCE = 80, 300
OVERRUN = "overrun"
"""The reason of a gap on a machine that was too busy."""
FOREVER = float("inf")
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True)
class Hello:
    """The introduction of a sender; all texts in it are made safe to show."""

    stream: str
    rate_hz: int
    label: str
    host: str
    sender: str
    """The id of the sender, the same for all of its streams."""
    takes_over: bool
    keeps: bool
    """Whether what is spoken while the connection is broken is sent later."""
    is_begun: bool
    """Whether it belongs to a dictation that has started already."""
    is_probe: bool
    """Whether it only measures the round trip."""
    token: str = field(repr=False)

    @classmethod
    def of(cls, frame: Frame) -> Hello:
        """Parse a frame.

        Raises:
            FrameError: it is not a hello of this version.
        """
        said = read(frame)
        if frame.type is not Type.HELLO or said.get("v") != VERSION:
            raise FrameError(f"no hello of version {VERSION}")
        stream, rate_hz = said.get("stream"), said.get("rate_hz")
        if not isinstance(stream, str) or not _ID.fullmatch(stream):
            raise FrameError("a hello without a stream")
        if type(rate_hz) is not int or not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
            raise FrameError("a hello without a rate")
        label, host, sender, token = (
            str(said.get(name) or "") for name in ("label", "host", "sender", "token")
        )
        label = clean(label or str(said.get("name") or ""))[:LONGEST_NAME] or "microphone"
        host = clean(host)[:LONGEST_NAME]
        return cls(
            stream,
            rate_hz,
            label,
            host,
            sender,
            takes_over=said.get("take_over") is True,
            keeps=said.get("keeps") is not False,
            is_begun=said.get("begun") is True,
            is_probe=said.get("probe") is True,
            token=token,
        )

    @property
    def name(self) -> str:
        """The name for the screen."""
        return f"{self.label} on {self.host}" if self.host else self.label


@dataclass(slots=True)
class Arrival:
    """Content of a stream that has arrived and is not recorded yet."""

    stream: IncomingStream
    end: int
    """Once this is recorded, everything of the stream before this position is."""
    items: list[Item]
    rough: int | None = None
    """The position of the samples, if they came as Opus and may be repaired."""
    mended: int = 0
    """Once this is recorded, everything before this position that came as Opus is repaired."""


class IncomingStream:
    """What one sender sends for one dictation. Positions are samples of the stream."""

    def __init__(self, hello: Hello, start: int, sound: Format, now_s: float) -> None:
        self.hello = hello
        self.format = Format(hello.rate_hz)
        self.clocks = ClockOffset()
        self.recorded = start
        """Everything before this position is recorded."""
        self.mended = 0
        """Everything before this position that came as Opus is repaired."""
        self.lag_s = 0.0
        """The delay of the newest sound in seconds."""
        self.is_opus = False
        self.is_over = False
        """Whether the stream has ended or is not wanted any more."""
        self.pauses: deque[tuple[float, float]] = deque(maxlen=100)
        """The times in which no sound was wanted, on our clock; shared by all streams of a
        dictation."""
        self._sound = sound
        self._admission = Admission(self.format, start, now_s)
        self._positions = PositionMap()
        self._converter: Converter | None = None
        self._opus_decoder: OpusDecoder | None = None

    @property
    def next(self) -> int:
        """The first sample that has not arrived."""
        return self._admission.next

    def take(self, frame: Frame, now_s: float) -> Arrival | None:
        """Process a frame; None if it has no content.

        Raises:
            FrameError: it is not allowed here.
        """
        match frame.type:
            case Type.AUDIO:
                return self._add_audio(frame, now_s)
            case Type.GAP:
                n_new = self._admission.admit(frame.sample, frame.n_samples, now_s, is_gap=True)
                self._opus_decoder = None
                missing = Missing(self._at_our_rate(n_new), frame.reason == OVERRUN)
                return Arrival(self, self.next, [missing]) if n_new else None
            case Type.HELLO:
                return self._rename(Hello.of(frame))
            case Type.TROUBLE:
                return Arrival(self, self.next, [Trouble(told(self.hello, read(frame)))])
            case Type.MEND:
                return self._repair(frame)
        return None

    def place(self, arrival: Arrival, place: int) -> None:
        """Note where the samples of an arrival are on the timeline."""
        if arrival.rough is not None:
            self._positions.add(arrival.rough, place, arrival.end - arrival.rough)

    @property
    def rough_s(self) -> float:
        """Seconds of sound that came as Opus and are not repaired."""
        return self.format.seconds(self._positions.n_after(self.mended))

    def taken(self, arrival: Arrival) -> None:
        """Note that an arrival is recorded."""
        self.recorded = max(self.recorded, arrival.end)
        self.mended = max(self.mended, arrival.mended)

    def _add_audio(self, frame: Frame, now_s: float) -> Arrival | None:
        captured_s = frame.capture_ns / 1e9
        self.lag_s = self.clocks.add_arrival(captured_s, now_s)
        self.is_opus = frame.codec is not Codec.PCM
        pcm = self._unpack(frame) if self.is_opus else frame.payload
        n_new = self._admission.admit(frame.sample, frame.n_samples, now_s)
        if n_new == 0:
            return None
        arrival = Arrival(self, self.next, [])
        if not self._is_unwanted(captured_s):
            pcm = self._convert(pcm[-n_new * BYTES_PER_SAMPLE :])
            if pcm:
                arrival.items.append(pcm)
            if self.is_opus and self.format == self._sound:
                arrival.rough = self.next - n_new
        return arrival

    def _unpack(self, frame: Frame) -> bytes:
        if frame.codec is Codec.OPUS_FIRST:
            from skdictate.audio.opus import RATES, OpusDecoder

            if self.format.rate_hz not in RATES:
                raise FrameError(f"Opus at {self.format.rate_hz} Hz")
            self._opus_decoder = OpusDecoder(self.format)
        if self._opus_decoder is None:
            raise FrameError("a packet of Opus without those before it")
        try:
            pcm = self._opus_decoder.unpack(frame.packet)
        except ValueError as error:
            raise FrameError(str(error)) from error
        size_bytes = self.format.size_bytes(frame.n_samples)
        if not 0 < size_bytes <= len(pcm):
            raise FrameError(f"{frame.n_samples} samples in a packet of {len(pcm) // 2}")
        return pcm[-size_bytes:]

    def _convert(self, pcm: bytes) -> bytes:
        """Convert samples to the rate of the recording."""
        if self.format == self._sound:
            return pcm
        if self._converter is None:
            from skdictate.audio.resampling import Converter

            self._converter = Converter(self.format.rate_hz, self._sound.rate_hz)
        return self._converter.convert_pcm(pcm)

    def _at_our_rate(self, n_samples: int) -> int:
        return self._sound.samples(self.format.seconds(n_samples))

    def _is_unwanted(self, captured_s: float) -> bool:
        """Whether the sound was certainly captured in a pause; sound without a time was not."""
        if captured_s <= 0:
            return False
        earliest_s = self.clocks.earliest_s(captured_s)
        latest_s = self.clocks.latest_s(captured_s)
        return any(
            since_s <= earliest_s and (latest_s < until_s or until_s == FOREVER)
            for since_s, until_s in self.pauses
        )

    def _rename(self, hello: Hello) -> Arrival | None:
        was, self.hello = self.hello, replace(hello, stream=self.hello.stream)
        if was.name == hello.name:
            return None
        return Arrival(self, self.next, [Named(hello.name, was.name)])

    def _repair(self, frame: Frame) -> Arrival | None:
        """Replace recorded sound by better samples."""
        if frame.end > self.recorded:
            raise FrameError(f"mending up to {frame.end}, where {self.recorded} are recorded")
        items: list[Item] = []
        for it in self._positions.find(frame.sample, frame.n_samples):
            offset, size = 2 * (it.sample - frame.sample), 2 * it.n_samples
            items.append(RepairedSamples(it.place, frame.payload[offset : offset + size]))
        return Arrival(self, self.next, items, mended=frame.end)


def read(frame: Frame) -> dict[str, Any]:
    """Parse the JSON payload of a frame.

    Raises:
        FrameError: it is not a JSON object.
    """
    try:
        said = json.loads(frame.payload)
    except (ValueError, RecursionError) as error:
        raise FrameError("words that are no JSON") from error
    if not isinstance(said, dict):
        raise FrameError("words that are no object")
    return said


def told(hello: Hello, said: dict[str, Any]) -> Problem:
    """A problem that the sender reported, made safe to show and attributed to the sender."""
    title, detail, hint = (
        clean(str(said.get(name) or ""))[:LONGEST_SENTENCE] for name in ("title", "detail", "hint")
    )
    where = hello.host or "its sender"
    return Problem(Kind.MICROPHONE, f"From {where}: {title or 'no sound'}", detail, hint)
