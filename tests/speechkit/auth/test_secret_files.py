"""Files with every kind of rights, and what stands in place of one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from skdictate.errors import Exit, Kind, ProblemError
from skdictate.speechkit.auth.secret_files import MOST_BYTES, mode_of, read_private, read_stdin

SECRET = "canary-5521-0123456789"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files to another user")


def file(folder: Path, mode: int = 0o600, content: bytes = SECRET.encode()) -> Path:
    path = folder / "key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700])
def test_one_that_nobody_else_can_read_is_read(tmp_path: Path, mode: int) -> None:
    path = file(tmp_path, mode)
    assert read_private(path) == SECRET
    assert mode_of(path) == f"{mode:04o}"


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o660, 0o604, 0o620, 0o602])
def test_one_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = file(tmp_path, mode)
    with pytest.raises(ProblemError) as caught:
        read_private(path)
    assert f"(mode {mode:04o})" in caught.value.problem.detail
    assert caught.value.problem.hint == f"Run: chmod 600 {path}"
    assert caught.value.problem.exit_code is Exit.CREDENTIALS


def test_a_link_is_refused_whatever_it_points_to(tmp_path: Path) -> None:
    session = tmp_path / "link"
    session.symlink_to(file(tmp_path))
    with pytest.raises(ProblemError, match="is a symbolic link"):
        read_private(session)


@needs_root
def test_one_of_another_user_is_refused(tmp_path: Path) -> None:
    path = file(tmp_path)
    os.chown(path, 65_534, 65_534)
    with pytest.raises(ProblemError, match="belongs to another user"):
        read_private(path)


def test_systemd_lets_a_service_read_by_an_access_list(tmp_path: Path) -> None:
    assert read_private(file(tmp_path, 0o440), is_given_by_system=True) == SECRET
    for mode in (0o444, 0o460):
        with pytest.raises(ProblemError, match="Others can read"):
            read_private(file(tmp_path, mode), is_given_by_system=True)


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path, said in (
        (pipe, "is not a regular file"),
        (tmp_path, "is not a regular file"),
        (tmp_path / "none", "No such file"),
    ):
        with pytest.raises(ProblemError, match=said):
            read_private(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"x" * (MOST_BYTES + 1), "more than"), (b"\xff\xfe", "does not hold text")],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(ProblemError, match=said):
        read_private(file(tmp_path, content=content))


def test_standard_input_is_read_once_and_for_all() -> None:
    read_stdin.cache_clear()
    reader, writer = os.pipe()
    os.write(writer, SECRET.encode())
    os.close(writer)
    assert read_stdin(reader) == SECRET
    assert read_stdin(reader) == SECRET
    os.close(reader)
    read_stdin.cache_clear()


def test_a_terminal_would_show_it() -> None:
    parent, child = os.openpty()
    with pytest.raises(ProblemError, match="auth login") as caught:
        read_stdin(child)
    assert caught.value.problem.kind is Kind.USAGE
    os.close(parent)
    os.close(child)
