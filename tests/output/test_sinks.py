from __future__ import annotations

from pathlib import Path

import pytest

from skdictate.errors import Exit, ProblemError
from skdictate.output.sinks import save


def test_a_text_is_saved_whole_and_over_an_older_one(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    save(path, "one\n")
    save(path, "two\n")
    assert path.read_text() == "two\n"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["missing/text.txt", "folder"])
def test_a_place_that_does_not_take_it_is_said_and_nothing_is_left(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ProblemError, match="cannot be saved") as caught:
        save(tmp_path / name, "text")
    assert caught.value.problem.exit_code is Exit.DISK
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
