from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from skdictate.errors import Exit, ProblemError
from skdictate.output.sinks import opened, save

posix = pytest.mark.skipif(os.name != "posix", reason="rights and links as POSIX has them")


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


def test_a_file_is_as_it_was_until_a_complete_text_takes_its_place(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("old\n")
    with opened(str(path)) as sink:
        sink.stream.write("new\n")
        sink.stream.flush()
        assert path.read_text() == "old\n"
        assert (tmp_path / "text.txt.part").read_text() == "new\n", "it can be read as it grows"
        assert sink.settle(is_complete=True) == ""
    assert path.read_text() == "new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_that_is_not_complete_replaces_nothing_and_is_kept_beside(tmp_path: Path) -> None:
    path, part = tmp_path / "text.txt", tmp_path / "text.txt.part"
    path.write_text("old\n")
    with opened(str(path)) as sink:
        sink.stream.write("half\n")
        sink.stream.flush()
        assert str(part) in sink.settle(is_complete=False)
    assert (path.read_text(), part.read_text()) == ("old\n", "half\n")
    with opened(str(path)) as sink:
        assert sink.settle(is_complete=False) == "", "nothing was written"
    with pytest.raises(RuntimeError), opened(str(path)) as sink:
        sink.stream.write("more\n")
        raise RuntimeError
    assert (path.read_text(), part.read_text()) == ("old\n", "half\n")
    assert (tmp_path / "text.txt.2.part").read_text() == "more\n"


def test_where_nothing_is_replaced_an_incomplete_text_has_the_name(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    with opened(str(path)) as sink:
        sink.stream.write("half\n")
        sink.stream.flush()
        assert sink.settle(is_complete=False) == ""
    assert path.read_text() == "half\n"
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_nobody_else_reads_it_whatever_was_there(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_text("old\n")
    path.chmod(0o644)
    was = os.umask(0)
    try:
        with opened(str(path)) as sink:
            assert stat.S_IMODE(os.fstat(sink.stream.fileno()).st_mode) == 0o600
            sink.settle(is_complete=True)
        save(tmp_path / "other.txt", "text")
    finally:
        os.umask(was)
    assert {stat.S_IMODE(it.stat().st_mode) for it in tmp_path.iterdir()} == {0o600}


@posix
def test_a_link_of_this_user_is_followed_and_stays(tmp_path: Path) -> None:
    target, link = tmp_path / "there.txt", tmp_path / "link.txt"
    link.symlink_to(target)
    for text in ("one", "two"):
        save(link, text)
        assert (link.is_symlink(), target.read_text()) == (True, text)
    with opened(str(link)) as sink:
        sink.stream.write("three")
        sink.settle(is_complete=True)
    assert (link.is_symlink(), target.read_text()) == (True, "three")


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="only root is two users")
@pytest.mark.parametrize("kind", ["link", "folder", "device"])
def test_a_link_of_another_user_is_not_followed(tmp_path: Path, kind: str) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "folder"
    victim.write_text("precious")
    folder.mkdir()
    planted = tmp_path / "planted"
    planted.symlink_to({"link": victim, "folder": folder, "device": Path("/dev/null")}[kind])
    os.chown(planted, 65_534, 65_534, follow_symlinks=False)
    path = planted / "text.txt" if kind == "folder" else planted
    with pytest.raises(ProblemError, match="another user") as caught, opened(str(path)):
        pass
    assert caught.value.problem.exit_code is Exit.DISK
    with pytest.raises(ProblemError, match="another user"):
        save(path, "text")
    assert victim.read_text() == "precious"
    assert planted.is_symlink()
    assert list(folder.iterdir()) == []


@posix
def test_a_hard_link_that_was_planted_keeps_what_it_has(tmp_path: Path) -> None:
    victim, planted = tmp_path / "victim", tmp_path / "planted"
    victim.write_text("precious")
    planted.hardlink_to(victim)
    save(planted, "text")
    assert (victim.read_text(), planted.read_text()) == ("precious", "text")


@posix
def test_a_device_is_written_to_and_not_replaced() -> None:
    save(Path(os.devnull), "text")
    with opened(os.devnull) as sink:
        sink.stream.write("text")
        sink.settle(is_complete=True)
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("name", ["missing/text.txt", "folder", "read-only"])
def test_an_output_that_cannot_be_is_said_before_anything_is_heard(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "read-only").write_text("old")
    (tmp_path / "read-only").chmod(0o400)
    with (
        pytest.raises(ProblemError, match="cannot be written") as caught,
        opened(str(tmp_path / name)),
    ):
        raise AssertionError
    assert caught.value.problem.exit_code is Exit.DISK
    assert (tmp_path / "read-only").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_a_disk_that_does_not_take_a_text_is_said() -> None:
    with pytest.raises(ProblemError, match="cannot be written"), opened("/dev/full") as sink:
        sink.put("text")
