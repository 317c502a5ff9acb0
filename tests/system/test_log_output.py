"""A log is a private file that is added to, and nothing else can be made of it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from skdictate.errors import Kind, ProblemError
from skdictate.system import log_output, log_records
from skdictate.system.hidden_value import HiddenValue
from skdictate.system.log_output import written

KEY = "AQVN-canary-8841-abcdefghij-KLMN"
log = logging.getLogger("skdictate.test")


def test_a_log_is_private_and_added_to(tmp_path: Path) -> None:
    path = tmp_path / "events.log"
    for words in ("first", "second"):
        with written(str(path), is_verbose=False, is_on_screen=True):
            log.info(words)
            log.debug("details")
        path.chmod(0o644)  # it is closed to others again
    path.chmod(0o644)
    with written(str(path), is_verbose=True, is_on_screen=True):
        log.debug("third")
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text().splitlines()
    assert [line.split(": ")[1] for line in lines] == ["first", "second", "third"]
    assert lines[0].split()[1:3] == ["INFO", "skdictate.test:"]
    log.info("nobody listens any more")
    assert len(path.read_text().splitlines()) == 3


@pytest.mark.parametrize("kind", ["link", "hard link", "pipe", "folder", "nowhere"])
def test_what_is_no_plain_file_of_ours_is_refused(tmp_path: Path, kind: str) -> None:
    path, other = tmp_path / "events.log", tmp_path / "other"
    other.write_text("as it was")
    if kind == "link":
        path.symlink_to(other)
    elif kind == "hard link":
        path.hardlink_to(other)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path = tmp_path / "no" / "folder"
    with (
        pytest.raises(ProblemError, match="The log cannot be written"),
        written(str(path), is_verbose=False, is_on_screen=False),
    ):
        log.info("words")
    assert other.read_text() == "as it was"


def test_details_need_a_file_where_there_is_a_screen() -> None:
    with (
        pytest.raises(ProblemError, match="--log-file") as raised,
        written("", is_verbose=True, is_on_screen=True),
    ):
        pass
    assert raised.value.problem.kind is Kind.USAGE


def test_details_are_said_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with written("", is_verbose=True, is_on_screen=False):
        log.debug("details")
    assert capsys.readouterr().err.endswith("DEBUG skdictate.test: details\n")


@pytest.mark.parametrize(
    "given", [HiddenValue("hidden"), ("a", [HiddenValue("hidden")]), {"a": HiddenValue("b")}, KEY]
)
def test_a_secret_is_refused(tmp_path: Path, given: object) -> None:
    path = tmp_path / "events.log"
    with written(str(path), is_verbose=False, is_on_screen=True):
        log.info("before %s after", given)
    assert log_records.REFUSED in path.read_text()
    assert "before" not in path.read_text()


def test_a_record_is_one_line_without_what_acts_on_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "events.log"
    with written(str(path), is_verbose=False, is_on_screen=True):
        try:
            raise ValueError("what was dictated")
        except ValueError:
            log.exception("named %s", "a\n\x1b[2Jb" + 1_000 * "c")
        log.info("too %s %s", "few")
    first, second = path.read_text().splitlines()
    assert "\x1b" not in first
    assert first.endswith("(ValueError)")
    assert len(first) < 2 * log_records.LONGEST
    assert second.endswith(log_records.REFUSED)


def test_a_log_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_output, "MOST_BYTES", 200)
    path = tmp_path / "events.log"
    with written(str(path), is_verbose=False, is_on_screen=True):
        for n in range(50):
            log.info("event %d", n)
    assert path.stat().st_size < 400
    assert path.read_text().endswith(f"{log_output.FULL}\n")


def test_a_disk_that_takes_no_log_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    taker = log_output._File.__new__(log_output._File)
    taker._path, taker._n_bytes, taker._is_over = Path("here"), 0, False
    taker._fd = os.open("/dev/full", os.O_WRONLY)
    try:
        taker.add("one")
        taker.add("two")
    finally:
        os.close(taker._fd)
    assert capsys.readouterr().err.count("The log cannot be written: here") == 1


def test_the_newest_records_are_remembered_without_a_log() -> None:
    log_records.remember()
    for n in range(log_records.KEPT + 10):
        log.info("event %d", n)
    lines = list(log_records.newest())
    assert len(lines) == log_records.KEPT
    assert lines[-1].endswith(f"event {log_records.KEPT + 9}")
