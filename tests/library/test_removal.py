"""What is removed leaves no trace; what somebody works on, or is not recognised yet, stays."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from skdictate.core.changes import Gap, Line, LineCommitted, Reason
from skdictate.core.findings import Finding
from skdictate.library.draft import Draft
from skdictate.library.library import Library
from skdictate.library.recording import Recording
from skdictate.library.recording_lock import held
from skdictate.library.removal import (
    Fate,
    Removed,
    Retention,
    begun_before,
    delete,
    retain,
    spend_sound,
    sweep_empty,
)
from skdictate.library.reprocess_ranges import TextSelection
from skdictate.library.revision import Maker, supersede
from tests.library.killed import SOUND, running
from tests.library.test_library import ABOUT

CANARY = "canary-4407"
OTHER = "another-8812"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "home" / "library.sqlite")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "recordings"


def ended(
    library: Library,
    folder: Path,
    name: str,
    *,
    words: str = "one",
    gaps: tuple[Gap, ...] = (),
    days_ago: int = 0,
    keeps_audio: bool = True,
) -> tuple[int, Path]:
    """A dictation that is over."""
    dictation_id, recording = running(
        library, folder, name, lines=(Line(1, words, 0, 100, 1),), gaps=gaps
    )
    recording.close()
    moment = datetime.now(UTC) - timedelta(days=days_ago)
    library.finish(dictation_id, 16_000, ended_at=moment)
    with library.transaction() as db:
        db.execute(
            "UPDATE dictation SET keeps_audio = ?, started_at = ? WHERE id = ?",
            (keeps_audio, moment.isoformat(), dictation_id),
        )
    return dictation_id, recording.path


def contents(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_no_trace_is_left_anywhere(library: Library, folder: Path) -> None:
    others = [ended(library, folder, f"{n}.wav", words=f"{OTHER} {n}")[0] for n in range(40)]
    dictation_id, recording = running(library, folder, lines=(Line(1, CANARY, 0, 100, 1),))
    recording.close()
    with library.transaction():
        for n in range(2, 400):  # so that pages are split, and split again
            library.add_line(
                dictation_id, Line(n, f"{CANARY} {n}" * (n % 7), n * 100, n * 100 + 9, 1)
            )
            library.refine_line(dictation_id, Line(n, f"{CANARY} better {n}", 0, 0, 1))
    library.add_finding(dictation_id, Finding("class", 1, 0, 9, CANARY, f'"{CANARY}"'))
    library.add_gap(dictation_id, Gap(50_000, 60_000, Reason.UNRECOGNISED, CANARY))
    library.finish(dictation_id, 16_000)
    kept = library.get(dictation_id)
    assert kept is not None
    draft = Draft()
    draft.apply(LineCommitted(Line(1, CANARY, 0, 100, 1)))
    (stretch,) = TextSelection(kept.lines, kept.gaps, 90_000, SOUND).numbered(5, 200)
    supersede(library, kept, stretch, draft, Maker(CANARY, "", ""))
    assert CANARY.encode() in contents(folder.parent)
    assert delete(library, folder, [dictation_id, 999]) == Removed(texts=[dictation_id])
    assert CANARY.encode() not in contents(folder.parent)
    assert not recording.path.exists()
    assert library.ids() == sorted(others, reverse=True)
    assert all((library.get(it) or kept).text.startswith(OTHER) for it in others)


def test_no_copy_is_left_of_what_was_moved_within_a_page(library: Library, folder: Path) -> None:
    """Overwriting what is deleted is not enough: of these, some leave copies then."""
    for seed in range(12):
        rng = random.Random(seed)
        numbers = []
        for n in range(6):
            number, recording = running(library, folder, f"{seed}-{n}.wav", n_samples=2)
            recording.close()
            library.finish(number, 2)
            numbers.append(number)
        rows = [(number, n) for number in numbers for n in range(150)]
        rng.shuffle(rows)
        with library.transaction():
            for number, n in rows:
                said = CANARY if number == numbers[3] else OTHER
                text = f"{said} {n} {'x' * rng.randint(0, 300)}"
                library.add_line(number, Line(n, text, n, n, 1))
        delete(library, folder, numbers[3:4])
        assert CANARY.encode() not in contents(folder.parent)
        delete(library, folder, numbers)


def test_while_another_reads_the_journal_stays_and_that_is_known(
    library: Library, folder: Path
) -> None:
    dictation_id, _ = ended(library, folder, "a.wav")
    other = Library(library.path)
    with library.connection() as db:
        db.execute("PRAGMA busy_timeout = 50")
    with other.connection() as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM line").fetchone()
        assert delete(library, folder, [dictation_id]).has_traces
        db.execute("COMMIT")
    other.close()


def test_what_runs_is_not_deleted(library: Library, folder: Path) -> None:
    dictation_id, recording = running(library, folder)
    assert delete(library, folder, [dictation_id]) == Removed(in_use=[dictation_id])
    assert (recording.path.exists(), library.ids()) == (True, [dictation_id])
    recording.close()


def test_a_name_in_the_library_reaches_no_other_file(library: Library, folder: Path) -> None:
    folder.mkdir()
    precious = folder.parent / "precious.wav"
    precious.write_bytes(b"precious")
    dictation_id = library.begin(replace(ABOUT, recording="../precious.wav"))
    delete(library, folder, [dictation_id])
    assert precious.exists()


@pytest.mark.parametrize(
    ("reason", "fate"),
    [
        (None, Fate.GONE),
        (Reason.NOT_CAPTURED, Fate.GONE),
        (Reason.UNRECOGNISED, Fate.NEEDED),
        (Reason.UNREADABLE, Fate.NEEDED),
    ],
)
def test_sound_goes_when_all_of_it_is_recognised(
    library: Library, folder: Path, reason: Reason | None, fate: Fate
) -> None:
    gaps = (Gap(100, 9_000, reason),) if reason else ()
    dictation_id, path = ended(library, folder, "a.wav", gaps=gaps, keeps_audio=False)
    for _ in range(2):
        assert spend_sound(library, folder, dictation_id) is fate
    assert path.exists() == (fate is Fate.NEEDED)
    assert spend_sound(library, folder, 99) is Fate.KEPT


def test_sound_that_is_to_be_kept_is_kept(library: Library, folder: Path) -> None:
    dictation_id, path = ended(library, folder, "a.wav")
    assert spend_sound(library, folder, dictation_id) is Fate.KEPT
    assert path.exists()


def test_sound_that_somebody_works_on_stays(library: Library, folder: Path) -> None:
    dictation_id, path = ended(library, folder, "a.wav", keeps_audio=False)
    with held(path):
        assert spend_sound(library, folder, dictation_id) is Fate.IN_USE
    with library.transaction() as db:
        db.execute("UPDATE dictation SET state = 'running'")
    assert spend_sound(library, folder, dictation_id) is Fate.NEEDED


def test_what_is_too_old_goes_and_what_is_not_recognised_stays(
    library: Library, folder: Path
) -> None:
    rest = (Gap(100, 9_000, Reason.UNFINISHED),)
    ancient, _ = ended(library, folder, "ancient.wav", days_ago=400)
    old, old_path = ended(library, folder, "old.wav", days_ago=40)
    unheard, unheard_path = ended(library, folder, "unheard.wav", days_ago=4_000, gaps=rest)
    new, new_path = ended(library, folder, "new.wav")
    brief, brief_path = ended(library, folder, "brief.wav", keeps_audio=False)
    alive, recording = running(library, folder, "alive.wav")
    now = datetime.now(UTC)
    assert retain(library, folder, Retention(), now) == Removed(sounds=[brief])
    retention = Retention(audio_days=30, text_days=365)
    assert retain(library, folder, retention, now) == Removed(sounds=[old], texts=[ancient])
    assert retain(library, folder, retention, now) == Removed()
    assert [path.exists() for path in (old_path, unheard_path, new_path, brief_path)] == [
        *(False, True, True, False),
    ]
    assert set(library.ids()) == {old, unheard, new, brief, alive}
    recording.close()


def test_those_before_a_date_are_found(library: Library, folder: Path) -> None:
    old, _ = ended(library, folder, "old.wav", days_ago=40)
    ended(library, folder, "new.wav")
    assert begun_before(library, datetime.now(UTC) - timedelta(days=1)) == [old]


def test_empty_recordings_are_swept_up_and_no_others(folder: Path) -> None:
    empty, full, alive = (
        Recording.create(folder / f"{name}.wav", SOUND) for name in ("empty", "full", "alive")
    )
    full.append(bytes(2))
    empty.close()
    full.close()
    sweep_empty(folder)
    assert sorted(it.name for it in folder.iterdir()) == ["alive.wav", "full.wav"]
    alive.close()
