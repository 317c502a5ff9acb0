"""Decides how much a sender sends and with which codec, so that delays stay short.

A tunnel can hide a minute of sound in its buffers, so only acknowledgements of the far end bound
the delay. Sound in flight is limited to half a second, and to less where it forms a queue in which
keystrokes on the same connection would have to wait.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from skdictate.audio.pcm import Format

WINDOW_S = 0.5
"""The most seconds of sound in flight."""
FAR_S = 0.25
"""On a connection with a long round trip, this much more than the round trip is allowed."""
QUEUE_S = 0.08
"""Seconds of queue that suffice to use a connection fully."""
MOST_MENDS = 64.0
"""The most repair frames in flight, as many as a long connection holds."""
SHRINK = 0.7
CREEP = 0.001
"""How fast the smallest round trip follows a longer one, as a fraction at each acknowledgement."""
OPUS_BYTES_PER_S = 5_000
"""24 kbit/s, and the frames around it."""

BACKLOG_S = 0.25
"""Seconds of sound waiting to be sent; a connection fast enough for PCM does not exceed this."""
JUDGED_S = 0.7
"""Seconds for which a connection with more waiting is watched before the codec changes."""
ENOUGH = 1.1
"""How many times as fast as speech a connection must be to catch up."""
STALL_S = 0.4
"""Seconds without acknowledgements after which a connection counts as stalled, not slow."""
HOLD_S, LONGEST_HOLD_S = 5.0, 60.0
"""Seconds for which Opus is kept; doubled each time that PCM then turns out too slow again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A frame in flight."""

    end: int
    size_bytes: int
    sent_s: float


class FlowControl:
    """Tracks what is in flight. ``codec`` is ``auto``, ``pcm`` or ``opus``."""

    def __init__(self, sound: Format, codec: str = "auto") -> None:
        self._format = sound
        self._codec = codec
        self.is_opus = codec == "opus"
        """Whether to send Opus from now on."""
        self.acked = 0
        """Everything before this position is recorded."""
        self.cursor = 0
        """Everything before this position was sent."""
        self._audio: deque[Sent] = deque()
        self._mends: deque[Sent] = deque()
        self._mend_room = 1.0
        """How many repair frames may be in flight."""
        self._mend_journey_s = float("inf")
        """The smallest round trip of a repair frame."""
        self._mend_due_s = self._next_mend_cut_s = 0.0
        self._most_bytes = sound.size_bytes(sound.samples(WINDOW_S))
        self._room_bytes = self._most_bytes
        self._journey_s: float | None = None
        self._took_s = 0.0
        """The round trip of the latest acknowledgement."""
        self._next_cut_s = 0.0
        self._judged_since_s: float | None = None
        self._judged_acked = 0
        self._last_ack_s = float("-inf")
        self._hold_s = HOLD_S
        self._held_until_s = self._worked_since_s = float("-inf")

    # ------------------------------------------------------------------------- the connection

    def connected(self, start: int) -> None:
        """Start on a new connection.

        Everything before ``start`` is recorded, and nothing is in flight.
        """
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
        """Seconds of sound that was sent and not acknowledged."""
        return self._format.seconds(self.cursor - self.acked)

    @property
    def journey_s(self) -> float | None:
        """The smallest round trip on this connection in seconds; None before the first."""
        return self._journey_s

    def may_send(self, n_samples: int) -> bool:
        """Whether the next ``n_samples`` samples may be sent."""
        longest_s = max(WINDOW_S, (self._journey_s or 0.0) + FAR_S)
        on_the_way = self.cursor - self.acked + n_samples
        is_short = on_the_way <= self._format.samples(longest_s)
        return is_short and self._on_the_way_bytes < self._room_bytes

    def may_repair(self, now_s: float) -> bool:
        """Whether a repair frame may be sent; asked when no new sound is waiting.

        Repairs use what the sound leaves of the connection. They are spread out, and none is sent
        behind a queue in which the next sound would have to wait.
        """
        if len(self._mends) >= int(self._mend_room):
            return False
        is_quick = self._took_s < (self._journey_s or 0.0) + QUEUE_S / 2
        return not self._audio or (is_quick and now_s >= self._mend_due_s)

    def sent(self, end: int, size_bytes: int, now_s: float) -> None:
        """Note that sound up to this position was sent."""
        self.cursor = end
        self._audio.append(Sent(end, size_bytes, now_s))

    def repair_sent(self, end: int, size_bytes: int, now_s: float) -> None:
        """Note that a repair up to this position was sent."""
        self._mends.append(Sent(end, size_bytes, now_s))
        self._mend_due_s = now_s + (self._journey_s or 0.0) / self._mend_room

    def ack(self, sample: int, now_s: float) -> None:
        """Note that everything before this position is recorded."""
        if sample > self.cursor:
            return  # it was never sent, so the peer is not to be believed
        if now_s - self._last_ack_s > STALL_S:
            self._judged_since_s = None
        self._last_ack_s = now_s
        self.acked = max(self.acked, sample)
        self._arrived(self._audio, sample, now_s)

    def repaired(self, sample: int, now_s: float) -> None:
        """Note that all repairs before this position have arrived."""
        for it in self._mends:
            if it.end > sample:
                break
            self._adapt_mends(now_s - it.sent_s, now_s)
        self._arrived(self._mends, sample, now_s)

    # ------------------------------------------------------------------------- the codec

    def choose(self, head: int, n_to_mend: int, now_s: float) -> None:
        """Choose the codec; ``n_to_mend`` samples were sent as Opus and are not repaired yet."""
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
        """Change to Opus if the connection carries less than is spoken."""
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
        """Allow less in flight where it forms a queue, and more where it does not."""
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
        """Adapt the number of repair frames in flight in the same way."""
        self._mend_journey_s = min(self._mend_journey_s, took_s)
        if took_s <= self._mend_journey_s + QUEUE_S:
            self._mend_room = min(MOST_MENDS, self._mend_room + 1 / self._mend_room)
        elif now_s >= self._next_mend_cut_s:
            self._next_mend_cut_s = now_s + took_s
            self._mend_room = max(1.0, SHRINK * self._mend_room)

    def _least_bytes(self, journey_s: float) -> int:
        """The bytes in flight that suffice to keep up with the speaker."""
        per_s = OPUS_BYTES_PER_S if self.is_opus else self._format.size_bytes(self._format.rate_hz)
        return int(per_s * (journey_s + QUEUE_S))
