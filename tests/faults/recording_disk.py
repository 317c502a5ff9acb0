"""A disk that remembers all that is done to it, so that its power can be cut afterwards anywhere.

A file system in memory, behind the kernel's own protocol (``/dev/fuse``, see ``linux/fuse.h``): no
library and no other program is needed, only the right to mount. The process that serves it must not
touch it: it would wait for itself.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.faults.disk_remains import ROOT, Op

_IN = struct.Struct("<IIQQIIIHH")
_OUT = struct.Struct("<IiQ")
_ATTR = struct.Struct("<6Q10I")
_MOST = 128 * 1024
_LARGE_WRITES = 1 << 5
_SIZE, _MODE = 8, 1
"""Flags of what is set on a file."""
_NO_ANSWER = (2, 42)
"""Operations that want none: the kernel forgets what it knew."""
_NOSUID, _NODEV, _DETACH = 2, 4, 2


@dataclass
class Node:
    """A file or a folder."""

    number: int
    mode: int
    data: bytearray = field(default_factory=bytearray)
    names: dict[str, Node] = field(default_factory=dict)
    n_sessions: int = 1
    changed_s: float = field(default_factory=time.time)


class FaultError(Exception):
    """What the kernel is told."""

    def __init__(self, code: int) -> None:
        super().__init__(os.strerror(code))
        self.code = code


class ForgetfulDisk:
    """``with ForgetfulDisk(folder) as disk:`` other processes find a disk at that folder."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.ops: list[Op] = []
        """All changes, in order."""
        self._nodes = {ROOT: Node(ROOT, stat.S_IFDIR | 0o700)}
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._calls: dict[int, Callable[[int, bytes], bytes]] = {
            1: self._lookup,
            3: self._get,
            4: self._set,
            9: self._make_folder,
            10: self._remove,
            11: self._remove,
            12: self._move,
            14: self._open,
            15: self._read,
            16: self._write,
            17: self._room,
            18: _nothing,  # release
            20: self._sync,
            25: _nothing,  # flush
            26: _greet,
            27: self._open,
            28: self._list,
            29: _nothing,  # release of a folder
            30: self._sync_folder,
            34: _nothing,  # access
            35: self._create,
            45: self._move_with_flags,
        }

    def __enter__(self) -> Self:
        self.place.mkdir(exist_ok=True)
        self._fd = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self._fd},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()}"
        done = self._libc.mount(
            *(b"forgetful", os.fsencode(self.place), b"fuse", _NOSUID | _NODEV, options.encode())
        )
        if done != 0:
            code = ctypes.get_errno()
            os.close(self._fd)
            raise OSError(code, os.strerror(code), str(self.place))
        self._thread = threading.Thread(target=self._serve, name="forgetful", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._libc.umount2(os.fsencode(self.place), _DETACH)
        self._thread.join(5)
        os.close(self._fd)

    # ------------------------------------------------------------------------- the protocol

    def _serve(self) -> None:
        while True:
            try:
                asked = os.read(self._fd, _MOST + 4096)
            except InterruptedError:
                continue
            except OSError:  # it is no longer mounted
                return
            _, code, unique, node, *_ = _IN.unpack_from(asked)
            if code in _NO_ANSWER:
                continue
            error, answer = self._answer(code, node, asked[_IN.size :])
            head = _OUT.pack(_OUT.size + len(answer), -error, unique)
            with suppress(FileNotFoundError):  # who asked has gone
                os.write(self._fd, head + answer)

    def _answer(self, code: int, node: int, body: bytes) -> tuple[int, bytes]:
        call = self._calls.get(code)
        if call is None:
            return errno.ENOSYS, b""
        try:
            return 0, call(node, body)
        except FaultError as fault:
            return fault.code, b""

    def _note(self, kind: str, node: int, **more: object) -> None:
        self.ops.append(Op(kind, node, **more))  # type: ignore[arg-type]

    # ------------------------------------------------------------------------- names

    def _lookup(self, number: int, body: bytes) -> bytes:
        return _entry(self._find(number, _text(body)))

    def _find(self, number: int, name: str) -> Node:
        found = self._nodes[number].names.get(name)
        if found is None:
            raise FaultError(errno.ENOENT)
        return found

    def _make(self, number: int, name: str, mode: int) -> Node:
        if name in self._nodes[number].names:
            raise FaultError(errno.EEXIST)
        node = Node(max(self._nodes) + 1, mode)
        self._nodes[node.number] = node
        self._nodes[number].names[name] = node
        is_folder = stat.S_ISDIR(mode)
        self._note("make", number, name=name, other=node.number, is_folder=is_folder)
        return node

    def _make_folder(self, number: int, body: bytes) -> bytes:
        mode, umask = struct.unpack_from("<II", body)
        return _entry(self._make(number, _text(body[8:]), stat.S_IFDIR | (mode & ~umask)))

    def _create(self, number: int, body: bytes) -> bytes:
        _, mode, umask, _ = struct.unpack_from("<IIII", body)
        node = self._make(number, _text(body[16:]), stat.S_IFREG | (mode & ~umask & 0o7777))
        return _entry(node) + _opened(node)

    def _remove(self, number: int, body: bytes) -> bytes:
        name = _text(body)
        node = self._find(number, name)
        if node.names:
            raise FaultError(errno.ENOTEMPTY)
        node.n_sessions = 0
        del self._nodes[number].names[name]
        self._note("remove", number, name=name)
        return b""

    def _move(self, number: int, body: bytes, head: int = 8) -> bytes:
        (target,) = struct.unpack_from("<Q", body)
        name, new_name = (os.fsdecode(it) for it in body[head:].split(b"\0")[:2])
        node = self._find(number, name)
        del self._nodes[number].names[name]
        self._nodes[target].names[new_name] = node
        self._note("move", number, name=name, other=target, new_name=new_name)
        return b""

    def _move_with_flags(self, number: int, body: bytes) -> bytes:
        if struct.unpack_from("<QI", body)[1]:
            raise FaultError(errno.EINVAL)
        return self._move(number, body, head=16)

    def _list(self, number: int, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        listed = b""
        for index, (name, node) in enumerate(self._nodes[number].names.items()):
            if index < offset:
                continue
            raw = os.fsencode(name)
            entry = struct.pack("<QQII", node.number, index + 1, len(raw), node.mode >> 12) + raw
            entry += bytes(-len(entry) % 8)
            if len(listed) + len(entry) > size:
                break
            listed += entry
        return listed

    # ------------------------------------------------------------------------- content

    def _open(self, number: int, body: bytes) -> bytes:
        return _opened(self._nodes[number])

    def _read(self, number: int, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        return bytes(self._nodes[number].data[offset : offset + size])

    def _write(self, number: int, body: bytes) -> bytes:
        _, offset, size = struct.unpack_from("<QQI", body)
        data = body[40 : 40 + size]
        node = self._nodes[number]
        node.data.extend(bytes(max(0, offset - len(node.data))))
        node.data[offset : offset + size] = data
        node.changed_s = time.time()
        self._note("write", number, offset=offset, data=data)
        return struct.pack("<II", size, 0)

    def _get(self, number: int, body: bytes) -> bytes:
        return struct.pack("<QII", 0, 0, 0) + _attributes(self._nodes[number])

    def _set(self, number: int, body: bytes) -> bytes:
        valid, _, _, size = struct.unpack_from("<IIQQ", body)
        node = self._nodes[number]
        if valid & _SIZE:
            del node.data[size:]
            node.data.extend(bytes(size - len(node.data)))
            self._note("size", number, offset=size)
        if valid & _MODE:
            (mode,) = struct.unpack_from("<I", body, 68)
            node.mode = stat.S_IFMT(node.mode) | (mode & 0o7777)
        return self._get(number, b"")

    def _sync(self, number: int, body: bytes) -> bytes:
        self._note("sync", number)
        return b""

    def _sync_folder(self, number: int, body: bytes) -> bytes:
        self._note("sync folder", number)
        return b""

    def _room(self, number: int, body: bytes) -> bytes:
        return struct.pack(
            "<5Q10I", 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4096, 255, 4096, *[0] * 7
        )


def _nothing(number: int, body: bytes) -> bytes:
    return b""


def _greet(number: int, body: bytes) -> bytes:
    major, minor, ahead = struct.unpack_from("<III", body)
    return struct.pack(
        *("<IIIIHHIIHHI7I", major, min(minor, 31), ahead, _LARGE_WRITES),
        *(12, 9, _MOST, 1, 0, 0, 0, *[0] * 7),
    )


def _text(body: bytes) -> str:
    return os.fsdecode(body.split(b"\0", 1)[0])


def _attributes(node: Node) -> bytes:
    size = len(node.data)
    seconds, part_s = divmod(node.changed_s, 1)
    times = [int(seconds)] * 3
    parts = [int(part_s * 1e9)] * 3
    owner = os.getuid(), os.getgid()
    sessions = 2 if stat.S_ISDIR(node.mode) else node.n_sessions
    return _ATTR.pack(
        *(
            node.number,
            size,
            -(-size // 512),
            *times,
            *parts,
            node.mode,
            sessions,
            *owner,
            0,
            4096,
            0,
        )
    )


def _entry(node: Node) -> bytes:
    return struct.pack("<QQQQII", node.number, 0, 0, 0, 0, 0) + _attributes(node)


def _opened(node: Node) -> bytes:
    return struct.pack("<QII", node.number, 0, 0)
