"""Makes ``screenshots/web.png``: the microphone's page at work, with an app at its other end."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path

from tests.remote_mic.web.test_page import CHOOSE
from tests.support.chromium import Chromium
from tests.support.command import start

SIZE = (760, 790)


async def picture(path: Path, sound_server: str) -> None:
    """Take it while "Blue Yeti" is heard."""
    with tempfile.TemporaryDirectory(prefix="skdictate-") as home:
        environ = {"SKDICTATE_HOME": home}
        app = await start("listen", "--source", "remote", "--engine", "local", environ=environ)
        web = await start("mic", "web", "--format", "json", environ=environ)
        assert web.stdout is not None
        link = json.loads(await web.stdout.readline())["url"]
        async with Chromium(sound_server=sound_server) as browser, browser.tab(link) as tab:
            await tab.dress(*SIZE, "dark")
            await tab.wait_for("#title", "Ready")
            await tab.click("#switch")
            await tab.wait_for("#title", "Live")
            await tab.run(CHOOSE.format("Blue Yeti"))
            await tab.wait("document.querySelector('#sent').innerText === '0:07'")
            await tab.run("document.activeElement.blur()")
            await tab.wait("+document.querySelector('#rms').innerText.match(/\\d+/)[0] < 26")
            path.write_bytes(await tab.picture())
        for process in (app, web):
            process.kill()
            await process.communicate()


def main(path: Path) -> None:
    """With the sound server that the environment names."""
    asyncio.run(picture(path, os.environ["PULSE_SERVER"]))
