from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from skdictate.errors import ProblemError
from skdictate.system.paths import LONGEST_SOCKET, Paths, private_folder
from tests.support.mounts import CAN_MOUNT, mounted


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


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A folder that others may look into, and should go on to."""
    folder = tmp_path / "site"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def test_nothing_is_closed_through_a_link(tmp_path: Path, foreign: Path) -> None:
    link = tmp_path / "home"
    link.symlink_to(foreign)
    with pytest.raises(ProblemError, match="link to a folder that others can look into"):
        private_folder(link)
    assert stat.S_IMODE(foreign.stat().st_mode) == 0o755


def test_a_link_of_ones_own_to_a_private_folder_is_followed(tmp_path: Path, foreign: Path) -> None:
    link = tmp_path / "home"
    link.symlink_to(foreign)
    foreign.chmod(0o700)
    assert private_folder(link) == link
    assert private_folder(link / "below").is_dir()


@pytest.mark.skipif(not CAN_MOUNT, reason="only root can make a link of another user")
@pytest.mark.parametrize("below", ["", "run", "a/b"])
def test_a_link_of_another_user_is_not_followed(tmp_path: Path, foreign: Path, below: str) -> None:
    foreign.chmod(0o700)
    link = tmp_path / "home"
    link.symlink_to(foreign)
    os.lchown(link, 65_534, 65_534)
    with pytest.raises(ProblemError, match="is a link that another user has made"):
        private_folder(link / below)
    assert not list(foreign.iterdir())


@pytest.mark.skipif(not CAN_MOUNT, reason="needs a disk of its own")
def test_a_disk_without_inodes_is_no_lack_of_permission(tmp_path: Path) -> None:
    with mounted(tmp_path / "disk", 1_000_000, n_files=1) as disk:
        with pytest.raises(ProblemError, match="No space left") as raised:
            private_folder(disk / "home")
        assert raised.value.problem.hint.startswith("Remove some files")
        assert "permissions" not in str(raised.value.problem)


@pytest.mark.parametrize("depth", [0, 30])
def test_sockets_get_a_private_folder_with_a_short_name(tmp_path: Path, depth: int) -> None:
    home = tmp_path.joinpath(*["folder"] * depth)
    folder = Paths.of({"SKDICTATE_HOME": str(home)}).socket_folder()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(os.fsencode(folder)) < LONGEST_SOCKET - 10
    folder.rmdir()
