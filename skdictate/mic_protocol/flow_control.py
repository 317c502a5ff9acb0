"""How much a sender sends, and as what: little on its way, and no more than the link carries.

A tunnel hides a minute of sound in its buffers, so only the far end's acknowledgements bound the
delay. What is on its way is held to half a second, and to less where it makes a queue that the
keys of the same line would have to wait in.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from skdictate.audio.pcm import Format

WINDOW_S = 0.5
"""Sound on its way at most."""
FAR_S = 0.25
"""Over a link that takes long by nature, as much more than that journey."""
QUEUE_S = 0.08
"""A queue of this length in the link is enough to use it fully."""
MOST_MENDS = 64.0
"""Frames that nobody waits for on their way at most; the journey of a far link holds as many."""
SHRINK = 0.7
CREEP = 0.001
"""The journey may have become longer: of the difference, at each acknowledgement."""
OPUS_BYTES_PER_S = 5_000
"""24 kbit/s and its frames."""

BACKLOG_S = 0.25
"""Sound that waits: a link that carries PCM does not let this grow ..."""
JUDGED_S = 0.7
"""... and is judged for so long."""
ENOUGH = 1.1
"""Times as fast as spoken: what catches up."""
STALL_S = 0.4
"""Nothing for so long is no slow link but a standing one."""
HOLD_S, LONGEST_HOLD_S = 5.0, 60.0
"""How long Opus is kept at least; twice as long each time that PCM did not work again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Something on its way."""

    end: int
    size_bytes: int
    sent_s: float


class FlowControl:
    """Counts what is on its way. ``codec`` is ``auto``, ``pcm`` or ``opus``."""

    def __init__(self, sound: Format, codec: str = "auto") -> None:
        self._format = sound
        self._codec = codec
        self.is_opus = codec == "opus"
        """What is sent from now on goes as Opus."""
        self.acked = 0
        """Everything before is in the recording."""
        self.cursor = 0
        """Everything before was sent."""
        self._audio: deque[Sent] = deque()
        self._mends: deque[Sent] = deque()
        self._mend_room = 1.0
        """So many frames that nobody waits for may be on their way."""
        self._mend_journey_s = float("inf")
        """How long one of them takes at best."""
        self._mend_due_s = self._next_mend_cut_s = 0.0
        self._most_bytes = sound.size_bytes(sound.samples(WINDOW_S))
        self._room_bytes = self._most_bytes
        self._journey_s: float | None = None
        self._took_s = 0.0
        """How long the newest acknowledgement took."""
        self._next_cut_s = 0.0
        self._judged_since_s: float | None = None
        self._judged_acked = 0
        self._last_ack_s = float("-inf")
        self._hold_s = HOLD_S
        self._held_until_s = self._worked_since_s = float("-inf")

    # ------------------------------------------------------------------------- the link

    def connected(self, start: int) -> None:
        """A new link: everything before ``start`` is there, and nothing is on its way."""
        self.acked = self.cursor = start
        self._audio.clear()
        self._mends.clear()
        self._mend_room, self._mend_journey_s = 1.0, float("inf")
        self._mend_due_s = self._next_mend_cut_s = 0.0
        self._room_bytes = self._most_bytes
        self._journey_s = self._judged_since_s = None
        self._took_s = 0.0

    @property
    def in_flight_s(self) -> float:
        """Sound that was sent and is not acknowledged."""
        return self._format.seconds(self.cursor - self.acked)

    @property
    def journey_s(self) -> float | None:
        """How long an acknowledgement takes at best, on this link."""
        return self._journey_s

    def may_send(self, n_samples: int) -> bool:
        """Whether the next so many samples may go."""
        longest_s = max(WINDOW_S, (self._journey_s or 0.0) + FAR_S)
        on_the_way = self.cursor - self.acked + n_samples
        is_short = on_the_way <= self._format.samples(longest_s)
        return is_short and self._on_the_way_bytes < self._room_bytes

    def may_mend(self, now_s: float) -> bool:
        """Whether a frame may go that nobody waits for; asked when no sound waits.

        As many as the link carries beside the sound, one after the other and not at once; and none
        behind a queue, which the next sound would have to wait in.
        """
        if len(self._mends) >= int(self._mend_room):
            return False
        is_quick = self._took_s < (self._journey_s or 0.0) + QUEUE_S / 2
        return not self._audio or (is_quick and now_s >= self._mend_due_s)

    def sent(self, end: int, size_bytes: int, now_s: float) -> None:
        """Sound up to this position was sent."""
        self.cursor = end
        self._audio.append(Sent(end, size_bytes, now_s))

    def mend_sent(self, end: int, size_bytes: int, now_s: float) -> None:
        """The same for what is sent again, better."""
        self._mends.append(Sent(end, size_bytes, now_s))
        self._mend_due_s = now_s + (self._journey_s or 0.0) / self._mend_room

    def ack(self, sample: int, now_s: float) -> None:
        """Everything before that position is in the recording."""
        if sample > self.cursor:
            return  # it was never sent: nothing that a sender should believe
        if now_s - self._last_ack_s > STALL_S:
            self._judged_since_s = None
        self._last_ack_s = now_s
        self.acked = max(self.acked, sample)
        self._arrived(self._audio, sample, now_s)

    def mended(self, sample: int, now_s: float) -> None:
        """Everything before that position that was sent again is."""
        for it in self._mends:
            if it.end > sample:
                break
            self._adapt_mends(now_s - it.sent_s, now_s)
        self._arrived(self._mends, sample, now_s)

    # ------------------------------------------------------------------------- the codec

    def choose(self, head: int, n_to_mend: int, now_s: float) -> None:
        """Decide on the codec; ``head`` samples were captured, ``n_to_mend`` came as Opus."""
        if self._codec != "auto":
            return
        backlog_s = self._format.seconds(head - self.cursor)
        if self.is_opus:
            is_done = n_to_mend == 0 and backlog_s < BACKLOG_S
            if is_done and now_s >= self._held_until_s:
                self.is_opus = False
                self._worked_since_s = now_s
                self._judged_since_s = None
        elif backlog_s < BACKLOG_S:
            self._judged_since_s = None
        elif self._judged_since_s is None:
            self._judged_since_s, self._judged_acked = now_s, self.acked
        elif self._last_ack_s >= self._judged_since_s + JUDGED_S:
            self._judge(self._last_ack_s - self._judged_since_s, now_s)

    def _judge(self, judged_s: float, now_s: float) -> None:
        """Whether the link carries what is spoken, now that some sound waits."""
        carried_s = self._format.seconds(self.acked - self._judged_acked)
        if carried_s >= ENOUGH * judged_s:
            self._judged_since_s = None
            return
        is_again = now_s - self._worked_since_s < LONGEST_HOLD_S
        self._hold_s = min(LONGEST_HOLD_S, 2 * self._hold_s) if is_again else HOLD_S
        self._held_until_s = now_s + self._hold_s
        self.is_opus = True

    # ------------------------------------------------------------------------- the queue

    @property
    def _on_the_way_bytes(self) -> int:
        return sum(it.size_bytes for it in self._audio) + sum(it.size_bytes for it in self._mends)

    def _arrived(self, ways: deque[Sent], sample: int, now_s: float) -> None:
        was_full = self._on_the_way_bytes >= self._room_bytes
        last: Sent | None = None
        size_bytes = 0
        while ways and ways[0].end <= sample:
            last = ways.popleft()
            size_bytes += last.size_bytes
        if last is not None:
            self._adapt(now_s - last.sent_s, size_bytes, now_s, was_full=was_full)

    def _adapt(self, took_s: float, size_bytes: int, now_s: float, *, was_full: bool) -> None:
        """Shrink what may be on its way where it makes a queue; let it grow where it does not."""
        self._took_s = took_s
        journey_s = took_s if self._journey_s is None else self._journey_s
        self._journey_s = journey_s = min(took_s, journey_s + CREEP * (took_s - journey_s))
        if took_s > journey_s + QUEUE_S:
            if now_s >= self._next_cut_s:
                self._next_cut_s = now_s + took_s
                self._room_bytes = max(self._least_bytes(journey_s), int(SHRINK * self._room_bytes))
        elif was_full:
            self._room_bytes = min(self._most_bytes, self._room_bytes + size_bytes)

    def _adapt_mends(self, took_s: float, now_s: float) -> None:
        """The same for what nobody waits for."""
        self._mend_journey_s = min(self._mend_journey_s, took_s)
        if took_s <= self._mend_journey_s + QUEUE_S:
            self._mend_room = min(MOST_MENDS, self._mend_room + 1 / self._mend_room)
        elif now_s >= self._next_mend_cut_s:
            self._next_mend_cut_s = now_s + took_s
            self._mend_room = max(1.0, SHRINK * self._mend_room)

    def _least_bytes(self, journey_s: float) -> int:
        """With so much on its way, sound keeps up with the speaker."""
        per_s = OPUS_BYTES_PER_S if self.is_opus else self._format.size_bytes(self._format.rate_hz)
        return int(per_s * (journey_s + QUEUE_S))
