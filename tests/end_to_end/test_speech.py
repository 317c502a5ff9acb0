"""Real recordings through everything: source, wire, recogniser, core, output."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import run
from tests.support.speech import Errors, samples

WORST_WER = 0.25
"""The model alone gets 12 of the 61 words of these wrong; a broken pipeline, many more."""


async def test_each_recording_gives_its_words() -> None:
    errors = Errors()
    official = [sample for sample in samples() if sample.is_official and sample.transcript]
    for sample in official:
        done = await run("transcribe", str(sample.path))
        assert done.code == 0
        errors.add(sample.transcript, done.out)
    assert errors.n_words > 50
    assert errors.rate <= WORST_WER


async def test_a_recording_at_eight_kilohertz_is_recognised_at_either_rate() -> None:
    (path,) = [sample.path for sample in samples() if "Narrowband" in sample.path.name]
    for rate in ("8000", "16000"):
        done = await run("transcribe", str(path), "--rate", rate)
        assert "how can i help you today" in done.out.lower()


async def test_a_keyboard_says_nothing() -> None:
    (path,) = [sample.path for sample in samples() if "keyboard" in sample.path.name]
    done = await run("transcribe", str(path))
    assert (done.code, done.out) == (0, "")


@pytest.mark.parametrize("session_seconds", ["15"])
async def test_sessions_that_end_in_running_speech_cost_no_words(
    two_cities: Path, session_seconds: str
) -> None:
    whole = await run("transcribe", str(two_cities))
    cut = await run("transcribe", str(two_cities), "--session-seconds", session_seconds)
    errors = Errors()
    errors.add(whole.out, cut.out)
    assert errors.rate < 0.1
