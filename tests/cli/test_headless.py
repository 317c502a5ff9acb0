from __future__ import annotations

import asyncio
import io
from pathlib import Path

import pytest

from skdictate.app.factory import Factory
from skdictate.cli.headless import dictate, exit_code
from skdictate.core.changes import PartialChanged
from skdictate.engine import Outcome
from skdictate.errors import Exit, Kind, Problem, ProblemError
from skdictate.output.sinks import opened
from skdictate.output.stderr_notes import StderrNotes
from skdictate.settings.config import Settings
from skdictate.system.paths import Paths
from tests.engine.test_engine import SOUND
from tests.support.number_recogniser import count, write


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_partial_that_is_too_long_shows_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    notes = StderrNotes(terminal)
    notes.partial("one two three four five six")
    notes.say("stop")
    assert terminal.getvalue() == "\r\x1b[K…three four five six\r\x1b[Kskdictate: stop\n".replace(
        "…three four five six", "…ee four five six"
    )


def test_a_pipe_sees_no_partial() -> None:
    pipe = io.StringIO()
    notes = StderrNotes(pipe)
    notes.partial("one")
    notes.clear()
    assert pipe.getvalue() == ""


NETWORK = Problem(Kind.NETWORK, "gone")
DISK = Problem(Kind.DISK, "full")


@pytest.mark.parametrize(
    ("n_lines", "n_gaps", "problem", "code"),
    [
        (3, 0, None, Exit.DONE),
        (0, 0, None, Exit.DONE),
        (3, 1, NETWORK, Exit.GAP),
        (0, 1, NETWORK, Exit.NETWORK),
        (3, 0, NETWORK, Exit.DONE),
        (3, 0, DISK, Exit.DISK),
        (0, 1, Problem(Kind.CREDENTIALS, "bad key"), Exit.CREDENTIALS),
        (0, 0, Problem(Kind.MICROPHONE, "none"), Exit.MICROPHONE),
        (0, 1, Problem(Kind.RECOGNISER, "missing"), Exit.NETWORK),
    ],
)
def test_the_exit_code_tells_how_it_ended(
    n_lines: int, n_gaps: int, problem: Problem | None, code: Exit
) -> None:
    assert exit_code(Outcome(n_lines, n_gaps, 1, 1000, 0, problem)) is code


def test_an_output_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="cannot be written"), opened(str(tmp_path)):
        pass


async def test_a_recogniser_that_never_comes_ends_a_transcription(
    paths: Paths,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("skdictate.app.reach_limit.UNREACHABLE_S", 0.5)
    monkeypatch.setattr("skdictate.app.factory.PATIENCE_S", 0.5)
    pcm = count(1, 5, SOUND, gap_s=0, pause_s=1, run=5)
    path = write(tmp_path / "a.wav", pcm, SOUND)
    settings = Settings(endpoint=f"unix:{tmp_path / 'nobody'}", speed=0.0)
    factory = Factory(settings, paths, {})
    async with asyncio.timeout(30):
        assert await dictate(factory, [factory.sound.file(path, 0)]) is Exit.NETWORK
    said = capsys.readouterr()
    assert "cannot be reached" in said.err
    assert "not recognised" in said.out


def test_a_partial_is_both_its_parts() -> None:
    assert PartialChanged("one two", "three").text == "one two three"


def test_a_partial_of_wide_characters_has_room_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    StderrNotes(terminal).partial("一二三四五六七八九十")
    assert terminal.getvalue() == "\r\x1b[K…三四五六七八九十"
