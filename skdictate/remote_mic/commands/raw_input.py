"""``mic in`` for raw sound from any recorder: this process acts as its sender."""

from __future__ import annotations

import argparse
import asyncio

from skdictate.audio.pcm import Format
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.remote_mic.sender.pipe_source import PcmForm, Pipe
from skdictate.remote_mic.sender.sender import Sender
from skdictate.remote_mic.sender.sender_console import bring
from skdictate.remote_mic.sender.transport import SocketTransport
from skdictate.system.paths import Paths
from skdictate.text.clean_text import clean

SOUND = Format(16_000)
LOWEST_HZ, HIGHEST_HZ = 4_000, 384_000
MOST_CHANNELS = 32
WANTED_S = 1.0
"""Seconds within which an app that wants the sound at once asks for it."""


def take_raw(parsed: argparse.Namespace, paths: Paths, head: bytes) -> Exit:
    """Send sound from standard input until it ends; ``head`` was read from it already.

    Raises:
        ProblemError: no app waits for a microphone, or the input is not sound.
    """
    if not head:
        raise ProblemError(_wrong("It ended before it began"))
    if not LOWEST_HZ <= parsed.rate <= HIGHEST_HZ or not 1 <= parsed.channels <= MOST_CHANNELS:
        raise ProblemError(_wrong(f"--rate {parsed.rate}, --channels {parsed.channels}"))
    form = PcmForm(parsed.rate, parsed.channels, parsed.format)
    return asyncio.run(_take(parsed, paths, Pipe(0, head, form, SOUND)))


async def _take(parsed: argparse.Namespace, paths: Paths, pipe: Pipe) -> Exit:
    sender = Sender(
        pipe.source,
        SocketTransport(paths, parsed.session),
        paths.data / "unsent",
        sound=SOUND,
        label=clean(parsed.label) or "microphone",
        takes_over=parsed.take_over,
        is_patient=False,
    )
    pipe.on_end = sender.finish
    pipe.start()
    loop = asyncio.get_running_loop()
    sender.on_connected = lambda: loop.call_later(WANTED_S, pipe.forget)
    code = await bring(sender)
    if pipe.problem is not None:
        raise ProblemError(pipe.problem)
    return code


def _wrong(detail: str) -> Problem:
    hint = "Send 16-bit WAV, or raw sound; --rate, --channels and --format say which."
    return Problem(Kind.USAGE, "Standard input is no sound", detail, hint, is_permanent=True)
