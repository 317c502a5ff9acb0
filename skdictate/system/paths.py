"""Where this program keeps what: private folders, by the platform's rules or under one folder.

``SKDICTATE_HOME`` puts everything under one folder. Folders are made 0700 and files 0600.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError

APP = "skdictate"
FOLDER_MODE = 0o700
FILE_MODE = 0o600
FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
"""What a file system answers that has no room, or no inode, or none for this user."""
LONGEST_SOCKET = 100
"""Bytes of a Unix socket's path that every system allows (Linux 107, macOS 103)."""


@dataclass(frozen=True, slots=True)
class Paths:
    """The places; nothing exists before it is asked for with ``private_folder``."""

    config: Path
    """The folder of ``config.toml``."""
    data: Path
    """The folder of the library and the recordings."""
    state: Path
    """The folder of the log."""
    runtime: Path | None
    """A folder for sockets that is emptied at log-out, if there is one."""

    @classmethod
    def of(cls, environ: dict[str, str] | os._Environ[str] = os.environ) -> Paths:
        """The places for this user."""
        home = environ.get("SKDICTATE_HOME")
        if home:
            root = _absolute(home)
            return cls(root, root, root, root / "run")
        from platformdirs import PlatformDirs

        dirs = PlatformDirs(APP, appauthor=False)
        given = environ.get("XDG_RUNTIME_DIR", "")
        runtime = Path(given) / APP if given.startswith("/") and os.path.isdir(given) else None  # noqa: PTH112
        return cls(dirs.user_config_path, dirs.user_data_path, dirs.user_state_path, runtime)

    @property
    def config_file(self) -> Path:
        """The settings."""
        return self.config / "config.toml"

    @property
    def library(self) -> Path:
        """The SQLite file of all dictations."""
        return self.data / "library.sqlite"

    @property
    def recordings(self) -> Path:
        """The folder of the WAV files."""
        return self.data / "recordings"

    def socket_folder(self) -> Path:
        """A new private folder for a socket, short enough for a socket's path."""
        runtime = b"" if self.runtime is None else os.fsencode(self.runtime)
        if self.runtime and runtime.isascii() and len(runtime) < LONGEST_SOCKET - 30:
            with suppress(OSError, ProblemError):  # a full disk may still have room elsewhere
                return Path(tempfile.mkdtemp(prefix="", dir=private_folder(self.runtime)))
        return Path(tempfile.mkdtemp(prefix=f"{APP}-"))


def _absolute(home: str) -> Path:
    try:
        return expanded(home).absolute()
    except OSError as error:
        detail = f"SKDICTATE_HOME is {home!r}, and there is no folder that it starts from"
        hint = "Name it by its whole path, or change to a folder that is there."
        problem = Problem(Kind.CONFIG, "There is no such place", detail, hint, is_permanent=True)
        raise ProblemError(problem) from error


def expanded(path: str) -> Path:
    """A path as a user names it, with ``~`` for a home; where there is none it is the name."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - the other one raises


def is_there(path: Path) -> bool:
    """Whether there is something.

    Raises:
        ProblemError: that cannot be seen.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ProblemError(_unusable(path, error)) from error
    return True


def working_folder() -> Path:
    """The folder that the program was started in.

    Raises:
        ProblemError: it has been removed.
    """
    try:
        return Path.cwd()
    except OSError as error:
        hint = "Name a file by its whole path, or start this in another folder."
        title = "The working folder is gone"
        raise ProblemError(Problem(Kind.DISK, title, "", hint, is_permanent=True)) from error


def private_folder(path: Path) -> Path:
    """The folder, made if need be, readable by its owner alone.

    A link on the way is followed only if this user or root has made it, and no mode is changed
    through one: whoever can plant a link could else open or close folders that are none of ours.

    Raises:
        ProblemError: it cannot be made or used, or may be another one than it seems.
    """
    try:
        refuse_links_of_others(path)
        missing = [folder for folder in path.parents if not folder.exists()]
        if not path.exists():
            missing.insert(0, path)
        for folder in reversed(missing):  # ``mkdir`` would make these readable by others
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            sync_folder(folder.parent)
        if os.name == "posix":
            _close_to_others(path)
    except OSError as error:
        raise ProblemError(_unusable(path, error)) from error
    return path


def refuse_links_of_others(path: Path) -> None:
    """See to it that no part of an absolute path is a link that neither this user nor root made.

    Raises:
        PermissionError: one is.
    """
    if os.name != "posix":
        return
    for place in (path, *path.parents):
        with suppress(FileNotFoundError):
            found = place.lstat()
            if stat.S_ISLNK(found.st_mode) and found.st_uid not in (0, os.geteuid()):
                raise PermissionError(errno.EPERM, f"{place} is a link that another user has made")


def _close_to_others(path: Path) -> None:
    """Take everybody else's rights to a folder; to what a link leads to only the user may."""
    if not path.stat().st_mode & 0o077:
        return
    if path.is_symlink():
        raise PermissionError(errno.EPERM, "it is a link to a folder that others can look into")
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        os.fchmod(fd, FOLDER_MODE)
    finally:
        os.close(fd)


def _unusable(path: Path, error: OSError) -> Problem:
    hint = "Mend its permissions, or set SKDICTATE_HOME to a folder of yours."
    if error.errno in FULL:
        what = "Free some space" if files_left(path) else "Remove some files"
        hint = f"{what}, or set SKDICTATE_HOME to a folder on another disk."
    return Problem(
        Kind.DISK, "A folder cannot be used", f"{path}: {error.strerror}", hint, is_permanent=True
    )


def files_left(path: Path) -> bool:
    """Whether the file system of a path takes another file; also yes where that cannot be known.

    A file system may have room and still take no file: each needs an inode, and most have a fixed
    number of those. Systems that make inodes as they need them report none at all.
    """
    if not hasattr(os, "statvfs"):
        return True
    with suppress(OSError):
        disk = os.statvfs(next(place for place in (path, *path.parents) if place.exists()))
        return not disk.f_files or disk.f_favail > 0
    return True


def sync_folder(folder: Path) -> None:
    """Make what was made or removed here outlive a power cut; not every system can."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
