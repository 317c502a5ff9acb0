"""The microphone against a real sound server that is moved, unplugged, frozen and killed."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import wave
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest

from skdictate.audio.continuity import STALL_S, Missing
from skdictate.audio.pcm import Format
from skdictate.errors import Exit, ProblemError
from skdictate.sources.base import Item, Named, Trouble
from skdictate.sources.microphone_source import REPLACE_S, REPORT_S, SUCCESSOR_S, MicSource
from tests.support.sound_server import SoundServer

SOUND = Format(16_000)


pytestmark = pytest.mark.usefixtures("address")


@dataclass
class Listener:
    """Takes all that a source gives, as the engine does."""

    source: MicSource
    items: list[Item] = field(default_factory=list)

    async def run(self) -> None:
        async with self.source:
            async for item in self.source:
                self.items.append(item)

    async def until(self, is_it: Callable[[], object], longest_s: float = 20) -> None:
        async with asyncio.timeout(longest_s):
            while not is_it():
                await asyncio.sleep(0.02)

    @property
    def pcm(self) -> bytes:
        return b"".join(item for item in self.items if isinstance(item, bytes))

    @property
    def heard_s(self) -> float:
        return SOUND.seconds(len(self.pcm) // 2)

    @property
    def missing_s(self) -> float:
        missing = (item.n_samples for item in self.items if isinstance(item, Missing))
        return SOUND.seconds(sum(missing))

    @property
    def names(self) -> list[str]:
        return [item.name for item in self.items if isinstance(item, Named)]

    @property
    def troubles(self) -> list[str]:
        return [item.problem.title for item in self.items if isinstance(item, Trouble)]

    async def hears_more(self, seconds: float = 0.5) -> None:
        wanted_s = self.heard_s + seconds
        await self.until(lambda: self.heard_s >= wanted_s)


class Clock:
    """How much of the time inside was not heard."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.passed_s = self.unheard_s = 0.0

    async def __aenter__(self) -> Self:
        self._begun_s = time.monotonic() - self._listener.heard_s
        return self

    async def __aexit__(self, *_: object) -> None:
        self.passed_s = time.monotonic() - self._begun_s
        self.unheard_s = self.passed_s - self._listener.heard_s


@asynccontextmanager
async def listening(device: str = "", **options: Any) -> AsyncIterator[Listener]:
    """A microphone that is heard until the end of the block."""
    listener = Listener(MicSource(device, SOUND, **options))
    running = asyncio.ensure_future(listener.run())
    try:
        await listener.until(lambda: listener.heard_s > 0.3 or running.done())
        yield listener
        listener.source.stop()
        async with asyncio.timeout(5):
            await running
    finally:
        running.cancel()


def tone(path: Path, *frequencies: int, rate_hz: int = 16_000, seconds: float = 3.0) -> Path:
    """A tone for each channel."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    waves = [np.sin(2 * np.pi * hz * times) * 8000 for hz in frequencies]
    with wave.open(str(path), "wb") as file:
        file.setparams((len(frequencies), 2, rate_hz, 0, "NONE", ""))
        file.writeframes(np.stack(waves, axis=1).astype("<i2").tobytes())
    return path


def strength(pcm: bytes, hz: int) -> float:
    """How much of a tone there is, as an amplitude."""
    samples = np.frombuffer(pcm, "<i2").astype(float)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) / len(samples) * 4
    at = round(hz * len(samples) / SOUND.rate_hz)
    return float(spectrum[at - 5 : at + 6].max())


async def test_what_is_played_is_what_is_heard_to_the_bit(
    server: SoundServer, beckett: Path, tmp_path: Path
) -> None:
    played = tone(tmp_path / "a.wav", 440, seconds=2.0)
    with wave.open(str(played)) as file:
        expected = file.readframes(file.getnframes())
    async with listening() as listener:
        player = server.play(played, latency_ms=1000)
        await listener.until(lambda: player.poll() is not None)
        await listener.hears_more()
    assert expected in listener.pcm
    assert listener.names == ["Monitor of Desk"]
    assert listener.source.name == "Monitor of Desk"
    assert listener.missing_s == 0
    assert listener.source.overruns == 0
    assert listener.troubles == []


@pytest.mark.parametrize(
    ("device", "expected"),
    [
        ("headset.monitor", "Headset"),
        ("Monitor of Headset", "Headset"),
        ("hEADset", "Headset"),
        ("2", "Headset"),
        ("1", "Desk"),
    ],
)
async def test_a_microphone_is_found_by_name_part_or_number(device: str, expected: str) -> None:
    async with listening(device) as listener:
        pass
    assert listener.names == [f"Monitor of {expected}"]


@pytest.mark.parametrize(
    ("device", "title", "words"),
    [
        (
            "telephone",
            "There is no such microphone",
            "'telephone'; there are: Monitor of Desk, Mon",
        ),
        ("monitor", "Which microphone?", "'monitor' may be Monitor of Desk (desk.monitor), "),
        ("0", "There is no such microphone", "'0'"),
        ("3", "There is no such microphone", "'3'"),
    ],
)
async def test_a_microphone_that_is_not_there_is_not_replaced_by_another(
    device: str, title: str, words: str
) -> None:
    listener = Listener(MicSource(device, SOUND))
    with pytest.raises(ProblemError, match=title[:-1]) as caught:
        await listener.run()
    assert words in caught.value.problem.detail
    assert caught.value.problem.exit_code is Exit.MICROPHONE


async def test_a_remembered_one_that_is_not_there_is_replaced_and_that_is_said() -> None:
    async with listening("telephone", is_required=False) as listener:
        pass
    assert listener.troubles == ["There is no such microphone"]
    assert listener.names == ["Monitor of Desk"]


@pytest.mark.parametrize(
    ("channel", "left", "right"), [(0, 4000, 4000), (1, 8000, 0), (2, 0, 8000)]
)
async def test_stereo_is_mixed_or_a_channel_is_chosen(
    server: SoundServer, tmp_path: Path, channel: int, left: float, right: float
) -> None:
    async with listening("headset", channel=channel) as listener:
        played = tone(tmp_path / "a.wav", 500, 1500, rate_hz=48_000, seconds=5.0)
        server.play(played, "headset", latency_ms=500)
        await listener.hears_more(3.5)
    heard = listener.pcm[-SOUND.size_bytes(SOUND.samples(1.0)) :]
    assert strength(heard, 500) == pytest.approx(left, rel=0.05, abs=100)
    assert strength(heard, 1500) == pytest.approx(right, rel=0.05, abs=100)


async def test_switching_goes_on_with_another_and_names_it() -> None:
    async with listening("desk") as listener, Clock(listener) as clock:
        listener.source.switch("headset")
        await listener.until(lambda: len(listener.names) == 2)
        await listener.hears_more()
    assert listener.names == ["Monitor of Desk", "Monitor of Headset"]
    assert listener.troubles == []
    assert listener.missing_s == 0
    assert listener.heard_s == pytest.approx(clock.passed_s, abs=0.3)


async def test_switching_again_and_again_ends_with_the_last_one_and_leaves_nothing() -> None:
    async with listening("desk") as listener:
        for device in ("headset", "desk", "headset", "desk", "headset"):
            listener.source.switch(device)
            await asyncio.sleep(0.05)
        await listener.hears_more(2.0)
        assert listener.names[-1] == "Monitor of Headset"
        listener.source.switch("desk")
        await asyncio.sleep(0.02)
    assert listener.missing_s == 0


async def test_switching_to_one_that_is_not_there_falls_back_to_the_default() -> None:
    async with listening("headset") as listener:
        listener.source.switch("telephone")
        await listener.until(lambda: len(listener.names) == 2)
        await listener.hears_more()
    assert listener.names == ["Monitor of Headset", "Monitor of Desk"]
    assert listener.troubles == ["There is no such microphone"]
    assert listener.missing_s < 1


async def test_a_stream_that_the_server_moves_is_noticed(server: SoundServer) -> None:
    async with listening("desk") as listener:
        server.move_streams_to("headset")
        await listener.until(lambda: len(listener.names) == 2, 5)
    assert Named("Monitor of Headset", "Monitor of Desk") in listener.items
    assert listener.missing_s == 0


async def test_an_unplugged_microphone_is_replaced_by_the_default_one(server: SoundServer) -> None:
    server.plug("usb", "Yeti")
    async with listening("yeti") as listener:
        server.unplug("usb")
        await listener.until(lambda: len(listener.names) == 2)
        await listener.hears_more(1.0)
    assert listener.names == ["Monitor of Yeti", "Monitor of Desk"]
    assert listener.missing_s < 0.3, "the server itself gave us another one"


async def test_when_all_are_unplugged_the_next_one_that_is_plugged_in_is_heard(
    server: SoundServer,
) -> None:
    async with listening("desk") as listener, Clock(listener) as clock:
        server.unplug("desk")
        server.unplug("headset")
        await listener.until(lambda: listener.troubles)
        await asyncio.sleep(1.5)
        server.plug("usb", "Yeti")
        await listener.until(lambda: len(listener.names) == 2)
        await listener.hears_more(1.0)
    server.kill()
    server.start()
    assert listener.names == ["Monitor of Desk", "Monitor of Yeti"]
    assert listener.missing_s == pytest.approx(clock.unheard_s, abs=0.3)


async def test_a_killed_server_is_waited_for(server: SoundServer) -> None:
    async with listening() as listener, Clock(listener) as clock:
        server.kill()
        await listener.until(lambda: listener.troubles)
        await asyncio.sleep(2)
        server.start()
        await listener.hears_more(1.0)
    assert listener.missing_s == pytest.approx(clock.unheard_s, abs=0.3)


@pytest.mark.parametrize("frozen_s", [1.0, REPLACE_S + 3])
async def test_a_server_that_stands_still_is_waited_for(
    server: SoundServer, frozen_s: float
) -> None:
    async with listening() as listener, Clock(listener) as clock:
        server.freeze()
        await asyncio.sleep(frozen_s)
        server.thaw()
        await listener.hears_more(1.5)
    assert listener.missing_s == pytest.approx(clock.unheard_s, abs=0.3)
    assert bool(listener.troubles) == (frozen_s > 2)


def capturing(listener: Listener) -> int:
    """The process that is heard."""
    process = listener.source._process
    assert process is not None and process._running is not None
    return process._running.pid


async def ready(listener: Listener) -> int:
    """The process that waits to take its place."""
    await listener.until(lambda: listener.source._standby.is_ready)
    await listener.hears_more(0.2)  # what is waited for next is waited for with that in mind
    process = listener.source._standby._process
    assert process is not None and process._running is not None
    return process._running.pid


async def test_a_process_that_is_killed_is_replaced_by_one_that_is_ready() -> None:
    async with listening("headset") as listener:
        for _ in range(2):
            spare = await ready(listener)
            os.kill(capturing(listener), signal.SIGKILL)
            await listener.until(lambda spare=spare: capturing(listener) == spare)  # type: ignore[misc]
            await listener.hears_more(1.0)
    assert listener.names == ["Monitor of Headset"], "it was not to blame"
    assert listener.troubles == ["The microphone's process failed"] * 2
    assert listener.missing_s < REPORT_S


async def test_a_process_that_stands_still_is_replaced_by_one_that_began_meanwhile() -> None:
    async with listening() as listener:
        spare = await ready(listener)
        stopped = capturing(listener)
        os.kill(stopped, signal.SIGSTOP)
        await listener.until(lambda: capturing(listener) == spare)
        assert not Path(f"/proc/{stopped}").exists()
        await listener.hears_more(1.0)
    assert listener.troubles == ["No sound arrives"]
    assert SUCCESSOR_S - STALL_S < listener.missing_s < REPORT_S, "the other one had begun before"


async def test_a_process_that_stood_still_for_a_moment_goes_on_and_loses_nothing() -> None:
    async with listening() as listener:
        await ready(listener)
        heard = capturing(listener)
        os.kill(heard, signal.SIGSTOP)
        await listener.until(lambda: listener.source._successor)
        os.kill(heard, signal.SIGCONT)
        await listener.hears_more(1.5)
        assert capturing(listener) == heard
        assert listener.source._successor is None
    assert listener.troubles == []
    assert listener.missing_s == 0


async def test_one_that_waits_and_is_killed_is_replaced_and_none_is_left() -> None:
    async with listening() as listener:
        spare = await ready(listener)
        os.kill(spare, signal.SIGKILL)
        await listener.until(lambda: not listener.source._standby.is_ready)
        another = await ready(listener)
        assert another != spare
    assert listener.troubles == []
    assert not Path(f"/proc/{another}").exists()


async def test_stopping_in_an_outage_keeps_its_length(server: SoundServer) -> None:
    async with listening() as listener:
        server.kill()
        await listener.until(lambda: listener.troubles)
        await asyncio.sleep(1)
        listener.source.stop()
        await listener.until(lambda: listener.missing_s)
    server.start()
    assert listener.missing_s > 0.9
