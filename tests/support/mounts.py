"""Small disks, and disks that cannot be written to: real ones, mounted for a test."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CAN_MOUNT = hasattr(os, "geteuid") and os.geteuid() == 0
_LIBC = ctypes.CDLL(None, use_errno=True)
_RDONLY, _REMOUNT, _BIND, _DETACH = 1, 32, 4096, 2


def _mount(source: bytes, place: Path, kind: bytes, flags: int, options: bytes = b"") -> None:
    done = _LIBC.mount(source, os.fsencode(place), kind, ctypes.c_ulong(flags), options)
    if done != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(place))


@contextmanager
def mounted(place: Path, size_bytes: int, *, n_files: int = 0) -> Iterator[Path]:
    """A disk of that size; with ``n_files`` it holds no more files and folders, itself included."""
    place.mkdir()
    options = f"size={size_bytes},mode=700" + (f",nr_inodes={n_files}" if n_files else "")
    _mount(b"small", place, b"tmpfs", 0, options.encode())
    try:
        yield place
    finally:
        _LIBC.umount2(os.fsencode(place), _DETACH)


def grow(place: Path, size_bytes: int) -> None:
    """Room is made on it."""
    _mount(b"small", place, b"tmpfs", _REMOUNT, f"size={size_bytes}".encode())


@contextmanager
def read_only(folder: Path, place: Path) -> Iterator[Path]:
    """The same folder at another place, where it cannot be written to."""
    place.mkdir()
    _mount(os.fsencode(folder), place, b"", _BIND)
    try:
        _mount(b"", place, b"", _BIND | _REMOUNT | _RDONLY)
        yield place
    finally:
        _LIBC.umount2(os.fsencode(place), _DETACH)
