"""Relays between a page and the app, after checking what the page sends.

The page uses the frame protocol itself, so nothing is kept here: the page keeps its sound until the
app has recorded it.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from skdictate.mic_protocol.frames import (
    HEAD_BYTES,
    LONGEST_WORDS,
    PREAMBLE,
    Decoder,
    Frame,
    FrameError,
    Type,
)
from skdictate.remote_mic.discovery.announcement import Announcement
from skdictate.remote_mic.discovery.app_finder import introduce

MESSAGE_LONGEST = len(PREAMBLE) + HEAD_BYTES + LONGEST_WORDS
"""Bytes. Sound comes in frames of 640."""
FACTS = ("v", "stream", "begun", "sender", "rate_hz", "codec", "take_over", "name", "label", "host")
"""The fields that a page may send in its hello."""
FACT_LONGEST = 256
FROM_PAGE = frozenset(
    {
        *(Type.HELLO, Type.AUDIO, Type.MEND, Type.GAP),
        *(Type.TROUBLE, Type.BYE, Type.PING, Type.PONG),
    }
)
READ_BYTES = 1 << 14
DRAIN_S = 5.0
"""Seconds after which an app that accepts nothing counts as hanging."""
GONE = 4000
"""The close code if the app closed the connection or was not reached; the page retries."""
NONSENSE = 1002


async def relay(
    socket: ServerConnection,
    session: Announcement,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Relay until either side closes; closes both."""
    try:
        await socket.send(json.dumps({"event": "open"}))
        async with asyncio.TaskGroup() as group:
            back = group.create_task(_to_page(socket, reader))
            await _to_app(socket, session, writer)
            back.cancel()
    except ConnectionClosed:
        pass
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _to_app(
    socket: ServerConnection, session: Announcement, writer: asyncio.StreamWriter
) -> None:
    """Relay everything from the page, including what it sent just before it closed."""
    is_first = True
    with suppress(OSError, TimeoutError, ConnectionClosed):
        try:
            async for message in socket:
                if isinstance(message, str):
                    continue  # a message for this server that came too late
                writer.write(_introduced(message, session) if is_first else _checked(message))
                is_first = False
                async with asyncio.timeout(DRAIN_S):
                    await writer.drain()
        except FrameError as error:
            await socket.close(NONSENSE, str(error)[:100])


async def _to_page(socket: ServerConnection, reader: asyncio.StreamReader) -> None:
    with suppress(ConnectionClosed):
        with suppress(OSError):
            while data := await reader.read(READ_BYTES):
                await socket.send(data)
        await socket.close(GONE, "the app has ended the connection")


def _introduced(message: bytes, session: Announcement) -> bytes:
    """Add the app's token to the hello that begins the stream.

    Raises:
        FrameError: it is not a hello.
    """
    frames = Decoder(is_peer=True).feed(message)
    if [frame.type for frame in frames] != [Type.HELLO]:
        raise FrameError("it does not begin with a hello")
    return PREAMBLE + introduce(_hello(frames[0]), session).encode()


def _checked(message: bytes) -> bytes:
    """Check that a message is exactly one frame that a page may send.

    Raises:
        FrameError: it is not.
    """
    frames = Decoder(has_preamble=False, is_peer=True).feed(message)
    if len(frames) != 1 or frames[0].type not in FROM_PAGE or frames[0].encode() != message:
        raise FrameError("not one frame that a page may send")
    return _hello(frames[0]).encode() if frames[0].type is Type.HELLO else message


def _hello(frame: Frame) -> Frame:
    """Reduce a hello to the fields that a page may send.

    Raises:
        FrameError: it is malformed.
    """
    try:
        said: Any = json.loads(frame.payload)
    except (ValueError, RecursionError) as error:
        raise FrameError("a hello that is no JSON") from error
    if not isinstance(said, dict):
        raise FrameError("a hello that says nothing")
    facts = {name: _fact(said[name]) for name in FACTS if name in said}
    return Frame(Type.HELLO, frame.sample, payload=json.dumps(facts).encode())


def _fact(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)[:FACT_LONGEST]
