"""A real browser without a window, driven over its DevTools protocol; a recording is its voice.

``async with Chromium(wav) as browser, browser.tab(url) as tab: await tab.click("#switch")``.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-port=0",
)
FAKE = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"
"""The question for the microphone is answered with yes."""
ASKS = "--mute-audio"
"""With another flag in its place, nothing is answered but what a test has set."""
START_S = 60.0
WAIT_S = 40.0


class Chromium:
    """A browser with a profile of its own, thrown away at the end."""

    def __init__(self, speech: Path | None = None, *flags: str, sound_server: str = "") -> None:
        """Its microphone plays a recording, or beeps, or is that of a sound server."""
        self._flags = [*FLAGS, *(flags or (ALLOWED,))]
        self._environ = {"PATH": os.environ["PATH"], "PULSE_SERVER": sound_server}
        if not sound_server:
            self._flags.append(FAKE)
        if speech is not None:
            self._flags.append(f"--use-file-for-fake-audio-capture={speech}%noloop")
        self._folder = Path(tempfile.mkdtemp(prefix="chromium-"))
        self._n_calls = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._tabs: dict[str, Tab] = {}

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            "chromium",
            *self._flags,
            f"--user-data-dir={self._folder}",
            "about:blank",
            env={**self._environ, "HOME": str(self._folder)},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        async with asyncio.timeout(START_S):
            address = await self._address()
        self._socket: ClientConnection = await connect(
            address, max_size=None, proxy=None, ping_interval=None
        )
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._drain())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._socket.close()
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @asynccontextmanager
    async def tab(self, url: str = "about:blank") -> AsyncIterator[Tab]:
        target = (await self.call("Target.createTarget", url="about:blank"))["targetId"]
        attached = await self.call("Target.attachToTarget", targetId=target, flatten=True)
        tab = self._tabs[attached["sessionId"]] = Tab(self, attached["sessionId"])
        for domain in ("Runtime", "Log", "Page", "Network"):
            await tab.call(f"{domain}.enable")
        await tab.call("Page.bringToFront")
        await tab.go(url)
        try:
            yield tab
        finally:
            await self.call("Target.closeTarget", targetId=target)

    async def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        self._n_calls += 1
        message = {"id": self._n_calls, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        answer = self._answers[self._n_calls] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps(message))
        async with asyncio.timeout(WAIT_S):
            return dict(await answer)

    async def _address(self) -> str:
        assert self._process.stderr is not None
        while line := await self._process.stderr.readline():
            if line.startswith(b"DevTools listening on "):
                return line.split()[-1].decode()
        raise AssertionError("chromium did not start")

    async def _drain(self) -> None:
        assert self._process.stderr is not None
        while await self._process.stderr.read(4096):
            pass

    async def _listen(self) -> None:
        async for message in self._socket:
            said = json.loads(message)
            answer = self._answers.pop(said.get("id", 0), None)
            if answer is None:
                tab = self._tabs.get(said.get("sessionId", ""))
                if tab is not None:
                    tab.notice(said["method"], said["params"])
            elif "error" in said:
                answer.set_exception(AssertionError(said["error"]))
            else:
                answer.set_result(said["result"])


class Tab:
    """A page in the browser."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self._browser = browser
        self._session = session
        self.complaints: list[str] = []
        """What stands in red in the browser's console: errors, and what its policy forbade."""
        self.requested: list[str] = []
        """Addresses."""

    def notice(self, method: str, parameters: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            self.requested.append(parameters["request"]["url"])

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        return await self._browser.call(method, self._session, **parameters)

    async def go(self, url: str) -> None:
        await self.call("Page.navigate", url=url)
        await self.wait("document.readyState === 'complete'")

    async def run(self, expression: str) -> Any:
        """What an expression of JavaScript gives; a promise is awaited."""
        done = await self.call(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    async def wait(self, condition: str) -> None:
        """Until an expression is true."""
        async with asyncio.timeout(WAIT_S):
            while not await self.run(condition):
                await asyncio.sleep(0.03)

    async def text(self, selector: str) -> str:
        return str(await self.run(f"document.querySelector({selector!r}).innerText"))

    async def wait_for(self, selector: str, words: str) -> None:
        """Until an element says that; otherwise, what it says is told."""
        try:
            await self.wait(f"document.querySelector({selector!r}).innerText.includes({words!r})")
        except TimeoutError:
            raise AssertionError(f"{await self.text('main')!r}, {self.complaints}") from None

    async def click(self, selector: str) -> None:
        """With the mouse, where a person would, once it does not move any more."""
        box, before = await self._middle(selector), None
        while box != before:
            await asyncio.sleep(0.05)
            box, before = await self._middle(selector), box
        where = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, **where)

    async def _middle(self, selector: str) -> list[float]:
        middle: list[float] = await self.run(
            f"(b => [b.x + b.width / 2, b.y + b.height / 2])"
            f"(document.querySelector({selector!r}).getBoundingClientRect())"
        )
        return middle

    async def press(self, key: str, code: str, number: int, text: str = "") -> None:
        key_ = {"key": key, "code": code, "windowsVirtualKeyCode": number}
        await self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **key_)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **key_)

    async def dress(self, width: int, height: int, scheme: str) -> None:
        """The size of the window, and whether its owner likes it "dark" or "light"."""
        size = {"width": width, "height": height}
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            **size,
            deviceScaleFactor=2,
            mobile=width < 500,
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.call("Emulation.setEmulatedMedia", features=[feature])

    async def picture(self) -> bytes:
        """PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])
