"""A browser, the page's server and the app, each a process of its own, and recorded speech."""

from __future__ import annotations

import asyncio
import base64
import json
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import soundfile

from skdictate.system.paths import Paths
from tests.remote_mic.web.test_page import PROBES
from tests.support.chromium import Chromium, Tab
from tests.support.command import finish, start
from tests.support.speech import DATA, Errors, samples
from tests.support.throttled_proxy import Thin

PATIENCE_S = 60.0


@dataclass
class App:
    """``skdictate listen``, which waits for a microphone."""

    process: Process
    events: list[dict[str, Any]] = field(default_factory=list)

    async def until(self, event: str) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            while not any(it["event"] == event for it in self.events):
                self.events.append(json.loads(await self.process.stdout.readline()))

    async def end(self) -> str:
        """Stop it; what it has heard."""
        self.process.send_signal(signal.SIGINT)
        done = await finish(self.process)
        assert done.code == 130, done.err
        self.events += map(json.loads, done.out.splitlines())
        return " ".join(it["text"] for it in self.events if it["event"] == "final")


@asynccontextmanager
async def listening() -> AsyncIterator[App]:
    process = await start("listen", "--source", "remote", "--format", "json")
    try:
        yield App(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[Process, dict[str, Any]]]:
    """``skdictate mic web``, and what it says first."""
    process = await start("mic", "web", "--format", "json")
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield process, json.loads(await process.stdout.readline())
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def spoken(name: str, folder: Path) -> tuple[Path, str]:
    """A recording as a browser wants it, and what is said in it."""
    sample = next(it for it in samples(DATA) if it.path.name == name)
    sound, rate_hz = soundfile.read(sample.path, dtype="int16")
    soundfile.write(folder / "speech.wav", sound, rate_hz, subtype="PCM_16")
    return folder / "speech.wav", sample.transcript


async def test_what_is_said_into_a_browser_is_what_the_app_writes(tmp_path: Path) -> None:
    speech, transcript = spoken("arctic_a0007.flac", tmp_path)
    async with serving() as (web, session), listening() as app, Chromium(speech) as browser:
        assert session["url"].startswith(f"http://127.0.0.1:{session['port']}/#")
        async with browser.tab(session["url"]) as tab:
            await tab.wait_for("#title", "Ready")
            await tab.click("#switch")
            await tab.wait_for("#title", "Live")
            await app.until("final")
            text = await app.end()
            await tab.wait_for("#title", "Waiting for the app")
            assert web.stdout is not None
            next_session = json.loads(await web.stdout.readline())
            assert (next_session["event"], next_session["first"]) == ("link", False)
            assert next_session["url"] != session["url"]
            web.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(web.wait(), 5) == 143
            await tab.wait_for("#title", "Reconnecting")
    errors = Errors()
    errors.add(transcript, text)
    assert errors.rate <= 0.2, text


async def test_over_a_thin_line_the_words_come_in_time_and_the_recording_in_full(
    paths: Paths, two_cities: Path
) -> None:
    async with (
        serving() as (_, session),
        listening() as app,
        Thin(session["port"]) as line,
        Chromium(two_cities) as browser,
        browser.tab() as tab,
    ):
        await tab.call("Page.addScriptToEvaluateOnNewDocument", source=PROBES)
        await tab.go(session["url"].replace(str(session["port"]), str(line.port)))
        await tab.wait_for("#title", "Ready")
        await tab.click("#switch")
        await tab.wait_for("#title", "Live")
        line.kbit_s = 110
        await tab.wait_for("#title", "Catching up")
        await tab.wait_for("#detail", "it goes compressed")
        await tab.wait("parseFloat(document.querySelector('#kept').innerText) < 0.3")
        line.kbit_s = 0
        await tab.wait("!document.querySelector('#detail').innerText.includes('compressed')")
        await tab.click("#switch")
        await tab.wait_for("#title", "Ready")
        captured = await heard(tab)
        await app.end()
    recording = next(paths.recordings.glob("*.wav")).read_bytes()
    recorded = recording[recording.index(b"data") + 8 :]
    assert len(recorded) > 2 * 16_000 * 3
    assert captured.find(recorded) >= 0


async def heard(tab: Tab) -> bytes:
    """All that the page's microphone gave."""
    return b"".join(map(base64.b64decode, await tab.run("probes.captured")))
