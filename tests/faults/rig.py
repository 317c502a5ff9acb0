"""A dictation of numbers: a speaker, a real engine, a bad link, a server that does as it is told.

Everything but the speaker and the server is the program's own: engine, client, recording, library.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from skdictate.audio.continuity import Missing
from skdictate.audio.pcm import Format
from skdictate.core.changes import Change, Gap, GapMarked, PartialChanged, ProblemRaised, Topic
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.engine import Engine, Outcome
from skdictate.library.library import Library
from skdictate.library.stored_dictation import StoredDictation
from skdictate.library.writer import DictationWriter, about
from skdictate.sources.base import Item, Unopened
from skdictate.speechkit import codec_v2, codec_v3
from skdictate.speechkit.auth import Credential
from skdictate.speechkit.backend import SpeechKit
from skdictate.speechkit.channel import Endpoint
from skdictate.speechkit.codec import Codec, Options
from skdictate.system.paths import Paths
from tests.faults.bad_link import Proxy
from tests.faults.numbers import Script
from tests.faults.scripted_server import Server

BLOCK_S = 0.05


class Speaker(Unopened):
    """A live source that says what is in the script, at the pace of the loop's clock."""

    name = "speaker"
    is_live = True
    is_microphone = False
    overruns = 0

    def __init__(self, script: Script) -> None:
        self.format = script.sound
        self.script = script
        self.is_stuck = False
        """It gives nothing for now; what it would have heard comes later."""
        self.missing_s = 0.0
        """So much was spoken and is lost, all at once."""
        self.said = 0
        """Samples given out."""
        self.given: list[tuple[float, int]] = []
        """When, and how many by then."""
        self._is_stopped = False

    def stop(self) -> None:
        self._is_stopped = True

    async def __aiter__(self) -> AsyncIterator[Item]:
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        n = self.format.samples(BLOCK_S)
        while self.said < self.script.n_samples and not self._is_stopped:
            end = min(self.said + n, self.script.n_samples)
            due_s = begun_s + self.format.seconds(end)
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            while self.is_stuck and not self._is_stopped:
                await asyncio.sleep(BLOCK_S)
            if self.missing_s:
                end = min(self.said + self.format.samples(self.missing_s), self.script.n_samples)
                begun_s, self.missing_s = begun_s - self.format.seconds(end - self.said), 0.0
                n_missing, self.said = end - self.said, end
                yield Missing(n_missing)
                continue
            pcm = self.script.pcm(self.said, end)
            self.said = end
            self.given.append((loop.time(), end))
            yield pcm


class Counted:
    """The wishes of a client, and how much audio it has sent."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self.n_samples = 0

    @property
    def refines(self) -> bool:
        return self._options.refines

    def codec(self, sound: Format, folder_id: str = "") -> Codec:
        codec = self._options.codec(sound, folder_id)
        audio = codec.audio

        def counted(pcm: bytes) -> object:
            self.n_samples += len(pcm) // 2
            return audio(pcm)

        codec.audio = counted  # type: ignore[method-assign]
        return codec


class Rig:
    """``async with Rig(folder, script, server) as rig: await rig.run()``."""

    def __init__(
        self,
        folder: Path,
        script: Script,
        server: Server,
        *,
        api: str = "v3",
        limits: Limits | None = None,
        has_words: bool | None = None,
        options: Options | None = None,
        has_hedges: bool = True,
    ) -> None:
        self.script = script
        self.server = server
        self.proxy = Proxy(lambda: server.port)
        self.source = Speaker(script)
        self.changes: list[tuple[float, Change]] = []
        """What was told, and when."""
        self.target = ""
        """Where the client is sent instead of to the proxy."""
        limits = limits or Limits(session_s=server.session_s, session_bytes=server.session_bytes)
        options = options or (codec_v2.Options() if api == "v2" else codec_v3.Options())
        knows = api == "v3" and server.manners.has_words if has_words is None else has_words
        self._offered = Counted(options)
        self.backend = SpeechKit("rig", limits, self._whereabouts, self._offered, has_words=knows)
        paths = Paths.of({"SKDICTATE_HOME": str(folder)})
        self.library = Library(paths.library)
        kept = about(
            engine="rig", api=api, languages=(), source="speaker", rate_hz=script.sound.rate_hz
        )
        self.store = DictationWriter(self.library, paths.recordings, kept)
        policy = Policy(
            refines=self.backend.refines,
            has_words=self.backend.has_words,
            has_hedges=has_hedges,
        )
        self.engine = Engine(self.source, self.backend, self.store, policy)
        self.engine.on_change = self._note

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.server)
            await stack.enter_async_context(self.proxy)
            stack.push_async_callback(self.backend.close)
            stack.callback(self.library.close)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    def is_under_way(self) -> bool:
        """Audio has been sent that has not arrived; for where no link breaks."""
        return self._offered.n_samples > self.server.n_samples

    async def run(self) -> Outcome:
        """Dictate the whole script."""
        return await self.engine.run()

    @property
    def sound(self) -> Format:
        """Of the dictation."""
        return self.script.sound

    @property
    def kept(self) -> StoredDictation:
        """The dictation as the library has it."""
        assert self.store.dictation_id is not None
        kept = self.library.get(self.store.dictation_id)
        assert kept is not None
        return kept

    @property
    def gaps(self) -> list[Gap]:
        """All that were marked."""
        return [change.gap for _, change in self.changes if isinstance(change, GapMarked)]

    @property
    def partial(self) -> str:
        """What stands after the last line."""
        found = [it.text for _, it in self.changes if isinstance(it, PartialChanged)]
        return found[-1] if found else ""

    def problems(self) -> list[ProblemRaised]:
        """All that were said."""
        return [change for _, change in self.changes if isinstance(change, ProblemRaised)]

    async def until(self, what: Callable[[], bool], patience_s: float = 120.0) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(patience_s):
            while not what():
                await asyncio.sleep(BLOCK_S)

    async def said(self, length_s: float) -> None:
        """Wait until that much was said."""
        await self.until(lambda: self.source.said >= self.sound.samples(length_s), 36_000)

    def stands(self, topic: Topic) -> str:
        """The title of the problem that stands there, or nothing."""
        found = [it.problem.title for it in self.engine.status().problems if it.topic is topic]
        return found[0] if found else ""

    async def _whereabouts(self) -> tuple[Endpoint, Credential | None]:
        return Endpoint(self.target or f"127.0.0.1:{self.proxy.port}", is_plaintext=True), None

    def _note(self, change: Change) -> None:
        self.changes.append((self._loop.time(), change))
