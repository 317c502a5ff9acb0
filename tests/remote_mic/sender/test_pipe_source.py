from __future__ import annotations

import asyncio
import os
import struct
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skdictate.audio.pcm import Format
from skdictate.errors import ProblemError
from skdictate.remote_mic.sender import pipe_source as module
from skdictate.remote_mic.sender.pipe_source import FORMS, PcmForm, Pipe
from skdictate.remote_mic.sender.sender import Sender
from skdictate.system.paths import Paths
from tests.support.mic_line import SOUND, App, spoken, until
from tests.support.tunnel import Tunnel


class Recorder:
    """Somebody who prints into a pipe."""

    def __init__(self, form: PcmForm, head: bytes = b"") -> None:
        read_fd, self._fd = os.pipe()
        self.read_fd = read_fd
        self.pipe = Pipe(read_fd, head, form, SOUND)
        self.is_told = False
        self.pipe.on_end = self._end

    def _end(self) -> None:
        self.is_told = True

    def write(self, data: bytes) -> None:
        os.write(self._fd, data)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


@asynccontextmanager
async def recorder(form: PcmForm | None = None, head: bytes = b"") -> AsyncIterator[Recorder]:
    it = Recorder(form or PcmForm(), head)
    it.pipe.start()
    try:
        yield it
    finally:
        it.close()
        await until(lambda: it.pipe.is_ended)
        os.close(it.read_fd)


async def heard(it: Recorder) -> bytes:
    """Everything until the end."""
    taken = b""
    async with it.pipe.source() as source:
        async for item in source:
            assert isinstance(item, bytes)
            taken += item
    return taken


async def test_until_it_is_known_whether_somebody_listens_it_is_held() -> None:
    async with recorder(head=spoken(0, 2)) as it:
        it.write(spoken(2, 1000))
        await asyncio.sleep(0.05)
        it.close()
        assert await heard(it) == spoken(0, 1002)
        assert not it.is_told


async def test_what_nobody_wants_is_forgotten_and_the_end_is_told() -> None:
    async with recorder() as it:
        it.write(spoken(0, 1000))
        await asyncio.sleep(0.05)
        it.pipe.forget()
        it.write(spoken(1000, 1000))
        await asyncio.sleep(0.05)
        source = it.pipe.source()
        async with source:
            it.write(spoken(2000, 1000))
            block = await anext(aiter(source))
            assert block == spoken(2000, 1000)
            source.stop()
        it.write(spoken(3000, 1000))
        it.close()
        await until(lambda: it.is_told)


async def test_a_pipe_that_ends_before_anybody_wanted_it_is_told_once_that_is_known() -> None:
    async with recorder() as it:
        it.write(spoken(0, 10))
        it.close()
        await until(lambda: it.pipe.is_ended)
        assert not it.is_told
        it.pipe.forget()
        assert it.is_told


async def test_no_more_is_held_than_makes_sense(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HELD_S", 0.1)
    async with recorder() as it:
        writing = asyncio.ensure_future(asyncio.to_thread(it.write, spoken(0, 100_000)))
        await asyncio.sleep(0.2)
        assert it.pipe._held is not None
        assert sum(map(len, it.pipe._held)) < 20_000
        taking = asyncio.ensure_future(heard(it))
        await writing
        it.close()
        assert await taking == spoken(0, 100_000)


ENCODED: dict[str, Callable[[Any], bytes]] = {
    "u8": lambda samples: (samples // 256 + 128).astype("u1").tobytes(),
    "s16le": lambda samples: samples.astype("<i2").tobytes(),
    "s24le": lambda samples: b"".join(struct.pack("<i", s * 256)[:3] for s in samples.tolist()),
    "s32le": lambda samples: (samples.astype("<i8") * 65536).astype("<i4").tobytes(),
    "f32le": lambda samples: (samples / 32768).astype("<f4").tobytes(),
}


@pytest.mark.parametrize("name", FORMS)
async def test_all_that_recorders_print_is_read(name: str) -> None:
    times = np.arange(16_000) / 16_000
    samples = np.rint(10_000 * np.sin(2 * np.pi * 440 * times)).astype(int)
    stereo = np.repeat(samples, 2)
    async with recorder(PcmForm(16_000, 2, name)) as it:
        data = ENCODED[name](stereo)
        writing = asyncio.ensure_future(asyncio.to_thread(it.write, data[:9] + data[9:]))
        taking = asyncio.ensure_future(heard(it))
        await writing
        it.close()
        got = np.frombuffer(await taking, "<i2").astype(int)
    assert len(got) == len(samples)
    assert np.abs(got - samples).max() <= (256 if name == "u8" else 1)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000])
async def test_another_rate_has_the_same_length_in_the_end(rate_hz: int) -> None:
    async with recorder(PcmForm(rate_hz)) as it:
        writing = asyncio.ensure_future(asyncio.to_thread(it.write, bytes(2 * rate_hz)))
        taking = asyncio.ensure_future(heard(it))
        await writing
        it.close()
        assert len(await taking) // 2 == pytest.approx(16_000, abs=2)


@pytest.mark.parametrize("form", [PcmForm(), PcmForm(44_100, 2)])
async def test_a_wav_says_itself_what_it_is(tmp_path: Path, form: PcmForm) -> None:
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(spoken(0, 5000))
    async with recorder(form, path.read_bytes()[:7]) as it:
        it.write(path.read_bytes()[7:])
        it.close()
        assert await heard(it) == spoken(0, 5000)


async def test_a_wav_that_is_none_is_a_problem_of_whoever_listens() -> None:
    async with recorder(PcmForm(16_000), b"RIFFnonsense") as it:
        it.close()
        with pytest.raises(ProblemError, match="Standard input is no sound"):
            await heard(it)


def test_formats_are_those_of_the_command() -> None:
    assert PcmForm().rate_hz == SOUND.rate_hz == Format(16_000).rate_hz
    assert list(FORMS) == list(ENCODED)


async def test_what_was_spoken_before_a_dictation_does_not_open_it(
    paths: Paths, tmp_path: Path
) -> None:
    async with App(paths) as app, recorder() as it:
        tunnel = Tunnel(app)
        sender = Sender(it.pipe.source, tunnel, tmp_path, sound=SOUND, label="Tape")
        running = asyncio.ensure_future(sender.run())
        await until(lambda: app.receiver.is_attached)
        for n in range(3):
            it.write(spoken(960 * n, 960))
            await asyncio.sleep(0.05)
        app.begin()
        await until(lambda: sender.report.is_capturing)
        await asyncio.sleep(0.2)
        it.write(spoken(2880, 960))
        await until(lambda: app.n_recorded)
        sender.finish()
        await running
        await app.end()
        assert bytes(app.recording) == spoken(2880, 960)
        assert app.missing == []


async def test_a_file_was_captured_at_no_time_that_matters(paths: Paths, tmp_path: Path) -> None:
    pcm = spoken(0, 60_000)
    async with App(paths) as app, recorder() as it:
        await asyncio.to_thread(it.write, pcm)
        await asyncio.sleep(0.05)
        sender = Sender(it.pipe.source, Tunnel(app), tmp_path, sound=SOUND, label="Tape")
        running = asyncio.ensure_future(sender.run())
        await until(lambda: app.receiver.is_attached)
        app.begin()
        it.close()
        await running
        await app.end()
        assert bytes(app.recording) == pcm
