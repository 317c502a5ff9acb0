"""An app that waits for a microphone, as small as can be: it has what was sent, once, in order.

It announces itself like the real one, keeps to the protocol, and can be told to go away, to hang up
at a certain sample, and to stand still.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from pathlib import Path
from typing import Any, Self

from skdictate.mic_protocol.frames import Decoder, Frame, Type
from skdictate.remote_mic.discovery import announcement
from skdictate.remote_mic.discovery.announcement import Announcement
from skdictate.system.paths import Paths


class Listener:
    """``async with Listener(paths) as app``: an app of this user."""

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self.hellos: list[dict[str, Any]] = []
        self.streams: dict[str, bytearray] = {}
        self.frames: list[Frame] = []
        """Of all connections."""
        self.hang_up_at: list[int] = []
        """At these samples of the stream the connection is cut, before they are taken."""
        self.is_still = False
        """Nothing is taken or answered."""
        self.is_wanting = True
        """A dictation runs."""
        self.busy_with = ""
        """Another microphone, which gives way only if that is asked for."""
        self.n_connections = 0
        self._writer: asyncio.StreamWriter | None = None
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.come()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go()

    async def come(self) -> None:
        """Wait for a microphone."""
        own = secrets.token_hex(8)
        path = announcement.socket_path(self._paths, own)
        self._session = Announcement(own, path, secrets.token_hex(16), 1, "a test", time.time())
        self._server = await asyncio.start_unix_server(self._listen, path)
        self._file: Path | None = announcement.announce(self._session, self._paths)

    async def go(self) -> None:
        """Be killed."""
        if self._file is not None:
            announcement.withdraw(self._file, self._session)
            self._file = None
            self.is_still = False
            self._server.close()
            self.hang_up()
            await self._server.wait_closed()

    def hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()

    def begin(self) -> None:
        """A dictation begins."""
        self.is_wanting = True
        self._accept()

    def end(self) -> None:
        """It has ended; who wants to be heard in the next one begins another stream."""
        self.is_wanting = False
        self.say(Frame(Type.BYE, len(self.pcm) // 2))

    def refuse(self, title: str, detail: str) -> None:
        """Another microphone is listened to."""
        said = {"code": "busy", "title": title, "detail": detail}
        self.say(Frame(Type.TROUBLE, payload=json.dumps(said).encode()))
        assert self._writer is not None
        self._writer.close()

    def say(self, frame: Frame) -> None:
        assert self._writer is not None
        self._writer.write(frame.encode())

    @property
    def pcm(self) -> bytes:
        """Of the last stream."""
        return bytes(self.streams[self.hellos[-1]["stream"]]) if self.hellos else b""

    async def until(self, n_samples: int) -> None:
        """The last stream has that much."""
        async with asyncio.timeout(40), self._changed:
            await self._changed.wait_for(lambda: len(self.pcm) >= 2 * n_samples)

    async def told(self, kind: Type) -> Frame:
        """The last frame of a kind."""
        async with asyncio.timeout(40), self._changed:
            await self._changed.wait_for(lambda: any(it.type is kind for it in self.frames))
        return next(it for it in reversed(self.frames) if it.type is kind)

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = Decoder(is_peer=True)
        stream: bytearray | None = None
        try:
            while data := await reader.read(1 << 16):
                for frame in decoder.feed(data):
                    while self.is_still:
                        await asyncio.sleep(0.01)
                    if frame.type is Type.HELLO:
                        self._writer = writer
                        stream = self._meet(frame, is_first=stream is None)
                    else:
                        assert stream is not None
                        self._take(stream, frame)
                async with self._changed:
                    self._changed.notify_all()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def _meet(self, frame: Frame, *, is_first: bool) -> bytearray:
        said = json.loads(frame.payload)
        assert said.get("token") == (self._session.token if is_first else None)
        self.n_connections += is_first
        self.hellos.append(said)
        if self.busy_with and not said["take_over"]:
            self.refuse("Another microphone is heard there", self.busy_with)
            return bytearray()
        stream = self.streams.setdefault(said["stream"], bytearray())
        assert frame.sample <= len(stream) // 2
        if self.is_wanting:
            self._accept()
        return stream

    def _accept(self) -> None:
        """The stream goes on, or begins."""
        go = self.hellos[-1]["stream"].encode()
        self.say(Frame(Type.ACK, len(self.pcm) // 2, payload=go))

    def _take(self, stream: bytearray, frame: Frame) -> None:
        self.frames.append(frame)
        at = len(stream) // 2
        match frame.type:
            case Type.AUDIO:
                if self.hang_up_at and at >= self.hang_up_at[0]:
                    self.hang_up_at.pop(0)
                    self.hang_up()
                    raise ConnectionAbortedError
                assert frame.sample <= at, f"sample {frame.sample} where {at} was due"
                stream += frame.payload[2 * (at - frame.sample) :]
                self.say(Frame(Type.ACK, len(stream) // 2))
            case Type.PING:
                self.say(Frame(Type.PONG, payload=frame.payload))
            case Type.BYE:
                assert frame.sample == at
