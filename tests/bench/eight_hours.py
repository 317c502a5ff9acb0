"""Eight hours of dictation: ``python -m tests.bench.eight_hours [app|engine] [HOURS]``.

Does the program grow, and does it answer a key as fast at the end as at the beginning? ``app`` is
the real app without a terminal, told of the changes of so many hours; ``engine`` is the real engine
with its recording and its library, where the recogniser and the speaker cost nothing, in a time
that runs as fast as the machine allows. After each hour what the process holds is read off.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

from textual.pilot import Pilot

from skdictate.app.worker_events import Began, Changed, Ready
from skdictate.audio.pcm import Format
from skdictate.core.changes import (
    Change,
    Gap,
    GapMarked,
    Line,
    LineCommitted,
    LineRefined,
    LineSettled,
    PartialChanged,
    Reason,
    SessionChanged,
)
from skdictate.core.policy import Policy
from skdictate.core.session_state import SessionState
from skdictate.engine import Engine
from skdictate.library.library import Library
from skdictate.library.writer import DictationWriter, about
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from skdictate.tui.app import DictateApp
from tests.faults import fast_clock
from tests.support.fast_fakes import FluentBackend, Talker

SOUND = Format(16_000)
LINE_S = 4.0
"""One line in so much time: ten words, at the pace of speech."""
PARTIALS = 8
"""Guesses before each line."""
SESSION_LINES = 60
KEYS = ("pageup", "end", "question_mark", "escape", "up", "end")
SIZES = ((80, 24), (100, 30))
PRESSES = 5
WORDS = ("nothing", "that", "was", "said", "is", "ever", "lost", "however", "long", "it", "takes")


def changes(first: int, last: int) -> Iterator[Change]:
    """What a dictation tells from one line to another."""
    for number in range(first, last + 1):
        start = SOUND.samples(number * LINE_S)
        words = [WORDS[(number + at) % len(WORDS)] for at in range(9)] + [str(number)]
        for n in range(1, PARTIALS + 1):
            yield PartialChanged(" ".join(words[:n]), words[n])
        line = Line(number, " ".join(words), start, start + SOUND.samples(LINE_S), 1)
        yield LineCommitted(line)
        refined = replace(line, text=" ".join(words).capitalize() + ".", is_refined=True)
        yield LineRefined(refined)
        yield LineSettled(refined)
        if number % SESSION_LINES == 0:
            yield SessionChanged(number // SESSION_LINES, SessionState.OPEN)
            yield GapMarked(Gap(start, start + 1600, Reason.UNRECOGNISED, "of"))


def resident_mb() -> float:
    """What this process holds of the machine's memory, after a thorough clean-up."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def tell(hour: int, what: str) -> None:
    print(
        f"{hour:>3} h  {resident_mb():6.1f} MB  {len(gc.get_objects()):>7} objects  {what}",
        flush=True,
    )


async def app(n_hours: int) -> None:
    """The screen and its page."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.of({"SKDICTATE_HOME": folder})
        it = ToldApp(Settings(source="mic"), paths)
        async with it.run_test(size=SIZES[0]) as pilot:
            it.event_queue.put(Ready("speaker", "bench", "this machine", ("en-US",), True))
            it.event_queue.put(Began("speaker", SOUND.rate_hz))
            await pilot.pause()
            tell(0, await measured(pilot))
            n_lines = round(3600 / LINE_S)
            for hour in range(n_hours):
                for change in changes(hour * n_lines + 1, (hour + 1) * n_lines):
                    it.event_queue.put(Changed(change))
                    await asyncio.sleep(0)
                await pilot.pause()
                tell(hour + 1, await measured(pilot))
            it.exit()


async def measured(pilot: Pilot[int]) -> str:
    """What a key costs, and another width, in time of the processor."""
    keys = [await cost_ms(pilot.press(key)) for _ in range(PRESSES) for key in KEYS]
    sizes = [
        await cost_ms(pilot.resize_terminal(*size))
        for _ in range(2)
        for size in (*SIZES[1:], SIZES[0])
    ]
    line = [await cost_ms(_one_more(pilot)) for _ in range(PRESSES)]
    return (
        f"key {statistics.median(keys):5.1f} ms, worst {max(keys):5.1f}"
        f"   width {max(sizes):6.1f} ms   guess {statistics.median(line):5.1f} ms"
    )


async def _one_more(pilot: Pilot[int]) -> None:
    it = pilot.app
    assert isinstance(it, ToldApp)
    for n in range(4):
        it.event_queue.put(Changed(PartialChanged("one more", f"guess {n}")))
        await pilot.pause()


async def cost_ms(doing: object) -> float:
    began_s = time.process_time()
    await doing  # type: ignore[misc]
    return 1000 * (time.process_time() - began_s)


class ToldApp(DictateApp):
    """The app without its other thread: it is told everything."""

    CSS_PATH = str(files("skdictate.tui") / "style.tcss")

    def on_mount(self) -> None:
        """Nothing is begun."""


async def engine(n_hours: int) -> None:
    """The engine, the recording and the library."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Paths.of({"SKDICTATE_HOME": folder})
        library = Library(paths.library)
        source = Talker(SOUND, 3600.0 * n_hours)
        kept = about(engine="bench", api="v3", languages=(), source="x", rate_hz=SOUND.rate_hz)
        store = DictationWriter(library, paths.recordings, kept)
        backend = FluentBackend(LINE_S)
        it = Engine(source, backend, store, Policy(refines=True, has_words=True))
        n_changes = 0

        def count(change: Change) -> None:
            nonlocal n_changes
            n_changes += 1

        it.on_change = count
        running = asyncio.ensure_future(it.run())
        tell(0, "")
        began_s = time.monotonic()
        for hour in range(1, n_hours + 1):
            while source.said < SOUND.samples(3600.0 * hour) and not running.done():
                await asyncio.sleep(1.0)
            wall_s, began_s = time.monotonic() - began_s, time.monotonic()
            status = it.status()
            tell(hour, f"{status.n_lines} lines, {n_changes} changes, {wall_s:.0f} s")
        outcome = await running
        assert outcome.n_gaps == 0, outcome
        library.close()


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "all"
    n_hours = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    if what in ("app", "all"):
        print("app")
        asyncio.run(app(n_hours))
    if what in ("engine", "all"):
        print("engine")
        fast_clock.run(engine(n_hours), speed=10_000.0)


if __name__ == "__main__":
    main()
