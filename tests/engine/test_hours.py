"""Two hours of dictation hold no more than one: the short form of ``tests.bench.eight_hours``."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Callable

from skdictate.app.worker_events import Began, Changed, Ready
from skdictate.audio.pcm import Format, Level
from skdictate.core import changes as ch
from skdictate.core import effects as fx
from skdictate.core import events as ev
from skdictate.core.dictation import Dictation
from skdictate.core.limits import Limits
from skdictate.core.policy import Policy
from skdictate.engine import Engine
from skdictate.library.writer import DictationWriter, about
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from skdictate.tui.widgets.transcript_view import TranscriptView
from tests.bench.eight_hours import SIZES, SOUND, ToldApp, changes
from tests.faults import fast_clock
from tests.support.fast_fakes import FluentBackend, Talker

LEAST = 400
"""Objects that come and go: timers, and whatever the library does at the moment."""


def held() -> int:
    gc.collect()
    return len(gc.get_objects())


class Hour:
    """The core for hours, in seconds: a recogniser that answers at once, with pauses between."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.core = Dictation(Format(16_000), policy=Policy(chunk_ms=200))
        self.n_lines = 0
        self._said: dict[int, tuple[int, int]] = {}
        """Of each link: samples, and finals."""

    def dictate(self, length_s: float) -> None:
        end_s = self.now_s + length_s
        while self.now_s < end_s:
            self.now_s += 0.2
            is_pause = self.now_s % 3.0 < 0.4
            level = Level(-70.0, -60.0) if is_pause else Level(-20.0, -10.0)
            self.core.captured(3_200, level, self.now_s)
            self.work()

    def work(self) -> None:
        while effects := self.core.take_effects():
            for effect in effects:
                self.obey(effect)
        self.n_lines += sum(isinstance(it, ch.LineCommitted) for it in self.core.take_changes())

    def obey(self, effect: fx.Effect) -> None:
        match effect:
            case fx.Open(session_number):
                self._said[session_number] = 0, 0
                self.core.session_opened(session_number, self.now_s)
            case fx.Send(session_number, start, end):
                self.core.sent(session_number, end, self.now_s)
                self.hear(session_number, end - start)
            case fx.Finish(session_number):
                del self._said[session_number]
                self.core.session_closed(session_number, None, self.now_s)
            case fx.Drop(session_number):
                del self._said[session_number]

    def hear(self, session_number: int, n_samples: int) -> None:
        heard, n_finals = self._said[session_number]
        heard += n_samples
        ms = heard // 16
        if heard // 48_000 > (heard - n_samples) // 48_000:
            final = ev.Final(f"line {n_finals}", ms - 3000, ms, settled_ms=ms, index=n_finals)
            for event in (
                final,
                ev.Refinement(n_finals, f"Line {n_finals}."),
                ev.EndOfUtterance(ms),
            ):
                self.core.session_event(session_number, event, self.now_s)
            n_finals += 1
        elif random.random() < 0.2:
            self.core.session_event(session_number, ev.Partial(f"guess {ms}"), self.now_s)
        self._said[session_number] = heard, n_finals


def test_the_core_holds_no_more_after_two_hours_than_after_one() -> None:
    it = Hour()
    it.dictate(3600)
    after_one, n_lines = held(), it.n_lines
    it.dictate(3600)
    assert it.n_lines >= n_lines + 1_000
    assert held() - after_one < LEAST


async def test_of_what_is_on_the_page_the_app_holds_little_more_than_the_words(
    paths: Paths,
) -> None:
    it = ToldApp(Settings(source="mic"), paths)
    async with it.run_test(size=SIZES[0]) as pilot:
        it.event_queue.put(Ready("speaker", "test", "this machine", ("en-US",), True))
        it.event_queue.put(Began("speaker", SOUND.rate_hz))
        after = []
        n_lines = 600  # more than anything remembers of the newest lines
        for part in range(3):
            for change in changes(part * n_lines + 1, (part + 1) * n_lines):
                it.event_queue.put(Changed(change))
            await until(lambda: len(it.event_queue) == 0 and not it.dispatcher._unread)
            await pilot.press("pageup", "question_mark", "escape", "end")
            await pilot.pause()
            after.append(held())
        assert it.main_screen.page.n_lines == 3 * n_lines
        assert it.main_screen.query_one(TranscriptView).has_text
        assert after[2] - after[1] < LEAST, "neither a line nor a key leaves an object behind"
        it.exit()


async def until(is_done: Callable[[], bool]) -> None:
    while not is_done():
        await asyncio.sleep(0.01)


def test_the_engine_holds_no_more_after_more_sessions(paths: Paths) -> None:
    async def run() -> list[int]:
        source = Talker(SOUND, 300.0)
        kept = about(engine="x", api="v3", languages=(), source="x", rate_hz=SOUND.rate_hz)
        store = DictationWriter(paths.library, paths.recordings, kept)
        backend = FluentBackend(0.3, Limits(session_s=30.0))
        it = Engine(source, backend, store, Policy(refines=True))
        longest = 0

        def look(change: ch.Change) -> None:
            nonlocal longest
            waiting = [outbox.qsize() for outbox in it._sessions._outboxes.values()]
            longest = max(longest, len(it._change_log._changes), *waiting, 0)

        it.on_change = look
        running = asyncio.ensure_future(it.run())
        after = []
        for said_s in (90, 280):
            while source.said < SOUND.samples(said_s):
                await asyncio.sleep(0.5)
            after.append(held())
        outcome = await running
        assert outcome.n_gaps == 0
        assert len(backend.sessions) >= 10
        assert longest < 100, "nothing piles up on the way"
        return after

    after = fast_clock.run(run(), speed=2_000.0)
    assert after[1] - after[0] < LEAST
