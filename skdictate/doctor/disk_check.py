"""Checks the folders where data is stored, and the free disk space."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import tempfile
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.doctor.check_result import CheckContext, CheckResult, CheckState
from skdictate.errors import Exit
from skdictate.system.paths import Paths, files_left

LEAST_S = 60
"""The check fails with less free space than this many seconds of sound."""
LITTLE_S = 3600
"""The check warns with less free space than this many seconds of sound."""
NO_FILES_HINT = "Delete some files: the disk has no free inodes (see df -i)."
TRIAL_BYTES = 64 * 1024
"""Size of the test file: two seconds of sound at 16 kHz."""


async def folders(case: CheckContext) -> CheckResult:
    """Check that the folders can be written by this user, and read by nobody else."""
    places = _places(case.paths)
    for path in places:
        if error := _trouble(path):
            hint = "Correct its permissions, or set SKDICTATE_HOME to a folder of yours."
            if error == os.strerror(errno.ENOSPC):
                hint = "Free some space." if files_left(path) else NO_FILES_HINT
            return CheckResult("folders", CheckState.FAILED, f"{path}: {error}", hint, Exit.DISK)
    if os.name == "posix":
        private = dict.fromkeys([case.paths.data, case.paths.state])
        exposed = [str(path) for path in private if path.is_dir() and path.stat().st_mode & 0o077]
        if exposed:
            detail = f"other users can read {', '.join(exposed)}"
            hint = f"Make it private:\nchmod 700 {shlex.join(exposed)}"
            return CheckResult("folders", CheckState.WARNING, detail, hint)
    words = {True: "is writable", False: "can be created when needed"}
    detail = "; ".join(f"{path} {words[path.is_dir()]}" for path in places)
    return CheckResult("folders", CheckState.OK, detail)


async def space(case: CheckContext) -> CheckResult:
    """Check how long one can dictate before the disk is full."""
    path = _nearest(case.paths.recordings)
    if not files_left(path):
        detail = "the disk has space but cannot hold more files"
        return CheckResult("disk", CheckState.FAILED, detail, NO_FILES_HINT, Exit.DISK)
    free_bytes = shutil.disk_usage(path).free
    return room(free_bytes, case.settings.rate)


def room(free_bytes: int, rate_hz: int) -> CheckResult:
    """The result for this many free bytes, at a sample rate of 16-bit mono sound."""
    sound = Format(rate_hz)
    lasts_s = sound.seconds(free_bytes // sound.size_bytes(1))
    detail = f"{_size(free_bytes)} free, enough for {_time(lasts_s)} of sound"
    hint = "Make room: what the disk does not take is held in memory, for ten minutes."
    if lasts_s < LEAST_S:
        return CheckResult("disk", CheckState.FAILED, detail, hint, Exit.DISK)
    if lasts_s < LITTLE_S:
        return CheckResult("disk", CheckState.WARNING, detail, hint)
    return CheckResult("disk", CheckState.OK, detail)


def _places(paths: Paths) -> list[Path]:
    """The folders, each once."""
    return list(dict.fromkeys([paths.config, paths.data, paths.state]))


def _nearest(path: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _trouble(path: Path) -> str:
    """Why the folder cannot be used; nothing is made that was not there."""
    try:
        folder = _nearest(path)
        if not folder.is_dir():
            return f"{folder} is not a folder"
        if folder != path:
            return "" if _is_open(folder) else f"{folder} cannot be written to"
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(TRIAL_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _is_open(folder: Path) -> bool:
    """Whether something could be made there."""
    is_effective = os.access in os.supports_effective_ids
    return os.access(folder, os.W_OK | os.X_OK, effective_ids=is_effective)


def _size(size_bytes: int) -> str:
    for unit, name in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB")):
        if size_bytes >= unit:
            return f"{size_bytes / unit:.3g} {name}"
    return f"{size_bytes // 1000} kB"


def _time(lasts_s: float) -> str:
    for unit_s, name in ((3600, "hours"), (60, "minutes")):
        if lasts_s >= 2 * unit_s:
            return f"{lasts_s / unit_s:.0f} {name}"
    return f"{lasts_s:.0f} seconds"
