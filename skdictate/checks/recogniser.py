"""The embedded recogniser, on a recording whose words are known."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from skdictate.checks.finding import Case, Finding, State, failed
from skdictate.config import Settings
from skdictate.core.audio import BYTES_PER_SAMPLE
from skdictate.core.events import Final
from skdictate.errors import Exit, Problem, ProblemError

if TYPE_CHECKING:
    from skdictate.sources.base import Source
    from skdictate.speechkit.base import Link
    from skdictate.studio import Studio

SPOKEN = ("ever tried", "ever failed", "no matter", "fail better")
"""Of what the shorter recording of the demo says."""
ENOUGH = 3
"""So many of these prove that it works; no recogniser hears everything."""


async def recogniser(case: Case) -> Finding:
    """Whether it hears what was said, and how fast, by the road that every dictation takes."""
    from skdictate.studio import Studio

    finding = await _tried(Studio(Settings(engine="local"), case.paths, {}))
    if finding.state is State.FAILED and not _is_used(case):
        detail = f"{finding.detail}; your settings do not use it"
        return replace(finding, state=State.WARNING, detail=detail)
    return finding


def _is_used(case: Case) -> bool:
    """Whether the settings are for the embedded recogniser."""
    from skdictate.studio import Studio

    with suppress(ProblemError):  # another check tells what is wrong with them
        return Studio(case.settings, case.paths, case.environ).recogniser.is_local
    return True


async def _tried(studio: Studio) -> Finding:
    assert studio.server is not None
    problems: list[Problem] = []
    async with asyncio.TaskGroup() as group:
        hearing = group.create_task(_hear(studio))

        def died(problem: Problem) -> None:
            problems.append(problem)
            hearing.cancel()

        studio.server.on_problem = died
        serving = group.create_task(studio.server.run())
        await asyncio.wait([hearing])
        serving.cancel()
    await studio.close()
    return failed("recogniser", problems[0]) if problems else hearing.result()


async def _hear(studio: Studio) -> Finding:
    """Recognise the recording; loading the model does not count."""
    from skdictate.sources.file import demo_paths

    assert studio.server is not None
    try:
        await studio.server.address()
        source = studio.sound.file(demo_paths()[1], speed=0.0)
        began_s = time.monotonic()
        async with studio.backend.connect(studio.sound.format) as link:
            n_samples, text = await asyncio.gather(_send(source, link), _read(link))
    except ProblemError as error:
        return failed("recogniser", error.problem)
    sound_s = studio.sound.format.seconds(n_samples)
    return judged(studio.backend.name, text, sound_s, time.monotonic() - began_s)


async def _send(source: Source, link: Link) -> int:
    """Send all of it; how many samples that were."""
    n_samples = 0
    with suppress(ProblemError):  # whoever reads is told why
        async with source, aclosing(aiter(source)) as blocks:  # type: ignore[type-var]
            async for block in blocks:
                if isinstance(block, bytes):
                    await link.send_audio(block)
                    n_samples += len(block) // BYTES_PER_SAMPLE
        await link.finish()
    return n_samples


async def _read(link: Link) -> str:
    """All that was recognised."""
    async with aclosing(aiter(link)) as events:  # type: ignore[type-var]
        return " ".join([event.text async for event in events if isinstance(event, Final)])


def judged(name: str, text: str, sound_s: float, took_s: float) -> Finding:
    """What it amounts to that this text was heard in that time."""
    heard = "".join(char for char in text.lower() if char.isalpha() or char == " ")
    if sum(words in heard for words in SPOKEN) < ENOUGH:
        detail = f"{name} heard {text[:60]!r} where “Ever tried. Ever failed.” was said"
        hint = "Install skdictate again; its model is damaged."
        return Finding("recogniser", State.FAILED, detail, hint, Exit.NETWORK)
    speed = sound_s / took_s
    detail = f"{name}: {sound_s:.0f} s of speech in {took_s:.1f} s, {speed:.1f} times real time"
    if speed < 1:
        hint = "Text will lag behind speech on this machine; SpeechKit would not."
        return Finding("recogniser", State.WARNING, detail, hint)
    return Finding("recogniser", State.OK, detail)
