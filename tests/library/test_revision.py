"""A stretch gets another text: the rest stays, the old is kept, and half of it never happens."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from skdictate.core.changes import (
    FindingMade,
    Gap,
    GapMarked,
    Line,
    LineCommitted,
    LineRefined,
    Reason,
    SessionChanged,
    Settled,
)
from skdictate.core.findings import Finding
from skdictate.core.session_state import SessionState
from skdictate.errors import ProblemError
from skdictate.library.draft import Draft
from skdictate.library.library import Library
from skdictate.library.reprocess_ranges import ReprocessRange, TextSelection
from skdictate.library.revision import Maker, newest_session, revisions, supersede
from skdictate.library.stored_dictation import StoredDictation
from tests.library.killed import SOUND, running

ONE, TWO, THREE = (
    Line(number, text, start, start + 1_000, 1)
    for number, text, start in ((1, "one", 1_000), (2, "too", 5_000), (3, "three", 12_000))
)
UNHEARD = Gap(8_000, 10_000, Reason.UNRECOGNISED, "som")
HOLE = Gap(10_000, 11_000, Reason.NOT_CAPTURED)
MAKER = Maker("another", "v2", "ru-RU", 15)
OF_TWO = Finding("labels", 1, 5_000, 6_000, "speaker 0", "{}")
OF_ALL = Finding("summary", 1, 0, 16_000, "summary", "{}")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "home" / "library.sqlite")


@pytest.fixture
def before(library: Library) -> StoredDictation:
    """Three lines, of which the second and third are refined, a gap, and a hole in the sound."""
    folder = library.path.parent / "recordings"
    dictation_id, recording = running(
        library, folder, lines=(ONE, TWO, THREE), gaps=(UNHEARD, HOLE), settled=16_000
    )
    recording.close()
    for line, text in ((TWO, "Too."), (THREE, "Three.")):
        library.refine_line(dictation_id, replace(line, text=text))
    for finding in (OF_TWO, OF_ALL):
        library.add_finding(dictation_id, finding)
    library.note_session(dictation_id, SessionChanged(1, SessionState.CLOSED))
    library.finish(dictation_id, 16_000, 30)
    return kept(library)


def kept(library: Library) -> StoredDictation:
    it = library.get(1)
    assert it is not None
    return it


def said(*texts: str, start: int, gap: Gap | None = None) -> Draft:
    """Lines in a session of their own, the first of them refined."""
    draft = Draft(first_session=1)
    for number, text in enumerate(texts, 1):
        at = start + 300 * number
        draft.apply(LineCommitted(Line(number, text, at, at + 200, 1)))
    if texts:
        draft.apply(LineRefined(Line(1, texts[0].capitalize(), 0, 0, 1, is_refined=True)))
    if gap is not None:
        draft.apply(GapMarked(gap))
    draft.apply(SessionChanged(1, SessionState.CLOSED, "session", "request"))
    draft.apply(FindingMade(Finding("labels", 1, start, start + 300, "speaker 1", "{}")))
    draft.apply(Settled(16_000))
    return draft


def text(kept: StoredDictation) -> TextSelection:
    return TextSelection(kept.lines, kept.gaps, kept.n_samples, SOUND)


def test_a_line_becomes_two_and_the_rest_moves_up(
    library: Library, before: StoredDictation
) -> None:
    (stretch,) = text(before).numbered(2, 2)
    draft = said("two", "and a half", start=4_000)
    assert draft.texts == ["Two", "and a half"]
    supersede(library, before, stretch, draft, MAKER)
    after = kept(library)
    assert [(it.number, it.text) for it in after.lines] == [
        *((1, "one"), (2, "Two"), (3, "and a half"), (4, "Three.")),
    ]
    assert [it.session_number for it in after.lines] == [1, 2, 2, 1]
    assert after.lines[3] == replace(before.lines[2], number=4)
    assert after.gaps == before.gaps
    assert (after.state, after.billed_s) == ("incomplete", 45)
    assert [it.words for it in after.findings] == ["summary", "speaker 1"]
    (revision,) = revisions(library, 1)
    assert (revision.before, revision.maker) == (("Too.",), MAKER)
    assert (revision.start_sample, revision.end_sample) == (stretch.start, stretch.end)
    assert newest_session(library, 1) == 2


def test_the_first_words_of_what_moves_are_kept(library: Library, before: StoredDictation) -> None:
    (stretch,) = text(before).numbered(1, 2)
    supersede(library, before, stretch, said("both", start=1_000), MAKER)
    with sqlite3.connect(library.path) as other:
        lines = other.execute("SELECT number, text FROM line").fetchall()
        better = other.execute("SELECT number, text FROM refinement ORDER BY number").fetchall()
    other.close()
    assert lines == [(1, "both"), (2, "three")]
    assert better == [(1, "Both"), (2, "Three.")]


def test_a_gap_becomes_lines_and_what_was_never_recorded_stays(
    library: Library, before: StoredDictation
) -> None:
    (stretch,) = text(before).missing()
    supersede(library, before, stretch, said("here", "it is", start=8_100), MAKER)
    after = kept(library)
    assert [it.text for it in after.lines] == ["one", "Too.", "Here", "it is", "Three."]
    assert after.gaps == (HOLE,)
    assert set(before.findings) <= set(after.findings), "they are about other words"
    assert revisions(library, 1)[0].before == ()


def test_all_of_it_at_once(library: Library, before: StoredDictation) -> None:
    (stretch,) = text(before).whole()
    rest = Gap(15_000, 16_000, Reason.UNRECOGNISED)
    supersede(library, before, stretch, said("new", start=0, gap=rest), MAKER)
    after = kept(library)
    assert [it.text for it in after.lines] == ["New"]
    assert after.gaps == (HOLE, rest)
    assert [it.words for it in after.findings] == ["speaker 1"]
    assert revisions(library, 1)[0].before == ("one", "Too.", "Three.")


def test_when_the_last_gap_is_gone_it_is_done(library: Library, before: StoredDictation) -> None:
    stretch = ReprocessRange(8_000, 11_000, (), (UNHEARD, HOLE))
    supersede(library, before, stretch, said(start=8_000), MAKER)
    assert (kept(library).state, kept(library).gaps) == ("done", ())


def test_a_text_that_has_changed_meanwhile_is_left_alone(
    library: Library, before: StoredDictation
) -> None:
    (stretch,) = text(before).numbered(2, 2)
    supersede(library, before, stretch, said("two", start=4_000), MAKER)
    after = kept(library)
    with pytest.raises(ProblemError, match="has changed"):
        supersede(library, before, stretch, said("three", start=4_000), MAKER)
    assert kept(library) == after
    assert len(revisions(library, 1)) == 1


KILLED = """
import sys
from pathlib import Path
from skdictate.audio.pcm import Format
from skdictate.core.changes import Line, LineCommitted
from skdictate.library.reprocess_ranges import TextSelection
from skdictate.library.draft import Draft
from skdictate.library.library import Library
from skdictate.library.revision import Maker, supersede
n_left = int(sys.argv[2])
def trace(frame, event, argument):
    global n_left
    if "skdictate/library" in frame.f_code.co_filename:
        n_left -= 1
        if n_left == 0:
            import os, signal
            os.kill(os.getpid(), signal.SIGKILL)
    return trace
library = Library(Path(sys.argv[1]))
kept = library.get(1)
(stretch,) = TextSelection(kept.lines, kept.gaps, kept.n_samples, Format(16_000)).numbered(1, 2)
draft = Draft()
draft.apply(LineCommitted(Line(1, "other", 1_000, 2_000, 1)))
sys.settrace(trace)
supersede(library, kept, stretch, draft, Maker("", "", ""))
"""


@pytest.mark.parametrize("n_lines", [40, 80, 110, 130])
def test_a_kill_in_the_middle_changes_nothing(
    library: Library, before: StoredDictation, n_lines: int
) -> None:
    library.close()
    command = [sys.executable, "-c", KILLED, str(library.path), str(n_lines)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    again = Library(library.path)
    assert kept(again) == before
    assert revisions(again, 1) == []
    again.close()
