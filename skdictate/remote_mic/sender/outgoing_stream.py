"""The sound of this microphone for one dictation: numbered, kept until it is recorded, and sent."""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skdictate.audio.pcm import BYTES_PER_SAMPLE, Format
from skdictate.mic_protocol.flow_control import FlowControl
from skdictate.mic_protocol.frames import HEAD_BYTES, Frame, Type
from skdictate.remote_mic.sender.spool import Spool

if TYPE_CHECKING:
    from skdictate.audio.opus import OpusEncoder

FRAME_S = 0.02
"""Seconds of sound in a frame; the frame length of speech codecs."""
FULL = "spool full"
"""The reason of a gap for which there was no room."""
GONE = "let go of"
"""The reason of a gap that the app had acknowledged and now asks for again."""


class OutgoingStream:
    """Add sound with ``hear``, send the frames of ``outgoing``. Positions are samples."""

    def __init__(self, sound: Format, folder: Path, codec: str = "auto") -> None:
        self.id = secrets.token_hex(16)
        self.flow = FlowControl(sound, codec)
        self.head = 0
        """How many samples were numbered."""
        self.is_begun = False
        """Whether the app wants it, so that it is captured."""
        self.is_unwanted = False
        """Whether the app wants no more of it."""
        self.is_paused = False
        self.is_ended = False
        """Whether nothing more will be captured."""
        self.n_lost = 0
        """Samples for which there was no room."""
        self.n_stayed = 0
        """Samples that were sent as Opus and cannot be sent again."""
        self.spool = Spool(sound, folder)
        self.mends = Spool(sound, folder)
        """What was sent as Opus, as it was captured."""
        self.sound = sound
        self._n_frame = sound.samples(FRAME_S)
        self._rest = bytearray()
        self._rest_ns = 0
        self._hole_from: int | None = None
        """Where the samples begin for which there was no room; None if there was."""
        self._notes: deque[Frame] = deque()
        self._rough: deque[tuple[int, int]] = deque()
        self._mend_cursor = 0
        self._packer: OpusEncoder | None = None
        self._fed = 0
        """Everything before this position is in the encoder."""

    # ------------------------------------------------------------------------- sound

    def hear(self, pcm: bytes, captured_ns: int) -> None:
        """Add samples (s16le) with the time of the last one; dropped while paused."""
        if self.is_paused:
            return
        self._rest += pcm
        self._rest_ns = captured_ns
        size_bytes = self.sound.size_bytes(self._n_frame)
        while len(self._rest) >= size_bytes:
            self._cut(size_bytes)

    def miss(self, n_samples: int, reason: str) -> None:
        """Add a gap: this many samples were spoken and not captured."""
        if not self.is_paused:
            self._flush()
            self._keep(Frame.gap(self.head, n_samples, reason))

    def note(self, kind: Type, facts: dict[str, Any]) -> None:
        """Add a message at this position of the stream."""
        self._flush()
        self._notes.append(Frame(kind, self.head, payload=json.dumps(facts).encode()))

    def end(self) -> None:
        """Nothing more will be captured."""
        self._flush()
        if self._hole_from is not None:
            self._close_hole()
        self.is_ended = True

    @property
    def unsent_s(self) -> float:
        """Seconds of sound that are kept here and not recorded yet."""
        return self.sound.seconds(self.head - self.flow.acked)

    @property
    def rough_s(self) -> float:
        """Seconds of sound that the app has only as Opus."""
        return self.sound.seconds(self.mends.n_samples + self.n_stayed)

    @property
    def lost_s(self) -> float:
        """Seconds of sound for which there was no room."""
        return self.sound.seconds(self.n_lost)

    @property
    def is_there(self) -> bool:
        """Whether everything captured is recorded."""
        return self.is_ended and self.flow.acked >= self.head and not self._notes

    def _flush(self) -> None:
        if self._rest:
            self._cut(len(self._rest))

    def _cut(self, size_bytes: int) -> None:
        """Number a frame."""
        pcm = bytes(self._rest[:size_bytes])
        del self._rest[:size_bytes]
        after_s = self.sound.seconds(len(self._rest) // BYTES_PER_SAMPLE)
        captured_ns = max(0, self._rest_ns - round(after_s * 1e9))
        self._keep(Frame(Type.AUDIO, self.head, captured_ns, pcm))

    def _keep(self, frame: Frame) -> None:
        """Keep a frame until it is recorded; without room, remember that it is missing."""
        is_room = self._hole_from is None or (self.spool.has_room and self._close_hole())
        if not (is_room and self.spool.append(frame)):
            self.n_lost += frame.n_samples
            self._hole_from = frame.sample if self._hole_from is None else self._hole_from
        self.head = frame.end

    def _close_hole(self) -> bool:
        """Add a gap for what had no room; False if there is no room even for that."""
        assert self._hole_from is not None
        if self.spool.append(Frame.gap(self._hole_from, self.head - self._hole_from, FULL)):
            self._hole_from = None
        return self._hole_from is None

    # ------------------------------------------------------------------------- the line

    def connected(self, start: int) -> None:
        """Continue on a new connection: everything before ``start`` is recorded."""
        self._packer = None
        self._mend_cursor = 0
        self.flow.connected(start)
        self._let_go()

    def acked(self, sample: int, now_s: float) -> None:
        """Everything before this position is recorded."""
        self.flow.ack(sample, now_s)
        self._let_go()

    def mended(self, sample: int, now_s: float) -> None:
        """Everything before this position that was sent as Opus is repaired."""
        self.flow.repaired(sample, now_s)
        deque(self.mends.drop(sample), maxlen=0)

    def outgoing(self, now_s: float) -> Iterator[Frame]:
        """Yield the frames that may be sent now, in order."""
        while True:
            while self._notes and self._notes[0].sample <= self.flow.cursor:
                yield self._notes.popleft()
            self.flow.choose(self.head, self.mends.n_samples, now_s)
            frame = self._next()
            if frame is None:
                break
            self.flow.sent(frame.end, HEAD_BYTES + len(frame.payload), now_s)
            yield frame
        waits_from = self.flow.cursor if self._packer is None else self._fed
        if self.spool.at(waits_from) is None:
            yield from self._mending(now_s)

    def _let_go(self) -> None:
        """Drop what is recorded; what was sent as Opus is kept to be sent again."""
        for frame in self.spool.drop(self.flow.acked):
            while self._rough and self._rough[0][1] <= frame.sample:
                self._rough.popleft()
            is_rough = bool(self._rough) and self._rough[0][0] < frame.end
            if is_rough and not self.mends.append(replace(frame, type=Type.MEND)):
                self.n_stayed += frame.n_samples

    def _next(self) -> Frame | None:
        """The next frame, if there is one that may be sent."""
        if self._packer is not None:
            kept = self.spool.at(self._fed)
            if kept is None and not self.is_ended:
                return None
            if self.flow.is_opus and kept is not None and self._is_packable(kept, self._fed):
                return self._pack(kept) if self.flow.may_send(self._n_frame) else None
            self._packer = None  # what it holds back is sent as PCM
        kept = self.spool.at(self.flow.cursor)
        if (n_gone := self._n_gone(kept)) > 0:
            return Frame.gap(self.flow.cursor, n_gone, GONE) if self.flow.may_send(0) else None
        if kept is None or kept.type is Type.GAP:
            return kept if kept is not None and self.flow.may_send(0) else None
        if not self.flow.may_send(self._n_frame):
            return None
        if self.flow.is_opus and self._is_packable(kept, self.flow.cursor):
            return self._pack(kept)
        skipped = self.sound.size_bytes(self.flow.cursor - kept.sample)
        return replace(kept, sample=self.flow.cursor, payload=kept.payload[skipped:])

    def _n_gone(self, kept: Frame | None) -> int:
        """How many samples from the cursor on are not kept any more.

        ``kept`` is the next frame that is.
        """
        if kept is not None:
            return kept.sample - self.flow.cursor
        return self.head - self.flow.cursor if self._hole_from is None else 0

    def _is_packable(self, kept: Frame, position: int) -> bool:
        is_whole = kept.type is Type.AUDIO and kept.n_samples == self._n_frame
        return is_whole and kept.sample == position

    def _pack(self, kept: Frame) -> Frame:
        is_first = self._packer is None
        if self._packer is None:
            from skdictate.audio.opus import OpusEncoder

            self._packer = OpusEncoder(self.sound)
        n_samples = self._n_frame - self._packer.n_ahead * is_first
        packet = self._packer.pack(kept.payload)
        self._fed = kept.end
        start = self.flow.cursor
        self._roughen(start, start + n_samples)
        return Frame.opus(start, kept.capture_ns, n_samples, packet, is_first=is_first)

    def _roughen(self, start: int, end: int) -> None:
        if self._rough and self._rough[-1][1] == start:
            start = self._rough.pop()[0]
        self._rough.append((start, end))

    def _mending(self, now_s: float) -> Iterator[Frame]:
        """The repairs to send while nothing else waits."""
        while (
            self.flow.may_repair(now_s) and (frame := self.mends.at(self._mend_cursor)) is not None
        ):
            self._mend_cursor = frame.end
            self.flow.repair_sent(frame.end, HEAD_BYTES + len(frame.payload), now_s)
            yield frame

    # ------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Drop everything."""
        self.spool.clear()
        self.mends.clear()
