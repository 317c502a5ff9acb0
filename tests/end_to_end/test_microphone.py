"""From a microphone of a real sound server to the text, through every part of the program."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from skdictate.errors import Exit
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.system.paths import Paths
from tests.support.command import run, start
from tests.support.sound_server import SoundServer
from tests.support.speech import Errors

Event = dict[str, Any]


pytestmark = pytest.mark.usefixtures("address")


@dataclass
class Listen:
    """``skdictate listen --format json`` while it runs."""

    process: asyncio.subprocess.Process
    events: list[Event] = field(default_factory=list)

    async def read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.events.append(json.loads(line))

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event["event"] == kind]

    def texts(self) -> list[str]:
        lines = {event["line"]: event["text"] for event in self.events if "line" in event}
        return list(lines.values())

    async def until(self, is_it: Callable[[], object], longest_s: float = 40) -> None:
        async with asyncio.timeout(longest_s):
            while not is_it():
                await asyncio.sleep(0.05)

    async def until_heard(self, words: str) -> None:
        await self.until(lambda: words in " ".join(self.texts()).lower())

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return await self.process.wait()


@asynccontextmanager
async def listen(*arguments: str) -> AsyncIterator[Listen]:
    """The command, with the recogniser ready and the microphone open."""
    it = Listen(await start("listen", "--format", "json", *arguments))
    async with asyncio.TaskGroup() as group:
        group.create_task(it.read())
        try:
            await it.until(lambda: any(session["state"] == "open" for session in it.of("link")))
            yield it
        finally:
            if it.process.returncode is None:
                it.process.kill()
            await it.process.wait()


async def test_what_is_said_into_it_is_what_a_transcript_of_the_file_says(
    server: SoundServer, two_cities: Path, paths: Paths
) -> None:
    expected = (await run("transcribe", str(two_cities))).out
    async with listen() as it:
        player = server.play(two_cities, latency_ms=1000)
        await it.until(lambda: player.poll() is not None, 60)
        await asyncio.sleep(1)
        code = await it.stop()
    assert code == Exit.INTERRUPTED
    errors = Errors()
    errors.add(expected, " ".join(it.texts()))
    assert errors.n_words > 100
    assert errors.rate < 0.05, "a word here and there, since the silence around it is another"
    assert it.of("gap") == []
    kept = Library(paths.library).get(2)
    assert kept is not None
    assert kept.about.source == "Monitor of Desk"
    recording = Recording.open(paths.recordings / kept.about.recording)
    assert recording.n_samples == kept.n_samples == it.of("end")[0]["audio_ms"] * 16
    recording.close()


async def test_silence_ends_it_if_that_is_wanted(server: SoundServer, beckett: Path) -> None:
    async with listen("--stop-after", "1.5") as it:
        await asyncio.sleep(2.5)
        assert it.process.returncode is None, "nothing was said yet"
        server.play(beckett)
        await it.until_heard("better")
        async with asyncio.timeout(15):
            assert await it.process.wait() == Exit.DONE
    assert "Ever tried" in it.texts()[0]


async def test_a_muted_microphone_is_told_within_two_seconds_of_sound(
    server: SoundServer, beckett: Path
) -> None:
    async with listen() as it:
        await it.until(lambda: it.of("problem"), 4)
        assert it.of("problem")[-1]["title"] == "The microphone is muted"
        server.play(beckett)
        await it.until_heard("tried")
        assert await it.stop() == Exit.INTERRUPTED


async def test_a_sound_server_that_dies_costs_the_time_it_was_dead_and_no_more(
    server: SoundServer, beckett: Path
) -> None:
    async with listen() as it:
        server.play(beckett)
        await it.until_heard("better")
        server.kill()
        await asyncio.sleep(3)
        server.start()
        n_lines = len(it.texts())
        await asyncio.sleep(2)
        server.play(beckett)
        await it.until(lambda: "better" in " ".join(it.texts()[n_lines:]).lower())
        await it.stop()
    (gap,) = it.of("gap")
    assert gap["reason"] == "not captured"
    assert gap["end_ms"] - gap["start_ms"] == pytest.approx(4000, abs=1500)
    text = " ".join(it.texts()).lower()
    assert text.count("ever tried") == 2
    assert "microphone" in {problem["kind"] for problem in it.of("problem")}


async def test_one_that_is_unplugged_is_replaced_and_the_change_is_announced(
    server: SoundServer, beckett: Path, paths: Paths
) -> None:
    server.plug("usb", "Yeti")
    async with listen("--source", "mic:yeti") as it:
        server.play(beckett, "usb")
        await it.until_heard("tried")
        server.unplug("usb")
        await asyncio.sleep(2)
        server.play(beckett)
        await it.until_heard("better")
        assert await it.stop() == Exit.INTERRUPTED
    kept = Library(paths.library).get(1)
    assert kept is not None
    assert kept.about.source == "Monitor of Yeti, Monitor of Desk"


async def test_one_that_was_asked_for_and_is_not_there_is_an_error() -> None:
    done = await run("listen", "--source", "mic:telephone")
    assert done.code == Exit.MICROPHONE
    assert "There is no such microphone: 'telephone'; there are: Monitor of Desk" in done.err
    assert done.out == ""
