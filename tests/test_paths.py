from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from skdictate.errors import ProblemError
from skdictate.paths import LONGEST_SOCKET, Paths, private_folder


def test_one_variable_puts_everything_under_one_folder(tmp_path: Path) -> None:
    paths = Paths.of({"SKDICTATE_HOME": str(tmp_path)})
    places = [paths.config_file, paths.library, paths.recordings, paths.runtime, paths.state]
    assert all(place is not None and place.is_relative_to(tmp_path) for place in places)


def test_otherwise_the_platform_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    paths = Paths.of({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert paths.config_file == tmp_path / "c" / "skdictate" / "config.toml"
    assert paths.recordings == tmp_path / "d" / "skdictate" / "recordings"
    assert paths.runtime == tmp_path / "skdictate"
    assert Paths.of({"XDG_RUNTIME_DIR": "relative"}).runtime is None


def test_private_folders_are_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True, mode=0o755)
    assert stat.S_IMODE(private_folder(folder).stat().st_mode) == 0o700


def test_folders_on_the_way_are_closed_too_but_not_those_that_were_there(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    private_folder(tmp_path / "home" / "run")
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (tmp_path, tmp_path / "home")]
    assert modes == [0o755, 0o700]


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProblemError, match="A folder cannot be used"):
        private_folder(tmp_path / "file" / "below")


@pytest.mark.parametrize("depth", [0, 30])
def test_sockets_get_a_private_folder_with_a_short_name(tmp_path: Path, depth: int) -> None:
    home = tmp_path.joinpath(*["folder"] * depth)
    folder = Paths.of({"SKDICTATE_HOME": str(home)}).socket_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(os.fsencode(folder)) < LONGEST_SOCKET - 10
    folder.rmdir()
