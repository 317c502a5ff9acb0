"""Where this program keeps what: private folders, by the platform's rules or under one folder.

``SKDICTATE_HOME`` puts everything under one folder. Folders are made 0700 and files 0600.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from skdictate.errors import Kind, Problem, ProblemError

APP = "skdictate"
FOLDER_MODE = 0o700
FILE_MODE = 0o600
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
            root = Path(home).expanduser().absolute()
            return cls(root, root, root, root / "run")
        from platformdirs import PlatformDirs

        dirs = PlatformDirs(APP, appauthor=False)
        given = environ.get("XDG_RUNTIME_DIR", "")
        runtime = Path(given) / APP if given.startswith("/") and Path(given).is_dir() else None
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
        if self.runtime is not None and len(os.fsencode(self.runtime)) < LONGEST_SOCKET - 30:
            with suppress(OSError, ProblemError):  # a full disk may still have room elsewhere
                return Path(tempfile.mkdtemp(prefix="", dir=private_folder(self.runtime)))
        return Path(tempfile.mkdtemp(prefix=f"{APP}-"))


def private_folder(path: Path) -> Path:
    """The folder, made if need be, readable by its owner alone.

    Raises:
        ProblemError: it cannot be made or used.
    """
    try:
        missing = [folder for folder in path.parents if not folder.exists()]
        if not path.exists():
            missing.insert(0, path)
        for folder in reversed(missing):  # ``mkdir`` would make these readable by others
            folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            sync_folder(folder.parent)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(FOLDER_MODE)
    except OSError as error:
        problem = Problem(
            Kind.DISK,
            "A folder cannot be used",
            f"{path}: {error.strerror}",
            "Mend its permissions, or set SKDICTATE_HOME to a folder of yours.",
            is_permanent=True,
        )
        raise ProblemError(problem) from error
    return path


def sync_folder(folder: Path) -> None:
    """Make what was made or removed here outlive a power cut; not every system can."""
    with suppress(OSError):
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
