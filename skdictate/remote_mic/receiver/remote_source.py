"""The source of one dictation: its sender may connect, disconnect and reconnect.

Nothing that the sender does ends the source. While the sender is away, the user is told so, and
what it keeps meanwhile is received when it reconnects.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from skdictate.audio.continuity import Missing
from skdictate.core.uncaptured import FOREVER, UncapturedTime
from skdictate.errors import Problem
from skdictate.mic_protocol.admission import SLACK_S, SPOOLED_S
from skdictate.mic_protocol.frames import Frame, FrameError, Type
from skdictate.remote_mic.receiver import connection_status
from skdictate.remote_mic.receiver.arrival_queue import ArrivalQueue
from skdictate.remote_mic.receiver.incoming_stream import Arrival, Hello, IncomingStream
from skdictate.sources.base import Item, Named, Trouble

if TYPE_CHECKING:
    from skdictate.audio.pcm import Format
    from skdictate.remote_mic.receiver.sender_connection import SenderConnection

MOST_STREAMS = 16
"""Streams that may continue within one dictation."""
ACK_S = 0.1
"""Seconds of sound that are acknowledged together, at least, while more is queued."""
AWAY_SAID_S = 1.0
"""A sender that reconnects within this many seconds is not reported as away."""
AWAY_S = 10.0
"""Seconds that the end of a dictation waits for a sender that is away and keeps some of its
sound."""
LAST_S = 1.0
"""Seconds that it then takes at most to report what is missing."""
AFTER_S = 0.2
"""Sound captured this many seconds after the end does not belong to the dictation."""


class SenderAccess(Protocol):
    """What a source needs of the receiver."""

    format: Format

    @property
    def name(self) -> str:
        """The name of the newest sender's microphone; empty if there is none."""

    def begin(self, take: RemoteSource | None = None) -> None:
        """Let the senders begin for this source."""

    def end(self, take: RemoteSource) -> None:
        """End the stream of this source."""

    def lines_of(self, stream: IncomingStream | None) -> list[SenderConnection]:
        """The connections by which a stream comes at present."""

    def guest_of(self, stream: IncomingStream | None) -> SenderConnection | None:
        """The connection of a stream that something arrived on last; None if it has none."""

    def say(self, *frames: Frame) -> None:
        """Send frames to the newest sender."""


class RemoteSource:
    """See ``Source`` and ``RemoteMicSource``."""

    is_live = True
    is_microphone = True

    def __init__(self, receiver: SenderAccess) -> None:
        self.format = receiver.format
        self.overruns = 0
        self.is_stopped = False
        self.is_paused = False
        self.stream: IncomingStream | None = None
        """The current stream, or the last one."""
        self._receiver = receiver
        self._streams: deque[IncomingStream] = deque(maxlen=MOST_STREAMS)
        """The streams of this dictation."""
        self._began_s = time.monotonic()
        self._between = UncapturedTime(self._began_s)
        # Sound from before the start is not wanted.
        self._between.pauses.append((-FOREVER, self._began_s))
        self._n_samples = 0
        self._arrivals = ArrivalQueue()
        self._current: Arrival | None = None
        self._named = ""
        self._stopped_s = self._away_since_s = self._heard_s = 0.0
        self._n_missing = 0
        """Samples that nobody captured, or that could not be kept."""
        self._left_at = ""
        self._is_trouble_said = False

    @property
    def name(self) -> str:
        """The name of the microphone, if it is known."""
        return self._named or self._receiver.name or "a microphone elsewhere"

    # ------------------------------------------------------------------------- the engine's side

    async def __aenter__(self) -> Self:
        """Let a sender begin, now or when it connects."""
        self._receiver.begin(self)
        if self.stream is None:
            self._arrivals.say(Trouble(connection_status.WAITING))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the stream."""
        self._receiver.end(self)

    def stop(self) -> None:
        """Deliver what was spoken until now, then end."""
        if not self.is_stopped:
            self.is_stopped = True
            self._stopped_s = time.monotonic()
            if self._receiver.guest_of(self.stream) is not None:
                assert self.stream is not None
                self._receiver.say(Frame(Type.BYE, self.stream.recorded))
            self._arrivals.wake()

    def pause(self) -> None:
        """See ``RemoteMicSource``."""
        self.is_paused = True
        self._between.pauses.append((time.monotonic(), FOREVER))
        if self._receiver.guest_of(self.stream) is not None:
            self._receiver.say(Frame(Type.PAUSE))

    def resume(self) -> None:
        """See ``RemoteMicSource``."""
        self.is_paused = False
        since_s, _ = self._between.pauses.pop()
        self._between.pauses.append((since_s, time.monotonic()))
        if self._receiver.guest_of(self.stream) is not None:
            self._receiver.say(Frame(Type.RESUME))

    def set_position(self, start_sample: int) -> None:
        """See ``RemoteMicSource``."""
        if self._current is not None:
            self._current.stream.place(self._current, start_sample)

    @property
    def is_expecting(self) -> bool:
        """See ``RemoteMicSource``."""
        return self._is_waiting(AWAY_S + LAST_S)

    def _is_waiting(self, longest_s: float) -> bool:
        """Whether sound from before the end may still arrive."""
        if self._arrivals:
            return True
        if self.stream is None or self.stream.is_over:
            return False
        return time.monotonic() - max(self._heard_s, self._stopped_s) < longest_s

    def _rest(self) -> Iterator[Item]:
        """A gap for what should have come until the end, from a sender that did not return."""
        if self.stream is not None and not self.stream.is_over:
            n_samples = self.format.samples(self._between.missing_at_end(self._stopped_s))
            if n_samples:
                yield Missing(n_samples)

    async def __aiter__(self) -> AsyncIterator[Item]:
        """Yield what arrives, in order; the engine's next request acknowledges it."""
        while True:
            arrival = self._arrivals.take()
            if arrival is None:
                if self.is_stopped and not self._is_waiting(AWAY_S):
                    for item in self._rest():
                        yield item
                    return
                await self._arrivals.wait()
                self._look()
            elif isinstance(arrival, Arrival):
                self._current = arrival
                for item in arrival.items:
                    yield item
                self._take(arrival)
            else:
                yield arrival

    def _look(self) -> None:
        """Report a sender that is away or does not answer, after some time."""
        stream = self.stream
        if stream is None or stream.is_over or self.is_stopped:
            return
        now_s = time.monotonic()
        guest = self._receiver.guest_of(stream)
        is_away = guest is None and now_s - self._away_since_s > AWAY_SAID_S
        is_silent = guest is not None and connection_status.is_silent(guest)
        if (is_away or is_silent) and not self._is_trouble_said:
            keeps = stream.hello.keeps
            away = connection_status.away(self._named, self._left_at, keeps=keeps)
            silent = connection_status.silent(self._named, keeps=keeps)
            self._arrivals.say(Trouble(away if is_away else silent))
        self._is_trouble_said = is_away or is_silent

    def _take(self, arrival: Arrival) -> None:
        """Note that an arrival is recorded, and acknowledge it."""
        stream = arrival.stream
        stream.taken(arrival)
        self._arrivals.took()
        least = stream.format.samples(ACK_S)
        for guest in self._receiver.lines_of(stream):
            if arrival.mended:
                guest.say(Frame(Type.MENDED, stream.mended))
            if stream.recorded != guest.told and (
                not self._arrivals or stream.recorded - guest.told >= least
            ):
                guest.told = stream.recorded
                guest.say(Frame(Type.ACK, stream.recorded))

    # ------------------------------------------------------------------------- the sender's side

    def begins(self, stream: IncomingStream) -> None:
        """A wanted stream begins."""
        self.stream = stream
        stream.pauses = self._between.pauses
        self._streams.append(stream)
        self._name(stream.hello)

    def resumes(self, stream: IncomingStream, hello: Hello) -> bool:
        """Whether a stream continues whose sender has reconnected."""
        if stream.is_over or stream not in self._streams:
            return False
        self.stream = stream
        self._name(hello)
        return True

    def warn(self, problem: Problem) -> None:
        """Report why no sender connects."""
        if not self.is_stopped:
            self._arrivals.say(Trouble(problem))

    def lost(self, stream: IncomingStream) -> None:
        """The sender of a stream has disconnected."""
        if stream is self.stream:
            self._away_since_s = time.monotonic()
            self._left_at = time.strftime("%H:%M:%S")
        self._arrivals.wake()

    def hear(self, guest: SenderConnection, stream: IncomingStream, frame: Frame) -> None:
        """Handle a frame of a stream.

        Raises:
            FrameError: it is not allowed here.
        """
        if frame.type is Type.BYE:
            self._ended(guest, stream)
            return
        self.overruns += frame.type is Type.OVERRUN
        before = stream.next
        arrival = stream.take(frame, time.monotonic())
        self._allow(stream, stream.next - before)
        self._named = stream.hello.name
        if self.is_stopped and frame.type is Type.AUDIO and self._is_after(stream, frame):
            stream.is_over = True
            guest.stream = None
            guest.say(Frame(Type.BYE, stream.recorded))
        elif arrival is not None:
            self._heard_s = time.monotonic()
            self._keep_time(arrival, frame)
            self._arrivals.put(arrival)
        elif frame.n_samples and not self._arrivals:
            guest.say(Frame(Type.ACK, stream.recorded))  # it arrived before
        self._arrivals.wake()

    def _keep_time(self, arrival: Arrival, frame: Frame) -> None:
        """Insert a gap for what nobody captured before the first sound of a stream."""
        for item in arrival.items:
            if isinstance(item, Missing):
                self._n_missing += item.n_samples
                self._between.add_missing(self.format.seconds(item.n_samples))
        if frame.type is not Type.AUDIO or not arrival.items:
            return
        stream = arrival.stream
        end_s = stream.clocks.ours_s(frame.capture_ns / 1e9, self._heard_s)
        start_s = end_s - stream.format.seconds(frame.n_samples)
        n_missing = self.format.samples(self._between.add_sound(stream, start_s, end_s))
        if n_missing:
            self._n_missing += n_missing
            arrival.items.insert(0, Missing(n_missing))

    def _ended(self, guest: SenderConnection, stream: IncomingStream) -> None:
        """The sender has nothing more for this dictation."""
        stream.is_over = True
        guest.stream = None
        if not self.is_stopped:
            self._arrivals.say(Trouble(connection_status.WAITING))
        self._arrivals.wake()

    def _is_after(self, stream: IncomingStream, frame: Frame) -> bool:
        return stream.clocks.earliest_s(frame.capture_ns / 1e9) > self._stopped_s + AFTER_S

    def _allow(self, stream: IncomingStream, n_samples: int) -> None:
        """Limit all streams together: no more sound than the time that has passed plus a spool."""
        self._n_samples += n_samples
        passed_s = time.monotonic() - self._began_s
        if stream.format.seconds(self._n_samples) > passed_s + SPOOLED_S + SLACK_S:
            raise FrameError(f"more sound than {passed_s:.0f} seconds and a spool have")

    async def room(self) -> None:
        """Wait until the engine has taken enough of what has arrived."""
        await self._arrivals.room(lambda: self._receiver.guest_of(self.stream) is not None)

    # ------------------------------------------------------------------------- words

    @property
    def words(self) -> str:
        """See ``RemoteMicSource``."""
        stream = self.stream
        if stream is not None and stream.is_over:
            return self._named if self.is_stopped else connection_status.NOBODY
        guest = self._receiver.guest_of(stream)
        lost_s = self.format.seconds(self._n_missing)
        return connection_status.words(self._named, stream, guest, self._away_since_s, lost_s)

    def _name(self, hello: Hello) -> None:
        was, self._named = self._named, hello.name
        if was != hello.name:
            self._arrivals.say(Named(hello.name, was))
