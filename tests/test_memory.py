from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

from skdictate.memory import Memory, Microphone
from skdictate.paths import Paths


def test_a_choice_is_remembered_by_its_owner_alone(paths: Paths) -> None:
    assert Memory(paths).microphone == Microphone()
    Memory(paths).microphone = Microphone("usb-yeti", "Blue Yeti")
    Memory(paths).microphone = Microphone("pci", "Built-in")
    assert Memory(paths).microphone == Microphone("pci", "Built-in")
    assert stat.S_IMODE((paths.state / "microphone").stat().st_mode) == 0o600


def test_what_cannot_be_kept_or_read_is_forgotten(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    nowhere = Memory(replace(paths, state=tmp_path / "file"))
    nowhere.microphone = Microphone("usb")
    assert nowhere.microphone == Microphone()
    paths.state.mkdir(parents=True)
    (paths.state / "microphone").write_bytes(b"\xff\xfe")
    assert Memory(paths).microphone == Microphone()
    (paths.state / "microphone").write_text("a\x1b[2Jb\n")
    assert Memory(paths).microphone == Microphone("a\ufffd[2Jb", "a\ufffd[2Jb")
