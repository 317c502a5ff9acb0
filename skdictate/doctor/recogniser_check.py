"""Checks the embedded recogniser with a recording whose words are known."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from skdictate.audio.pcm import BYTES_PER_SAMPLE
from skdictate.core.events import Final
from skdictate.doctor.check_result import CheckContext, CheckResult, CheckState, failed
from skdictate.errors import Exit, Problem, ProblemError
from skdictate.settings.config import Settings

if TYPE_CHECKING:
    from skdictate.app.factory import Factory
    from skdictate.sources.base import Source
    from skdictate.speechkit.base import BackendSession

SPOKEN = ("ever tried", "ever failed", "no matter", "fail better")
"""Phrases in the shorter recording of the demo."""
ENOUGH = 3
"""Number of them that must be recognised; no recogniser gets every word."""


async def recogniser(case: CheckContext) -> CheckResult:
    """Check that it recognises the recording, and how fast, in the way dictations use it."""
    from skdictate.app.factory import Factory

    finding = await _tried(Factory(Settings(engine="local"), case.paths, {}))
    if finding.state is CheckState.FAILED and not _is_used(case):
        detail = f"{finding.detail}; your settings do not use it"
        return replace(finding, state=CheckState.WARNING, detail=detail)
    return finding


def _is_used(case: CheckContext) -> bool:
    """Whether the settings use the embedded recogniser; yes if they are invalid."""
    from skdictate.app.factory import Factory

    with suppress(ProblemError):  # the check of the settings reports it
        return Factory(case.settings, case.paths, case.environ).recogniser.is_local
    return True


async def _tried(factory: Factory) -> CheckResult:
    assert factory.server is not None
    problems: list[Problem] = []
    async with asyncio.TaskGroup() as group:
        recognising = group.create_task(_recognise(factory))

        def died(problem: Problem) -> None:
            problems.append(problem)
            recognising.cancel()

        factory.server.on_problem = died
        serving = group.create_task(factory.server.run())
        await asyncio.wait([recognising])
        serving.cancel()
    await factory.close()
    return failed("recogniser", problems[0]) if problems else recognising.result()


async def _recognise(factory: Factory) -> CheckResult:
    """Recognise the recording and measure the time without that of loading the model."""
    from skdictate.sources.file_source import demo_paths

    assert factory.server is not None
    try:
        await factory.server.address()
        source = factory.sound.file(demo_paths()[1], speed=0.0)
        began_s = time.monotonic()
        async with factory.backend.connect(factory.sound.format) as session:
            n_samples, text = await asyncio.gather(_send(source, session), _read(session))
    except ProblemError as error:
        return failed("recogniser", error.problem)
    sound_s = factory.sound.format.seconds(n_samples)
    return judged(factory.backend.name, text, sound_s, time.monotonic() - began_s)


async def _send(source: Source, session: BackendSession) -> int:
    """Send the whole recording; returns the number of samples."""
    n_samples = 0
    with suppress(ProblemError):  # the reader gets the problem, too
        async with source, aclosing(aiter(source)) as blocks:  # type: ignore[type-var]
            async for block in blocks:
                if isinstance(block, bytes):
                    await session.send_audio(block)
                    n_samples += len(block) // BYTES_PER_SAMPLE
        await session.finish()
    return n_samples


async def _read(session: BackendSession) -> str:
    """The text of all finals."""
    async with aclosing(aiter(session)) as events:  # type: ignore[type-var]
        return " ".join([event.text async for event in events if isinstance(event, Final)])


def judged(name: str, text: str, sound_s: float, took_s: float) -> CheckResult:
    """The result for a recognised text.

    Args:
        name: name of the recogniser.
        text: what it recognised.
        sound_s: length of the recording.
        took_s: time that it took.
    """
    heard = "".join(char for char in text.lower() if char.isalpha() or char == " ")
    if sum(words in heard for words in SPOKEN) < ENOUGH:
        detail = f"{name} recognised {text[:60]!r} instead of “Ever tried. Ever failed.”"
        hint = "Reinstall skdictate: its model may be damaged."
        return CheckResult("recogniser", CheckState.FAILED, detail, hint, Exit.NETWORK)
    speed = sound_s / took_s
    detail = f"{name}: {sound_s:.0f} s of speech in {took_s:.1f} s, {speed:.1f} times real time"
    if speed < 1:
        hint = "Text will lag behind speech on this machine. SpeechKit would be faster."
        return CheckResult("recogniser", CheckState.WARNING, detail, hint)
    return CheckResult("recogniser", CheckState.OK, detail)
