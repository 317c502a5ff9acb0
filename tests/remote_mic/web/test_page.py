"""The page in a real browser, with recorded speech for its voice and a small app at the end."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from skdictate.mic_protocol.frames import Decoder, Frame, Type
from skdictate.remote_mic.web.page_server import PageServer
from skdictate.system.paths import Paths
from tests.remote_mic.web.test_page_server import hosting
from tests.support.chromium import ASKS, Chromium, Tab
from tests.support.listener import Listener
from tests.support.sound_server import SoundServer
from tests.support.throttled_proxy import Thin

PROBES = Path(__file__).with_name("probes.js").read_text(encoding="utf-8")
SECOND = 16_000


@asynccontextmanager
async def opened(
    web: PageServer, speech: Path | None = None, port: int | None = None
) -> AsyncIterator[Tab]:
    """The page, its link opened; through another port, if one is named."""
    async with Chromium(speech) as browser, browser.tab() as tab:
        await tab.call("Page.addScriptToEvaluateOnNewDocument", source=PROBES)
        await tab.go(web.link.replace(f":{web.port}", f":{port or web.port}"))
        yield tab


async def captured(tab: Tab) -> bytes:
    return b"".join(map(base64.b64decode, await tab.run("probes.captured")))


async def test_a_click_makes_a_browser_the_microphone_and_no_mishap_loses_a_sample(
    paths: Paths, beckett: Path
) -> None:
    app = Listener(paths)
    async with (
        hosting(paths) as web,
        Thin(web.port) as line,
        opened(web, beckett, line.port) as tab,
    ):
        await tab.wait_for("#title", "Off")
        assert "skdictate" in await tab.text("#detail")
        await app.come()
        await tab.wait_for("#title", "Ready")
        await tab.click("#switch")
        await tab.wait_for("#title", "Live")
        assert await tab.run("document.title") == "● Live – skdictate"
        app.hang_up_at = [SECOND // 2, SECOND]
        await app.until(SECOND + 320)
        line.cut()
        await app.until(2 * SECOND)
        await app.go()  # as if killed
        await tab.wait_for("#title", "Waiting for the app")
        assert "is kept here" in await tab.text("#detail")
        await tab.wait("parseFloat(document.querySelector('#kept').innerText) > 1")
        await app.come()
        await tab.wait_for("#title", "Live")
        app.is_still = True
        await tab.wait_for("#title", "Catching up")
        app.is_still = False
        await tab.wait_for("#title", "Live")
        await app.until(6 * SECOND)
        await tab.click("#switch")
        await tab.wait_for("#title", "Ready")
        await app.go()
        everything = await captured(tab)
        assert tab.complaints == []
    assert app.n_connections >= 5
    assert app.frames[-1] == Frame(Type.BYE, len(app.pcm) // 2)
    begin = everything.find(app.pcm)
    assert begin >= 0, "samples are missing, or are others"
    assert len(everything) - begin - len(app.pcm) < 2 * SECOND, "what is captured after the stop"
    loudest = np.abs(np.frombuffer(app.pcm, "<i2").astype(int)).max()
    assert loudest > 3000, "it is speech"


async def test_the_app_begins_pauses_and_ends_and_the_page_is_not_touched(paths: Paths) -> None:
    app = Listener(paths)
    app.is_wanting = False
    async with app, hosting(paths) as web, opened(web) as tab:
        await tab.wait_for("#title", "Ready")
        await tab.press("Enter", "Enter", 13, "\r")  # the button has the focus
        await tab.wait_for("#title", "Waiting for the app")
        await tab.wait_for("#detail", "press space in it")
        await tab.wait("probes.captured.length > 10")
        app.begin()
        await tab.wait_for("#title", "Live")
        await app.until(SECOND // 4)
        app.say(Frame(Type.PAUSE))
        await tab.wait_for("#title", "Paused")
        n_samples, n_captured = len(app.pcm) // 2, len(await captured(tab)) // 2
        await tab.wait(f"probes.captured.length * 320 > {n_captured + SECOND // 4}")
        assert len(app.pcm) // 2 - n_samples < SECOND // 10
        app.say(Frame(Type.RESUME))
        await tab.wait_for("#title", "Live")
        await app.until(n_samples + SECOND // 4)
        app.end()
        await tab.wait_for("#title", "Waiting for the app")
        first = app.pcm
        app.begin()
        await app.until(SECOND // 4)
        assert app.pcm is not first
        await tab.press(" ", "Space", 32, " ")
        await tab.wait_for("#title", "Ready")
        assert (await tab.text("#sent")).startswith("0:0")
    assert len(app.streams) == 2
    assert [frame.type for frame in app.frames].count(Type.BYE) == 2
    assert app.n_connections == 1
    assert {hello["rate_hz"] for hello in app.hellos} == {SECOND}
    assert {hello["host"] for hello in app.hellos} == {"Chrome on Linux"}
    stamps = [frame.capture_ns for frame in app.frames if frame.type is Type.AUDIO]
    assert stamps == sorted(stamps)
    assert stamps[-1] - stamps[0] > 0.7e9, "the time that was paused is in them"


async def test_the_page_keeps_to_itself(paths: Paths) -> None:
    async with Listener(paths) as app, hosting(paths) as web, opened(web) as tab:
        await tab.wait_for("#title", "Ready")
        assert await tab.run("location.hash") == ""
        assert (
            await tab.run("document.cookie + localStorage.length + sessionStorage.length") == "00"
        )
        await tab.click("#switch")
        await app.until(SECOND // 2)
        hosts = {urlsplit(url).netloc for url in tab.requested}
        assert hosts == {f"127.0.0.1:{web.port}"}
        forbidden = await tab.run("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'kept')")
        assert forbidden == "kept"
        assert any("Content Security Policy" in complaint for complaint in tab.complaints)
        assert all("http://127.0.0.1:9/" in complaint for complaint in tab.complaints)


async def test_everybody_can_use_it(paths: Paths) -> None:
    async with Listener(paths), hosting(paths) as web, opened(web) as tab:
        await tab.wait_for("#title", "Ready")
        await tab.wait("!document.querySelector('#choice').hidden")
        nodes = (await tab.call("Accessibility.getFullAXTree"))["nodes"]
        known = {(n["role"]["value"], n["name"]["value"]) for n in nodes if n.get("name")}
        assert ("button", "Start the microphone") in known
        assert ("meter", "Level") in known
        assert ("combobox", "Microphone") in known
        (status,) = [n for n in nodes if n["role"]["value"] == "status"]
        live = [it["value"]["value"] for it in status["properties"] if it["name"] == "live"]
        assert live == ["polite"]
        await looks_well(tab)
        await tab.click("#switch")
        await tab.wait("+document.querySelector('#meter').ariaValueNow > -60")
        await tab.wait_for("#rms", "dBFS")
        assert "decibels" in await tab.run("document.querySelector('#meter').ariaValueText")
        assert await tab.run("document.querySelector('#switch').ariaPressed") == "true"
        assert await tab.run("document.activeElement.id") == "switch"
        await looks_well(tab)


async def looks_well(tab: Tab) -> None:
    """Nothing is cut off or hard to read, by day and by night."""
    for scheme in ("dark", "light"):
        for width in (1100, 390, 320):
            await tab.dress(width, 700, scheme)
            assert await tab.run("document.documentElement.scrollWidth") <= width
        assert await tab.run("probes.pale()") == []


async def test_a_second_page_asks_and_the_first_is_told(paths: Paths) -> None:
    async with (
        Listener(paths) as app,
        hosting(paths) as web,
        Chromium() as browser,
        browser.tab(web.link) as first,
        browser.tab() as second,
    ):
        await first.wait_for("#title", "Ready")
        await first.click("#switch")
        await first.wait_for("#title", "Live")
        await second.go(web.link)
        await second.wait_for("#title", "Ready")
        await second.click("#switch")
        await second.wait_for("#title", "Another page is the microphone")
        assert len(app.hellos) == 1
        await second.click("#take")
        await second.wait_for("#title", "Live")
        await first.wait_for("#title", "Another microphone took over")
        assert await first.run("document.querySelector('#switch').ariaPressed") == "false"
        await first.click("#switch")
        await first.wait_for("#title", "Another page is the microphone")
        await second.click("#switch")
        await first.wait_for("#title", "Live")
    assert len(app.streams) == 3


async def test_an_app_with_another_microphone_is_asked_to_take_this_one(paths: Paths) -> None:
    async with Listener(paths) as app, hosting(paths) as web, opened(web) as tab:
        app.busy_with = "Desk on laptop"
        await tab.wait_for("#title", "Ready")
        await tab.click("#switch")
        await tab.wait_for("#title", "Another microphone is heard there")
        await tab.wait_for("#detail", "Desk on laptop")
        await tab.click("#take")
        await tab.wait_for("#title", "Live")
        assert app.hellos[-1]["take_over"] is True
        await app.until(320)
        app.refuse("Another microphone has taken over", "Desk on laptop")
        await tab.wait_for("#title", "Another microphone took over")
        assert await tab.run("document.querySelector('#switch').ariaPressed") == "false"


async def test_a_link_that_was_used_opens_nothing_and_a_new_one_goes_on_where_it_was(
    paths: Paths,
) -> None:
    async with Listener(paths) as app, Chromium() as browser, browser.tab() as tab:
        await tab.call("Page.addScriptToEvaluateOnNewDocument", source=PROBES)
        async with hosting(paths) as web, browser.tab() as other:
            port, link = web.port, web.link
            await tab.go(link)
            await tab.wait_for("#title", "Ready")
            await other.go(link)
            await other.wait_for("#title", "not valid any more")
            await other.go(link.partition("#")[0])
            await other.wait_for("#title", "This page needs its link")
            await tab.click("#switch")
            await app.until(SECOND // 4)
        await tab.wait_for("#title", "Reconnecting")
        async with hosting(paths, port) as web:
            await tab.wait_for("#title", "not valid any more")
            await tab.wait_for("#detail", "what is kept here goes with it")
            await tab.run(f"location.href = {web.link!r}")  # as if pasted into the address
            await tab.wait_for("#title", "Live")
            await app.until(SECOND)
            received, everything = app.pcm, await captured(tab)
    assert len(app.streams) == 1
    assert everything.find(received) >= 0


async def test_a_microphone_that_is_not_allowed_is_said_to_be(paths: Paths) -> None:
    async with (
        Listener(paths) as app,
        hosting(paths) as web,
        Chromium(None, ASKS) as browser,
        browser.tab(web.link) as tab,
    ):
        await tab.wait_for("#title", "Ready")
        name = {"name": "microphone"}
        await browser.call("Browser.setPermission", permission=name, setting="denied")
        await tab.click("#switch")
        await tab.wait_for("#title", "The microphone is not allowed")
        await browser.call("Browser.setPermission", permission=name, setting="granted")
        await tab.click("#switch")
        await tab.wait_for("#title", "Live")
        await app.until(320)
        await browser.call("Browser.setPermission", permission=name, setting="denied")
        await tab.wait_for("#title", "The microphone is not allowed")
        await app.told(Type.TROUBLE)


async def test_a_microphone_that_is_silent_is_said_to_be_and_another_is_chosen(
    paths: Paths, server: SoundServer, two_cities: Path
) -> None:
    server.call("desk", "Built-in Audio")
    server.call("headset", "Blue Yeti")
    server.control("set-default-source", "desk.2")
    server.play(two_cities, "headset", latency_ms=200)
    async with (
        Listener(paths) as app,
        hosting(paths) as web,
        Chromium(sound_server=server.address) as browser,
        browser.tab(web.link) as tab,
    ):
        await tab.wait_for("#title", "Ready")
        await tab.click("#switch")
        await tab.wait_for("#title", "Nothing is heard")
        await tab.run(CHOOSE.format("Blue Yeti"))
        await tab.wait_for("#title", "Live")
        await tab.wait("+document.querySelector('#meter').ariaValueNow > -40")
    assert [hello["label"] for hello in app.hellos] == ["Default", "Blue Yeti"]
    assert len(app.streams) == 1, "it goes on with the other one"


CHOOSE = """
(() => {{
  const list = document.querySelector("#device");
  list.value = [...list.options].find((option) => option.label === "{}").value;
  list.dispatchEvent(new Event("change"));
}})()
"""


async def test_its_frames_are_ours(paths: Paths) -> None:
    async with hosting(paths) as web, opened(web) as tab:
        written = bytes(await tab.run("probes.written()"))
        assert Decoder(has_preamble=False, is_peer=True).feed(written) == [
            Frame(Type.AUDIO, 320, 2**60, b"\1\0\xff\x7f"),
            Frame.gap(2**40, 2**33, "why"),
            Frame.opus(7, 8, 216, b"\1\2\3", is_first=True),
        ]
        said = Frame(Type.ACK, 2**45).encode() + Frame(Type.PING, 1, 2**62, b"abc").encode()
        told = await tab.run(f"probes.read({json.dumps(list(said))})")
        assert told == [[Type.ACK, 2**45, "0", ""], [Type.PING, 1, str(2**62), "abc"]]


async def test_where_there_is_no_more_room_the_hole_is_told_to_the_sample(paths: Paths) -> None:
    async with hosting(paths) as web, opened(web) as tab:
        take = await tab.run("probes.overfilled()")
    assert take["length"] == 25, "half a second on its way"
    assert take["isFull"] is True
    assert take["sample"] == 160, "from the very sample on"
    assert take["last"] == [[Type.GAP, 320_000], [Type.AUDIO, 320_960]]
    assert (take["head"], take["nLost"]) == (321_280, 960)


async def test_sound_of_any_rate_becomes_ours(paths: Paths) -> None:
    """A tone that fits comes through as it was, in its place; one that does not is not heard."""
    async with hosting(paths) as web, opened(web) as tab:
        for rate_hz in (8_000, 44_100, 48_000):
            for tone_hz in (1_000, 3_000):
                got = np.array(await tab.run(f"probes.resampled({rate_hz}, {tone_hz})"))
                at = 2 * np.pi * tone_hz * np.arange(len(got)) / SECOND
                error = (got - 0.5 * np.sin(at))[200:-200]
                assert 20 * np.log10(np.abs(error).max() / 0.5) < -70
        for rate_hz in (44_100, 48_000):
            alias = np.array(await tab.run(f"probes.resampled({rate_hz}, 9_000)"))[200:-200]
            assert 20 * np.log10(np.abs(alias).max() / 0.5) < -75
