"""What is left of a disk after a power cut, told from everything that was done to it.

Only what was synced is sure to be left: data by a sync of the file, names by one of the folder. Of
the rest nothing is left, or pieces: any of its sectors, and the first of the changes to a folder.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
"""Bytes that a disk writes whole or not at all."""
ROOT = 1


@dataclass(frozen=True, slots=True)
class Op:
    """One change, and when it was made; files and folders go by numbers."""

    kind: str
    node: int
    """The file; of changes to names, the folder."""
    at_s: float = field(default_factory=time.monotonic)
    name: str = ""
    offset: int = 0
    data: bytes = b""
    other: int = 0
    """What got the name; or the folder that a name moved to."""
    new_name: str = ""
    is_folder: bool = False


@dataclass
class Wreck:
    """Replays what was done, up to the cut."""

    rng: random.Random
    is_torn: bool
    """Pieces of what was not synced are left."""
    files: dict[int, bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    folders: dict[int, dict[str, int]] = field(default_factory=lambda: {ROOT: {}})
    _written: dict[int, list[Op]] = field(default_factory=lambda: defaultdict(list))
    _named: dict[int, list[Op]] = field(default_factory=lambda: defaultdict(list))

    def replay(self, ops: Iterable[Op]) -> None:
        """All that was done before the cut; then the cut."""
        for op in ops:
            match op.kind:
                case "write" | "size":
                    self._written[op.node].append(op)
                case "sync":
                    for pending in self._written.pop(op.node, []):
                        self._write(pending)
                case "sync folder":
                    for pending in self._named.pop(op.node, []):
                        self._name(pending)
                case _:
                    if op.is_folder and op.kind == "make":
                        self.folders.setdefault(op.other, {})
                    self._named[op.node].append(op)
        if self.is_torn:
            self._tear()

    def salvage(self, target: Path) -> None:
        """What a new start finds, as real files in a folder."""
        self._salvage(ROOT, target)

    def _salvage(self, folder: int, target: Path) -> None:
        target.mkdir(mode=0o700, exist_ok=True)
        for name, node in self.folders[folder].items():
            if node in self.folders:
                self._salvage(node, target / name)
            else:
                (target / name).write_bytes(self.files[node])
                (target / name).chmod(0o600)

    def _tear(self) -> None:
        for ops in self._written.values():
            for op in ops:
                if op.kind == "size":
                    if self.rng.random() < 0.5:
                        self._write(op)
                    continue
                for start, piece in _sectors(op):
                    if self.rng.random() < 0.5:
                        self._write(Op("write", op.node, op.at_s, offset=start, data=piece))
        for ops in self._named.values():
            for op in ops[: self.rng.randint(0, len(ops))]:
                self._name(op)

    def _write(self, op: Op) -> None:
        content = self.files[op.node]
        if op.kind == "size":
            del content[op.offset :]
            content.extend(bytes(op.offset - len(content)))
            return
        content.extend(bytes(max(0, op.offset - len(content))))
        content[op.offset : op.offset + len(op.data)] = op.data

    def _name(self, op: Op) -> None:
        folder = self.folders[op.node]
        match op.kind:
            case "make":
                folder[op.name] = op.other
            case "remove":
                folder.pop(op.name, None)
            case "move":
                if (node := folder.pop(op.name, None)) is not None:
                    self.folders[op.other][op.new_name] = node


def _sectors(op: Op) -> Iterable[tuple[int, bytes]]:
    """A write in the pieces that a disk takes whole."""
    start = op.offset
    end = op.offset + len(op.data)
    while start < end:
        until = min(end, (start // SECTOR + 1) * SECTOR)
        yield start, op.data[start - op.offset : until - op.offset]
        start = until
