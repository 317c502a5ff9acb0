"""What one dictation gets from this microphone: numbered, kept until it is there, sent in turn."""

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
"""Sound in a frame: what speech codecs use."""
FULL = "spool full"
"""The reason of a gap that nobody had room for."""
GONE = "let go of"
"""The reason of a gap that was there once, by what the app has said, and is not any more."""


class OutgoingStream:
    """Sound in with ``hear``, frames out with ``outgoing``. Positions are samples."""

    def __init__(self, sound: Format, folder: Path, codec: str = "auto") -> None:
        self.id = secrets.token_hex(16)
        self.flow = FlowControl(sound, codec)
        self.head = 0
        """Samples that were numbered."""
        self.is_begun = False
        """The app wants it, so that it is captured."""
        self.is_unwanted = False
        """The app wants no more of it."""
        self.is_paused = False
        self.is_ended = False
        """Nothing more will be captured."""
        self.n_lost = 0
        """Samples that there was no room for."""
        self.n_stayed = 0
        """Samples that went as Opus and cannot be sent again."""
        self.spool = Spool(sound, folder)
        self.mends = Spool(sound, folder)
        """What went as Opus, as it was captured."""
        self.sound = sound
        self._n_frame = sound.samples(FRAME_S)
        self._rest = bytearray()
        self._rest_ns = 0
        self._hole_from: int | None = None
        """What was captured since then found no room."""
        self._notes: deque[Frame] = deque()
        self._rough: deque[tuple[int, int]] = deque()
        self._mend_cursor = 0
        self._packer: OpusEncoder | None = None
        self._fed = 0
        """The samples before are in the encoder."""

    # ------------------------------------------------------------------------- sound

    def hear(self, pcm: bytes, captured_ns: int) -> None:
        """The next samples, the last of which was captured then; in a pause they are forgotten."""
        if self.is_paused:
            return
        self._rest += pcm
        self._rest_ns = captured_ns
        size_bytes = self.sound.size_bytes(self._n_frame)
        while len(self._rest) >= size_bytes:
            self._cut(size_bytes)

    def miss(self, n_samples: int, reason: str) -> None:
        """So many samples were spoken and not captured."""
        if not self.is_paused:
            self._flush()
            self._keep(Frame.gap(self.head, n_samples, reason))

    def note(self, kind: Type, facts: dict[str, Any]) -> None:
        """Say something at this place of the stream."""
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
        """Sound that is kept here and not there yet."""
        return self.sound.seconds(self.head - self.flow.acked)

    @property
    def rough_s(self) -> float:
        """Sound that is there as Opus alone."""
        return self.sound.seconds(self.mends.n_samples + self.n_stayed)

    @property
    def lost_s(self) -> float:
        """Sound that there was no room for."""
        return self.sound.seconds(self.n_lost)

    @property
    def is_there(self) -> bool:
        """All that was captured is in the recording."""
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
        """Until it is there; or, where there is no room, remember that it is missing."""
        is_room = self._hole_from is None or (self.spool.has_room and self._close_hole())
        if not (is_room and self.spool.append(frame)):
            self.n_lost += frame.n_samples
            self._hole_from = frame.sample if self._hole_from is None else self._hole_from
        self.head = frame.end

    def _close_hole(self) -> bool:
        """Say what there was no room for; False if there is none even for that."""
        assert self._hole_from is not None
        if self.spool.append(Frame.gap(self._hole_from, self.head - self._hole_from, FULL)):
            self._hole_from = None
        return self._hole_from is None

    # ------------------------------------------------------------------------- the line

    def connected(self, start: int) -> None:
        """A new line: everything before that position is there; the rest is to be sent."""
        self._packer = None
        self._mend_cursor = 0
        self.flow.connected(start)
        self._let_go()

    def acked(self, sample: int, now_s: float) -> None:
        """Everything before that position is in the recording."""
        self.flow.ack(sample, now_s)
        self._let_go()

    def mended(self, sample: int, now_s: float) -> None:
        """The same for what went as Opus before, and was sent again."""
        self.flow.repaired(sample, now_s)
        deque(self.mends.drop(sample), maxlen=0)

    def outgoing(self, now_s: float) -> Iterator[Frame]:
        """What may be sent now, in order."""
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
        """Of what is there; what went as Opus is kept to be sent again."""
        for frame in self.spool.drop(self.flow.acked):
            while self._rough and self._rough[0][1] <= frame.sample:
                self._rough.popleft()
            is_rough = bool(self._rough) and self._rough[0][0] < frame.end
            if is_rough and not self.mends.append(replace(frame, type=Type.MEND)):
                self.n_stayed += frame.n_samples

    def _next(self) -> Frame | None:
        """The next frame, if it is there and may be sent."""
        if self._packer is not None:
            kept = self.spool.at(self._fed)
            if kept is None and not self.is_ended:
                return None
            if self.flow.is_opus and kept is not None and self._is_packable(kept, self._fed):
                return self._pack(kept) if self.flow.may_send(self._n_frame) else None
            self._packer = None  # what it holds back goes as PCM
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
        """Samples from the cursor on that are not kept any more; ``kept`` is the next that is."""
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
        """What is sent again while nothing else waits."""
        while (
            self.flow.may_repair(now_s) and (frame := self.mends.at(self._mend_cursor)) is not None
        ):
            self._mend_cursor = frame.end
            self.flow.repair_sent(frame.end, HEAD_BYTES + len(frame.payload), now_s)
            yield frame

    # ------------------------------------------------------------------------- the end

    def close(self) -> None:
        """Forget everything."""
        self.spool.clear()
        self.mends.clear()
