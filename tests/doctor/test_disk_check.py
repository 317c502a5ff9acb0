"""Folders that cannot be used or are open to others, and disks that are nearly full."""

from __future__ import annotations

import os
import resource
import shlex
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from skdictate.doctor import disk_check
from skdictate.doctor.check_result import CheckContext, CheckState
from skdictate.errors import Exit
from skdictate.system.paths import Paths
from tests.support.mounts import CAN_MOUNT, mounted

NOBODY = 65_534


def at(case: CheckContext, home: Path) -> CheckContext:
    return replace(case, paths=Paths.of({"SKDICTATE_HOME": str(home)}))


async def test_what_is_not_there_yet_is_not_made(case: CheckContext, home: Path) -> None:
    finding = await disk_check.folders(case)
    assert finding.state is CheckState.OK
    assert "can be created" in finding.detail
    assert not home.exists()


async def test_a_folder_that_is_there_is_written_to_and_left_as_it_was(
    case: CheckContext, home: Path
) -> None:
    home.mkdir(mode=0o700)
    finding = await disk_check.folders(case)
    assert (finding.state, finding.detail) == (CheckState.OK, f"{home} is writable")
    assert list(home.iterdir()) == []


async def test_a_folder_that_others_can_read_is_closed_by_the_command(
    case: CheckContext, tmp_path: Path
) -> None:
    home = tmp_path / "an open house"
    home.mkdir()
    home.chmod(0o755)
    finding = await disk_check.folders(at(case, home))
    assert finding.state is CheckState.WARNING
    subprocess.run(shlex.split(finding.hint.split("\n")[1]), check=True)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert (await disk_check.folders(at(case, home))).state is CheckState.OK


@pytest.mark.parametrize("below", ["", "deeper/still"])
async def test_a_file_in_the_way_is_said(case: CheckContext, tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("")
    finding = await disk_check.folders(at(case, tmp_path / "file" / below))
    assert (finding.state, finding.exit_code) == (CheckState.FAILED, Exit.DISK)
    assert "is not a folder" in finding.detail


async def test_a_folder_of_somebody_else_is_said(case: CheckContext, tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    user = os.geteuid()
    os.seteuid(user or NOBODY)  # root may write to everything
    try:
        findings = [await disk_check.folders(at(case, home)) for home in (locked, locked / "below")]
    finally:
        os.seteuid(user)
    for finding in findings:
        assert (finding.state, finding.exit_code) == (CheckState.FAILED, Exit.DISK)


@pytest.mark.skipif(not CAN_MOUNT, reason="needs a disk of its own")
async def test_a_disk_without_inodes_is_no_lack_of_permission(
    case: CheckContext, tmp_path: Path
) -> None:
    with mounted(tmp_path / "disk", 10_000_000, n_files=1) as place:
        full = at(case, place)
        for check in (disk_check.folders, disk_check.space):
            finding = await check(full)
            assert (finding.state, finding.exit_code) == (CheckState.FAILED, Exit.DISK)
            assert "inodes" in finding.hint


async def test_a_disk_that_does_not_take_the_sound_is_said(case: CheckContext, home: Path) -> None:
    home.mkdir(mode=0o700)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        finding = await disk_check.folders(case)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (finding.state, finding.exit_code) == (CheckState.FAILED, Exit.DISK)
    assert "too large" in finding.detail


@pytest.mark.parametrize(
    ("free_bytes", "rate_hz", "state", "said"),
    [
        (0, 16_000, CheckState.FAILED, "0 kB free, enough for 0 seconds"),
        (1_900_000, 16_000, CheckState.FAILED, "1.9 MB free, enough for 59 seconds"),
        (2_000_000, 16_000, CheckState.WARNING, "2 MB free, enough for 62 seconds"),
        (2_000_000, 48_000, CheckState.FAILED, "2 MB free, enough for 21 seconds"),
        (100_000_000, 16_000, CheckState.WARNING, "100 MB free, enough for 52 minutes"),
        (1_152_000_000, 16_000, CheckState.OK, "1.15 GB free, enough for 10 hours"),
        (2 * 10**12, 16_000, CheckState.OK, "2 TB free, enough for 17361 hours"),
    ],
)
def test_room_is_told_in_time(free_bytes: int, rate_hz: int, state: CheckState, said: str) -> None:
    finding = disk_check.room(free_bytes, rate_hz)
    assert finding.state is state
    assert finding.detail == f"{said} of sound"
    assert (finding.exit_code is Exit.DISK) == (state is CheckState.FAILED)


async def test_the_disk_is_that_of_the_library(case: CheckContext) -> None:
    finding = await disk_check.space(case)
    assert "free, enough for" in finding.detail
