"""One stream of a microphone elsewhere: its frames become what a source says, each sample once."""

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
"""The reason of a gap that a machine had because it was too busy."""
FOREVER = float("inf")
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True)
class Hello:
    """Who speaks; everything in it is made safe to show."""

    stream: str
    rate_hz: int
    label: str
    host: str
    sender: str
    """The same for all streams of one sender."""
    takes_over: bool
    keeps: bool
    """What is spoken while the way is broken comes later."""
    is_begun: bool
    """An app has wanted it already: it belongs to the dictation that did."""
    is_probe: bool
    """It only wants to know how long an answer takes."""
    token: str = field(repr=False)

    @classmethod
    def of(cls, frame: Frame) -> Hello:
        """What a frame says.

        Raises:
            FrameError: it is no hello of this version.
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
        """What is heard, in words."""
        return f"{self.label} on {self.host}" if self.host else self.label


@dataclass(slots=True)
class Arrival:
    """What has come and was not taken yet."""

    stream: IncomingStream
    end: int
    """When it is taken, everything of the stream before this position is."""
    items: list[Item]
    rough: int | None = None
    """The position of the samples, if they came as Opus and may be mended."""
    mended: int = 0
    """When it is taken, what came as Opus before this position is as it was captured."""


class IncomingStream:
    """What one sender sends for one dictation. Positions are samples of the stream."""

    def __init__(self, hello: Hello, start: int, sound: Format, now_s: float) -> None:
        self.hello = hello
        self.format = Format(hello.rate_hz)
        self.clocks = ClockOffset()
        self.recorded = start
        """Everything before is in the recording."""
        self.mended = 0
        """Everything before that was sent again for that is there as it was captured."""
        self.lag_s = 0.0
        """How long the newest sound was on its way."""
        self.is_opus = False
        self.is_over = False
        """Nothing more of it is wanted, or there is nothing more."""
        self.pauses: deque[tuple[float, float]] = deque(maxlen=100)
        """When nothing was wanted, on our clock; the same for all streams of a dictation."""
        self._sound = sound
        self._intake = Admission(self.format, start, now_s)
        self._places = PositionMap()
        self._converter: Converter | None = None
        self._unpacker: OpusDecoder | None = None

    @property
    def next(self) -> int:
        """The first sample that has not come."""
        return self._intake.next

    def take(self, frame: Frame, now_s: float) -> Arrival | None:
        """What a frame brings; None if nothing.

        Raises:
            FrameError: it cannot be.
        """
        match frame.type:
            case Type.AUDIO:
                return self._hear(frame, now_s)
            case Type.GAP:
                n_new = self._intake.admit(frame.sample, frame.n_samples, now_s, is_gap=True)
                self._unpacker = None
                missing = Missing(self._ours(n_new), frame.reason == OVERRUN)
                return Arrival(self, self.next, [missing]) if n_new else None
            case Type.HELLO:
                return self._rename(Hello.of(frame))
            case Type.TROUBLE:
                return Arrival(self, self.next, [Trouble(told(self.hello, read(frame)))])
            case Type.MEND:
                return self._mend(frame)
        return None

    def place(self, arrival: Arrival, place: int) -> None:
        """The samples of an arrival were put there on the timeline."""
        if arrival.rough is not None:
            self._places.add(arrival.rough, place, arrival.end - arrival.rough)

    @property
    def rough_s(self) -> float:
        """Sound that came as Opus, and not again as it was captured."""
        return self.format.seconds(self._places.n_after(self.mended))

    def taken(self, arrival: Arrival) -> None:
        """All of an arrival is in the recording."""
        self.recorded = max(self.recorded, arrival.end)
        self.mended = max(self.mended, arrival.mended)

    def _hear(self, frame: Frame, now_s: float) -> Arrival | None:
        captured_s = frame.capture_ns / 1e9
        self.lag_s = self.clocks.add_arrival(captured_s, now_s)
        self.is_opus = frame.codec is not Codec.PCM
        pcm = self._unpack(frame) if self.is_opus else frame.payload
        n_new = self._intake.admit(frame.sample, frame.n_samples, now_s)
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
            self._unpacker = OpusDecoder(self.format)
        if self._unpacker is None:
            raise FrameError("a packet of Opus without those before it")
        try:
            pcm = self._unpacker.unpack(frame.packet)
        except ValueError as error:
            raise FrameError(str(error)) from error
        size_bytes = self.format.size_bytes(frame.n_samples)
        if not 0 < size_bytes <= len(pcm):
            raise FrameError(f"{frame.n_samples} samples in a packet of {len(pcm) // 2}")
        return pcm[-size_bytes:]

    def _convert(self, pcm: bytes) -> bytes:
        """At the rate of the recording."""
        if self.format == self._sound:
            return pcm
        if self._converter is None:
            from skdictate.audio.resampling import Converter

            self._converter = Converter(self.format.rate_hz, self._sound.rate_hz)
        return self._converter.convert_pcm(pcm)

    def _ours(self, n_samples: int) -> int:
        return self._sound.samples(self.format.seconds(n_samples))

    def _is_unwanted(self, captured_s: float) -> bool:
        """It was captured in a pause, for certain; what tells no time was not."""
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

    def _mend(self, frame: Frame) -> Arrival | None:
        """What is there already, as it was captured."""
        if frame.end > self.recorded:
            raise FrameError(f"mending up to {frame.end}, where {self.recorded} are recorded")
        items: list[Item] = []
        for it in self._places.find(frame.sample, frame.n_samples):
            offset, size = 2 * (it.sample - frame.sample), 2 * it.n_samples
            items.append(RepairedSamples(it.place, frame.payload[offset : offset + size]))
        return Arrival(self, self.next, items, mended=frame.end)


def read(frame: Frame) -> dict[str, Any]:
    """The words of a frame.

    Raises:
        FrameError: they are no object of JSON.
    """
    try:
        said = json.loads(frame.payload)
    except (ValueError, RecursionError) as error:
        raise FrameError("words that are no JSON") from error
    if not isinstance(said, dict):
        raise FrameError("words that are no object")
    return said


def told(hello: Hello, said: dict[str, Any]) -> Problem:
    """A problem of the microphone in its sender's words, made safe to show, and shown as such."""
    title, detail, hint = (
        clean(str(said.get(name) or ""))[:LONGEST_SENTENCE] for name in ("title", "detail", "hint")
    )
    where = hello.host or "its sender"
    return Problem(Kind.MICROPHONE, f"From {where}: {title or 'no sound'}", detail, hint)
