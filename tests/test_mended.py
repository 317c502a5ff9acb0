"""Text from sound that came as Opus, and from what was captured, which came later."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace

import pytest

from skdictate.config import Settings
from skdictate.core.frames import Frame, Type
from skdictate.headless import dictate
from skdictate.library.library import Library
from skdictate.opus import Packer
from skdictate.paths import Paths
from skdictate.studio import Studio
from tests.conftest import Serving
from tests.echo import count, numbers
from tests.line import SOUND, App, Peer, connected, until

PCM = count(1, 20, SOUND, gap_s=0.05, pause_s=0.5, run=10)
PIECE = 640
"""Bytes of 20 ms."""
THIN = 100
"""So many pieces come as Opus first."""


def packed(pcm: bytes) -> list[Frame]:
    """As a line that is too thin for more has it."""
    packer = Packer(SOUND)
    frames, at = [], 0
    for n in range(0, len(pcm), PIECE):
        packet = packer.pack(pcm[n : n + PIECE])
        n_samples = PIECE // 2 - packer.n_ahead * (n == 0)
        frames.append(Frame.opus(at, 0, n_samples, packet, is_first=n == 0))
        at += n_samples
    return frames


async def speak(peer: Peer, app: App) -> None:
    """Thin at first, then whole, and in the end what was thin once more."""
    peer.greet(app.inbox.session.token)
    await peer.hears(Type.ACK)
    thin = packed(PCM[: THIN * PIECE])
    peer.say(*thin)
    for n in range(2 * thin[-1].end, len(PCM), PIECE):
        peer.say(Frame(Type.AUDIO, n // 2, 0, PCM[n : n + PIECE]))
        await asyncio.sleep(0)
    await peer.acked(len(PCM) // 2)


def text(paths: Paths) -> str:
    library = Library(paths.library)
    kept = library.get(1)
    library.close()
    return kept.text if kept is not None else ""


@pytest.mark.parametrize("keeps_audio", [True, False])
async def test_what_was_recognised_from_thin_sound_is_recognised_again_when_that_is_mended(
    paths: Paths, serving: Serving, capsys: pytest.CaptureFixture[str], keeps_audio: bool
) -> None:
    async with serving() as endpoint, App(paths) as app, asyncio.timeout(60):
        settings = Settings(
            endpoint=endpoint.target, plaintext=True, source="remote", keep_audio=keeps_audio
        )
        studio = Studio(settings, paths, {})
        studio.backend.limits = replace(studio.backend.limits, catch_up=float("inf"))
        dictating = asyncio.ensure_future(dictate(studio, [app.reception.source()]))
        await until(lambda: app.reception.is_wanted)
        async with connected(app) as peer:
            await speak(peer, app)
            await until(lambda: text(paths).endswith(" 20"))
            before = text(paths)
            peer.say(Frame(Type.MEND, 0, 0, PCM[: THIN * PIECE // 2]))
            peer.say(Frame(Type.MEND, THIN * PIECE // 4, 0, PCM[THIN * PIECE // 2 : THIN * PIECE]))
            await peer.hears(Type.MENDED, 2)
            os.kill(os.getpid(), signal.SIGTERM)
            await peer.hears(Type.BYE)
            peer.say(Frame(Type.BYE, len(PCM) // 2))
            await dictating
    assert before.split() != [str(n) for n in range(1, 21)], "else there is nothing to be shown"
    assert numbers(text(paths)) == list(range(1, 21))
    assert "recognised again, since their sound came whole only later" in capsys.readouterr().err
    assert any(paths.recordings.glob("*.wav")) is keeps_audio


async def test_where_nobody_speaks_nothing_is_recognised_again(
    paths: Paths, serving: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    pcm = bytes(50 * PIECE)
    async with serving() as endpoint, App(paths) as app, asyncio.timeout(60):
        settings = Settings(endpoint=endpoint.target, plaintext=True, source="remote")
        studio = Studio(settings, paths, {})
        dictating = asyncio.ensure_future(dictate(studio, [app.reception.source()]))
        await until(lambda: app.reception.is_wanted)
        async with connected(app) as peer:
            peer.greet(app.inbox.session.token)
            await peer.hears(Type.ACK)
            frames = packed(pcm)
            peer.say(*frames)
            await peer.acked(frames[-1].end)
            peer.say(Frame(Type.MEND, 0, 0, pcm[: 2 * frames[-1].end]))
            await peer.hears(Type.MENDED)
            os.kill(os.getpid(), signal.SIGTERM)
            await peer.hears(Type.BYE)
            peer.say(Frame(Type.BYE, frames[-1].end))
            await dictating
    assert "recognised again" not in capsys.readouterr().err
