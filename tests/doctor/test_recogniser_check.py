"""The embedded recogniser is really tried, and is missed only where it is used."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from skdictate.doctor import recogniser_check
from skdictate.doctor.check_result import CheckContext, CheckState
from skdictate.errors import Exit
from skdictate.settings.config import Config, Settings

BROKEN = "raise ImportError('no such package here')"


async def test_it_hears_the_recording_and_tells_how_fast(case: CheckContext) -> None:
    finding = await recogniser_check.recogniser(case)
    assert finding.state is not CheckState.FAILED
    assert re.match(r"Moonshine tiny: 10 s of speech in \d+\.\d s, \d+\.\d times", finding.detail)


@pytest.mark.parametrize(
    ("endpoint", "state"), [("", CheckState.FAILED), ("localhost:1", CheckState.WARNING)]
)
async def test_where_it_is_missing_that_matters_if_it_is_used(
    case: CheckContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    endpoint: str,
    state: CheckState,
) -> None:
    (tmp_path / "moonshine_voice").mkdir()
    (tmp_path / "moonshine_voice" / "__init__.py").write_text(BROKEN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    case = replace(case, config=Config(Settings(endpoint=endpoint), {}))
    finding = await recogniser_check.recogniser(case)
    assert finding.state is state
    assert "no embedded recogniser" in finding.detail
    assert "SKDICTATE_API_KEY" in finding.hint
    assert finding.exit_code is Exit.NETWORK


async def test_a_server_that_dies_is_not_waited_for(
    case: CheckContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "soxr.py").write_text("raise SystemExit('out of paper')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    finding = await recogniser_check.recogniser(case)
    assert finding.state is CheckState.FAILED
    assert "out of paper" in finding.detail
    assert finding.hint == "", "no dictation goes on here"


@pytest.mark.parametrize(
    ("text", "took_s", "state"),
    [
        ("Ever tried. Ever failed. No matter. Try again. Fail better.", 0.5, CheckState.OK),
        ("Every tried, ever failed? No matter! Try again, fail better", 0.5, CheckState.OK),
        ("Ever tried. Ever failed. No matter. Try again. Fail better.", 12.0, CheckState.WARNING),
        ("It was the best of times", 0.5, CheckState.FAILED),
        ("", 0.5, CheckState.FAILED),
    ],
)
def test_words_and_pace_are_judged(text: str, took_s: float, state: CheckState) -> None:
    assert recogniser_check.judged("it", text, 10.0, took_s).state is state
