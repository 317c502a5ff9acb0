"""Receives the microphone of another machine, one sender at a time.

The sound of one sender for one dictation is a stream. A sender that reconnects continues its stream
where the recording ends, starting with what it kept meanwhile. It may open a second connection when
it doubts the first: then both are read, and it gets every frame on both, until sound on the newer
one shows that it has abandoned the other.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import time
from collections import OrderedDict

from skdictate.audio.pcm import Format
from skdictate.errors import Problem
from skdictate.mic_protocol.frames import Frame, FrameError, Type
from skdictate.remote_mic.receiver import connection_status
from skdictate.remote_mic.receiver.connection_set import ConnectionSet
from skdictate.remote_mic.receiver.incoming_stream import Hello, IncomingStream
from skdictate.remote_mic.receiver.remote_source import RemoteSource
from skdictate.remote_mic.receiver.sender_connection import RefusedError, SenderConnection, refused

HELLO_S = 10.0
"""Seconds within which a sender has to introduce itself."""
ALIVE_S = 3.0
"""Seconds of silence after which a sender may be replaced by another one."""
REMEMBERED = 16
"""How many streams are remembered, so that their senders can continue them."""


class Receiver:
    """Lives as long as the app; ``source`` makes the source of one dictation."""

    def __init__(self, sound: Format) -> None:
        self.id = secrets.token_hex(16)
        """The id of the app, by which senders find it again."""
        self.format = sound
        self._party = ConnectionSet()
        self.problem: Problem | None = None
        """Why no sender connects, if that is known."""
        self._take: RemoteSource | None = None
        self._streams: OrderedDict[str, IncomingStream] = OrderedDict()

    # ------------------------------------------------------------------------- the app's side

    def source(self) -> RemoteSource:
        """The source of one dictation."""
        return RemoteSource(self)

    @property
    def is_attached(self) -> bool:
        """Whether a sender is connected."""
        return bool(self._party.lines)

    @property
    def name(self) -> str:
        """The name of the sender's microphone; empty if there is none."""
        guest = self._party.newest
        return guest.hello.name if guest is not None and guest.hello is not None else ""

    @property
    def is_wanted(self) -> bool:
        """Whether a dictation wants sound."""
        return self._take is not None

    def tell(self, problem: Problem | None) -> None:
        """Report why no sender connects; None when that is over."""
        self.problem = problem
        if problem is not None and self._take is not None:
            self._take.warn(problem)

    @property
    def words(self) -> str:
        """The status for the screen."""
        if self._take is not None:
            return self._take.words
        if not self.is_attached and self.problem is not None:
            return self.problem.title
        return (
            connection_status.ready(self.name, self._party.newest)
            if self.is_attached
            else connection_status.NOBODY
        )

    # ------------------------------------------------------------------------- senders

    async def receive(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        token: str = "",
        *,
        has_preamble: bool = True,
    ) -> None:
        """Serve one connection to its end; a sender has to show ``token`` if there is one.

        Without ``has_preamble``, the preamble was read already.
        """
        guest = SenderConnection(reader, writer, has_preamble=has_preamble, app=self.id)
        try:
            await self._attend(guest, token)
        except RefusedError as error:
            guest.refuse(error)
        except FrameError as error:
            guest.refuse(refused("protocol", "What was sent cannot be", str(error)))
        except asyncio.CancelledError:
            guest.refuse(refused("session", "The app was closed"))
            raise
        except (OSError, EOFError, TimeoutError):
            pass
        finally:
            self._left(guest)
            await guest.close()

    async def _attend(self, guest: SenderConnection, token: str) -> None:
        async with asyncio.timeout(HELLO_S):
            frame = await guest.first()
        hello = Hello.of(frame)
        shown = hello.token.encode(errors="replace")
        if token and not hmac.compare_digest(shown, token.encode()):
            raise refused("stranger", "This app does not know you", "The token is another one")
        if not hello.is_probe:
            self._seat(guest, hello)
            guest.ask()
            self._meet(guest, hello, frame.sample)
        while True:
            for frame in await guest.read():
                self._hear(guest, frame)
            if self._take is not None:
                await self._take.room()

    def _seat(self, guest: SenderConnection, hello: Hello) -> None:
        """Accept one sender at a time; a sender that reconnects keeps its place."""
        seated = self._party.newest
        if seated is not None and seated.hello is not None:
            is_same = hello.stream == seated.hello.stream or (
                hello.sender and hello.sender == seated.hello.sender
            )
            is_alive = time.monotonic() - self._party.heard_s < ALIVE_S
            if is_alive and not is_same and not hello.takes_over:
                raise refused(
                    "busy",
                    "Another microphone is heard there",
                    seated.hello.name,
                    "Stop that one, or take its place with --take-over.",
                )
            if not is_same:
                told = refused("busy", "Another microphone has taken over", hello.name)
                for it in self._party.lines:
                    it.refuse(told)
                self._leave(list(self._party.lines))
        self._leave(self._party.join(guest))

    def _leave(self, lines: list[SenderConnection]) -> None:
        """Close connections that are not used any more."""
        for it in lines:
            self._left(it)
            it.leave()

    def _meet(self, guest: SenderConnection, hello: Hello, start: int) -> None:
        """Handle a hello: its stream continues, or begins when a dictation wants it."""
        self._abandon(guest, hello)
        guest.hello, guest.start, guest.told = hello, start, -1
        known = self._streams.get(hello.stream)
        if known is None and hello.is_begun:
            guest.stream = None
            guest.say(Frame(Type.BYE, start))  # it belongs to a dictation of another app
        elif known is None:
            guest.stream = None
            self.begin()
        elif self._take is not None and self._take.resumes(known, hello):
            guest.stream = known
            self._go(guest, known)
        else:
            guest.say(Frame(Type.BYE, known.recorded))
            guest.stream = None

    def _abandon(self, guest: SenderConnection, hello: Hello) -> None:
        """A sender that begins a new stream has nothing more of the old one."""
        before = self._take.stream if self._take is not None else None
        if before is not None and before.hello.stream != hello.stream:
            is_same = bool(hello.sender) and hello.sender == before.hello.sender
            if is_same or guest.stream is before:
                before.is_over = True

    def _hear(self, guest: SenderConnection, frame: Frame) -> None:
        match frame.type:
            case Type.PING:
                guest.say(Frame.pong(frame, time.monotonic_ns()))
            case Type.PONG:
                guest.answered(frame)
            case Type.HELLO if guest not in self._party.lines:
                raise FrameError("a hello of somebody who is not listened to")
            case Type.HELLO if (hello := Hello.of(frame)).stream != guest.stream_id:
                self._leave(self._party.others(guest, hello.stream))
                self._meet(guest, hello, frame.sample)
            case _:
                if guest.stream is not None and self._take is not None:
                    self._take.hear(guest, guest.stream, frame)
                    self._leave(self._party.elders(guest, frame.type))

    def _left(self, guest: SenderConnection) -> None:
        stream, guest.stream = guest.stream, None
        self._party.leave(guest)
        if stream is not None and self._take is not None and not self._party.of(stream):
            self._take.lost(stream)

    # ------------------------------------------------------------------------- takes

    def begin(self, take: RemoteSource | None = None) -> None:
        """Start a stream for a dictation: for a new one, or because a sender has connected."""
        self._take = take or self._take
        guest = self._party.newest
        if self._take is None or self._take.is_stopped or guest is None or guest.stream is not None:
            return
        hello = guest.hello
        assert hello is not None
        if hello.is_begun or hello.stream in self._streams:
            return  # it belongs to another dictation, and the sender has to begin a new stream
        stream = IncomingStream(hello, guest.start, self.format, time.monotonic())
        self._streams[hello.stream] = stream
        while len(self._streams) > REMEMBERED:
            self._streams.popitem(last=False)
        self._take.begins(stream)
        for it in self._party.lines:
            if it.stream_id == hello.stream:
                it.stream = stream
                if it.answer is not None:
                    stream.clocks.add_answer(it.answer)
                self._go(it, stream)

    def end(self, take: RemoteSource) -> None:
        """End the stream of a dictation."""
        if self._take is take:
            self._take = None
            if take.stream is not None and not take.stream.is_over:
                take.stream.is_over = True
                self.say(Frame(Type.BYE, take.stream.recorded))
            for it in self._party.lines:
                it.stream = None

    def lines_of(self, stream: IncomingStream | None) -> list[SenderConnection]:
        """The connections that carry a stream."""
        return self._party.of(stream)

    def guest_of(self, stream: IncomingStream | None) -> SenderConnection | None:
        """The connection of a stream that something arrived on last; None if it has none."""
        return max(self.lines_of(stream), key=lambda it: it.heard_s, default=None)

    def say(self, *frames: Frame) -> None:
        """Send frames to the sender."""
        self._party.say(*frames)

    def _go(self, guest: SenderConnection, stream: IncomingStream) -> None:
        guest.told = stream.recorded
        # or a late acknowledgement of another stream could be taken for this
        go = stream.hello.stream.encode()
        guest.say(Frame(Type.ACK, stream.recorded, payload=go))
        guest.ask()
        assert self._take is not None
        if self._take.is_stopped:
            guest.say(Frame(Type.BYE, stream.recorded))
        elif self._take.is_paused:
            guest.say(Frame(Type.PAUSE))
