"""A damaged library is set aside; what can be read of it is in the new one, and nobody is lost."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from skdictate.core.changes import Gap, Line, Reason
from skdictate.errors import Problem, ProblemError
from skdictate.library import replace_damaged
from skdictate.library.copy_rows import copy_readable
from skdictate.library.library import Library
from skdictate.library.stored_dictation import StoredDictation
from skdictate.library.text_queue import QueuedChange, TextQueue
from tests.library.test_library import ABOUT

PAGE = 4096


def build(path: Path, n_dictations: int = 12, n_lines: int = 40) -> dict[int, StoredDictation]:
    """A library of some pages; all that is in it."""
    with closing(Library(path)) as library:
        for number in range(1, n_dictations + 1):
            dictation_id = library.begin(replace(ABOUT, recording=f"{number}.wav"))
            with library.transaction():
                for n in range(1, n_lines + 1):
                    line = Line(n, f"line {n} of dictation {number}, {'x' * 40}", n, n + 1, 1)
                    library.add_line(dictation_id, line)
                    if n % 3 == 0:
                        library.add_gap(dictation_id, Gap(n, n + 1, Reason.UNRECOGNISED))
                        library.refine_line(dictation_id, replace(line, text=f"Refined {n}."))
            library.finish(dictation_id, n_lines, 15)
    return content(path)


def content(path: Path) -> dict[int, StoredDictation]:
    with closing(Library(path)) as library:
        found = {number: library.get(number) for number in library.ids()}
    return {number: kept for number, kept in found.items() if kept is not None}


def asides(path: Path) -> list[Path]:
    return sorted(path.parent.glob("library damaged *.sqlite"))


@pytest.mark.parametrize(
    "junk", [b"no database at all" * 999, b"\0" * 65_536, b"SQLite format 3\0"]
)
def test_what_is_no_library_is_set_aside_as_it_is(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(junk)
    told: list[Problem] = []
    library = replace_damaged.opened(path, tell=told.append)
    assert library.begin(ABOUT) == 1
    library.close()
    (aside,) = asides(path)
    assert aside.read_bytes() == junk
    assert [problem.title for problem in told] == ["The library was damaged"]
    assert aside.name in told[0].detail
    assert "a new one was begun" in told[0].detail


@pytest.mark.parametrize("seed", range(6))
def test_of_a_library_with_spoilt_pages_the_rest_is_kept(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "library.sqlite"
    before = build(path)
    rng = random.Random(seed)
    data = bytearray(path.read_bytes())
    n_spoilt = 1 + seed % 2
    with closing(sqlite3.connect(path)) as db:
        rows = "SELECT pageno FROM dbstat WHERE name = 'line' AND pagetype = 'leaf'"
        try:
            leaves = [row[0] for row in db.execute(rows)]
        except sqlite3.OperationalError:  # built without that table
            leaves = list(range(5, len(data) // PAGE))
    for page in rng.sample(leaves, n_spoilt):
        data[(page - 1) * PAGE : page * PAGE] = rng.randbytes(PAGE)
    path.write_bytes(data)
    with pytest.raises(ProblemError, match="set aside"), replace_damaged.used(path) as library:
        for number in before:
            library.get(number)
    after = content(path)
    assert after.keys() == before.keys()
    for number, kept in after.items():
        assert set(kept.lines) <= set(before[number].lines)
        assert kept.gaps == before[number].gaps
    n_lines = sum(len(kept.lines) for kept in after.values())
    assert n_lines >= 12 * 40 - n_spoilt * 60
    assert len(asides(path)) == 1
    with replace_damaged.used(path) as library:
        assert library.begin(replace(ABOUT, recording="new.wav")) == 13, "no number is used twice"


def test_a_library_that_is_well_or_new_or_newer_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    before = build(path, 2, 3)
    replace_damaged.renewed(path, 1.0, lambda problem: pytest.fail(str(problem))).close()
    assert content(path) == before
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ProblemError, match="newer"):
        replace_damaged.opened(path)
    assert asides(path) == []


def test_who_was_killed_in_between_leaves_the_new_one_to_the_next(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    before = build(path, 2, 3)
    path.rename(path.with_suffix(".new"))
    replace_damaged.opened(path).close()
    assert content(path) == before


def test_of_those_who_find_it_damaged_at_once_one_sets_it_aside(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    path.write_bytes(b"junk" * 4096)
    code = """
import sys
from pathlib import Path
from dataclasses import replace
from skdictate.library import replace_damaged
from tests.library.test_library import ABOUT
sys.stdin.readline()
told = []
library = replace_damaged.opened(Path(sys.argv[1]), tell=told.append)
library.begin(replace(ABOUT, recording=sys.argv[2]))
library.close()
print(len(told))
"""
    several = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path), f"{n}.wav"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    for it in several:
        assert it.stdin is not None
        it.stdin.write("\n")
        it.stdin.flush()
    told = [int(it.communicate()[0]) for it in several]
    assert sorted(told) == [0, 0, 0, 1]
    assert len(asides(path)) == 1
    assert sorted(content(path)) == [1, 2, 3, 4]


def stored(shelf: TextQueue, *lines: Line) -> None:
    """As the thread of a shelf would do it."""
    shelf.put(*map(noted, lines))
    shelf._store()


def noted(line: Line) -> QueuedChange:
    return QueuedChange(lambda library, number: library.add_line(number, line))


def line(number: int) -> Line:
    return Line(number, f"line {number}", number, number + 1, 1)


def test_a_dictation_that_runs_moves_with_the_library(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    build(path, 2, 3)
    shelf = TextQueue(path, lambda: replace(ABOUT, recording="mine.wav"))
    stored(shelf, line(1), line(2))
    number = shelf.dictation_id
    assert number is not None
    # Another instance finds the library damaged, and has copied it before we go on in the old file.
    new = path.with_suffix(".new")
    copy_readable(path, new)
    stored(shelf, line(3))
    replace_damaged._set_aside(path)
    new.rename(path)
    stored(shelf, line(4))
    assert shelf.dictation_id == number
    assert content(path)[number].lines == tuple(line(n) for n in range(1, 5))


def test_a_dictation_that_nobody_has_copied_comes_along_whole(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    shelf = TextQueue(path, lambda: replace(ABOUT, recording="mine.wav"))
    stored(shelf, line(1), line(2))
    replace_damaged._set_aside(path)
    build(path, 3, 2)
    stored(shelf, line(3))
    assert shelf.dictation_id == 4
    assert content(path)[4].lines == tuple(line(n) for n in range(1, 4))


def test_a_library_that_is_spoilt_while_one_dictates_is_exchanged(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    build(path, 6, 40)
    shelf = TextQueue(path, lambda: replace(ABOUT, recording="mine.wav"))
    stored(shelf, line(1))
    number = shelf.dictation_id
    assert shelf._library is not None
    with shelf._library.connection() as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA cache_size = 0")
    data = bytearray(path.read_bytes())
    with path.open("r+b") as file:
        for page in range(2, len(data) // PAGE):
            file.seek(page * PAGE)
            file.write(random.Random(page).randbytes(200))
    stored(shelf, *(line(n) for n in range(2, 9)))
    assert len(asides(path)) == 1
    assert shelf.dictation_id is not None
    kept = content(path)[shelf.dictation_id]
    assert kept.about.recording == "mine.wav"
    assert set(kept.lines) >= {line(n) for n in range(2, 9)}
    assert number is not None
    notices: list[Problem] = []
    shelf.on_notice = notices.append
    shelf._publish_notices()
    assert [problem.title for problem in notices] == ["The library was damaged"]


def test_a_library_that_was_removed_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "library.sqlite"
    shelf = TextQueue(path, lambda: replace(ABOUT, recording="mine.wav"))
    stored(shelf, line(1))
    for file in path.parent.glob("library.sqlite*"):
        file.unlink()
    stored(shelf, line(2))
    assert shelf.dictation_id is not None
    assert content(path)[shelf.dictation_id].lines == (line(1), line(2))
