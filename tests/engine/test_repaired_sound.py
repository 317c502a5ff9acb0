"""Text from sound that came as Opus, and from what was captured, which came later."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from skdictate.app.factory import Factory
from skdictate.app.reprocess_queue import Reprocessed
from skdictate.app.worker_events import Began, Ended, Ready
from skdictate.audio.opus import OpusEncoder
from skdictate.cli.headless import dictate
from skdictate.library.library import Library
from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.discovery import app_finder
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from skdictate.tui.messages import ReprocessMessage
from skdictate.tui.past_dictations import PastDictations
from tests.app.test_worker import Screen
from tests.conftest import Serving
from tests.support.mic_line import SOUND, App, Peer, connected, until
from tests.support.number_recogniser import count, numbers

if TYPE_CHECKING:
    from skdictate.tui.host import Host

PCM = count(1, 20, SOUND, gap_s=0.05, pause_s=0.5, run=10)
PIECE = 640
"""Bytes of 20 ms."""
THIN = 100
"""So many pieces come as Opus first."""


def packed(pcm: bytes) -> list[Frame]:
    """As a line that is too thin for more has it."""
    packer = OpusEncoder(SOUND)
    frames, at = [], 0
    for n in range(0, len(pcm), PIECE):
        packet = packer.pack(pcm[n : n + PIECE])
        n_samples = PIECE // 2 - packer.n_ahead * (n == 0)
        frames.append(Frame.opus(at, 0, n_samples, packet, is_first=n == 0))
        at += n_samples
    return frames


async def speak(peer: Peer, token: str) -> None:
    """Thin at first, then whole."""
    peer.greet(token)
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
        factory = Factory(settings, paths, {})
        factory.backend.limits = replace(factory.backend.limits, catch_up=float("inf"))
        dictating = asyncio.ensure_future(dictate(factory, [app.receiver.source()]))
        await until(lambda: app.receiver.is_wanted)
        async with connected(app) as peer:
            await speak(peer, app.inbox.session.token)
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
    assert "recognised again because missing sound arrived late" in capsys.readouterr().err
    assert any(paths.recordings.glob("*.wav")) is keeps_audio


async def test_where_nobody_speaks_nothing_is_recognised_again(
    paths: Paths, serving: Serving, capsys: pytest.CaptureFixture[str]
) -> None:
    pcm = bytes(50 * PIECE)
    async with serving() as endpoint, App(paths) as app, asyncio.timeout(60):
        settings = Settings(endpoint=endpoint.target, plaintext=True, source="remote")
        factory = Factory(settings, paths, {})
        dictating = asyncio.ensure_future(dictate(factory, [app.receiver.source()]))
        await until(lambda: app.receiver.is_wanted)
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


class AppOfNothing:
    """What ``PastDictations`` needs of the app to give an order."""

    def __init__(self, settings: Settings, paths: Paths) -> None:
        self.settings = settings
        self.paths = paths
        self.next_dictation = self

    def factory_for(self, settings: Settings) -> Factory:
        return Factory(settings, self.paths, {})

    def post_message(self, message: ReprocessMessage) -> None:
        self.word = message.word


async def test_the_app_keeps_the_sound_for_that_and_orders_it_in_its_back_room(
    paths: Paths, serving: Serving
) -> None:
    async with serving() as endpoint, asyncio.timeout(60):
        settings = Settings(
            endpoint=endpoint.target, plaintext=True, source="remote", keep_audio=False
        )
        screen = Screen(settings, paths)
        screen.worker.start()
        await asyncio.to_thread(screen.next, Ready)
        screen.worker.begin()
        await asyncio.to_thread(screen.next, Began)
        session = app_finder.find(paths)
        peer = Peer(*await app_finder.reach(session))
        listening = asyncio.ensure_future(peer.listen())
        await speak(peer, session.token)
        await until(lambda: text(paths).endswith(" 20"))
        peer.say(Frame(Type.MEND, 0, 0, PCM[: THIN * PIECE]))
        await peer.hears(Type.MENDED)
        screen.worker.stop()
        await peer.hears(Type.BYE)
        peer.say(Frame(Type.BYE, len(PCM) // 2))
        ended = await asyncio.to_thread(screen.next, Ended)
        await asyncio.to_thread(screen.worker.close, 5)
        peer.hang_up()
        await listening
        assert [start for start, _ in ended.outcome.repaired] == [0]
        assert any(paths.recordings.glob("*.wav"))
        app = AppOfNothing(settings, paths)
        past = PastDictations(cast("Host", app), app.next_dictation.factory_for)
        past.recognise_again(1, ended.outcome.repaired)
        await until(lambda: hasattr(app, "word"))
        assert isinstance(app.word, Reprocessed)
    assert numbers(text(paths)) == list(range(1, 21))
    assert not any(paths.recordings.glob("*.wav"))


def test_where_nothing_was_mended_nothing_is_ordered(paths: Paths) -> None:
    app = AppOfNothing(Settings(), paths)
    past = PastDictations(cast("Host", app), app.next_dictation.factory_for)
    past.recognise_again(1, ())
    assert not past.reprocess_queue.is_busy
