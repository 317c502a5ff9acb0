"""A disk that refuses when it is told to, and keeps one waiting: served by a process of its own.

with Disk(folder) as disk:
    disk.refuse("write", errno.EIO, first=3, last=5, name=".wav")
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.faults.recording_disk import FaultError, ForgetfulDisk, Node

KINDS = {4: "size", 9: "make", 15: "read", 16: "write", 20: "sync", 35: "make"}
"""What the kernel's operations are called here."""
ALWAYS = 1 << 30


@dataclass(frozen=True)
class Rule:
    """What is refused, from now on."""

    kind: str = ""
    """What is done; empty for all of ``KINDS``."""
    code: int = 0
    """The error; 0 if nothing is refused."""
    first: int = 1
    last: int = ALWAYS
    """Which of those that come."""
    name: str = ""
    """What the file's name ends with."""
    wait_s: float = 0.0
    """It takes so long."""
    read_from: int = 0
    read_until: int = ALWAYS
    """Bytes that cannot be read, if that is what is refused."""


class FailingDisk(ForgetfulDisk):
    """Counts what is done from the moment that it gets a rule."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.rule = Rule()
        self.n_done = 0
        self.refused_s: dict[str, float] = {}
        """When something was refused first of which file, on the clock that all processes share."""
        self._names: dict[int, str] = {}

    def _note(self, kind: str, node: int, **more: object) -> None:
        """Nothing is remembered: no power is cut here."""

    def _make(self, number: int, name: str, mode: int) -> Node:
        node = super()._make(number, name, mode)
        self._names[node.number] = name
        return node

    def _answer(self, code: int, node: int, body: bytes) -> tuple[int, bytes]:
        try:
            self._mind(KINDS.get(code, ""), node, body)
        except FaultError as fault:
            return fault.code, b""
        return super()._answer(code, node, body)

    def _mind(self, kind: str, node: int, body: bytes) -> None:
        rule = self.rule
        if not kind or (rule.kind and kind != rule.kind):
            return
        if not self._names.get(node, "").endswith(rule.name):
            return
        if kind == "read" and rule.code:
            offset = int.from_bytes(body[8:16], "little")
            size = int.from_bytes(body[16:20], "little")
            if offset + size <= rule.read_from or offset >= rule.read_until:
                return
        self.n_done += 1
        if rule.first <= self.n_done <= rule.last:
            time.sleep(rule.wait_s)
            if rule.code:
                self.refused_s.setdefault(self._names.get(node, ""), time.monotonic())
                raise FaultError(rule.code)


class Disk:
    """The same, in another process."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.faults.failing_disk", str(self.place)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise OSError("no disk of this kind can be mounted here")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def refuse(self, kind: str, code: int, **more: Any) -> None:
        """Refuse what is done from now on, as the rule says."""
        self._tell(Rule(kind, code, **more))

    def keep_waiting(self, wait_s: float, kind: str = "", **more: Any) -> None:
        """Take so long for everything, or for this."""
        self._tell(Rule(kind, wait_s=wait_s, **more))

    def heal(self) -> dict[str, float]:
        """Refuse nothing more; when something was refused first of which file (``monotonic``)."""
        return self._tell(Rule())

    def _tell(self, rule: Rule) -> dict[str, float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(rule)).encode() + b"\n")
        self._process.stdin.flush()
        refused_s: dict[str, float] = json.loads(self._process.stdout.readline())
        return refused_s


def main() -> None:
    """Serve until standard input ends."""
    with FailingDisk(Path(sys.argv[1])) as disk:
        print("ready", flush=True)
        for line in sys.stdin:
            refused_s, disk.refused_s, disk.n_done = disk.refused_s, {}, 0
            disk.rule = Rule(**json.loads(line))
            print(json.dumps(refused_s), flush=True)


if __name__ == "__main__":
    main()
