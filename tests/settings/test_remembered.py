from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

from skdictate.settings.remembered import Remembered, RememberedMicrophone
from skdictate.system.paths import Paths


def test_a_choice_is_remembered_by_its_owner_alone(paths: Paths) -> None:
    assert Remembered(paths).microphone == RememberedMicrophone()
    Remembered(paths).microphone = RememberedMicrophone("usb-yeti", "Blue Yeti")
    Remembered(paths).microphone = RememberedMicrophone("pci", "Built-in")
    assert Remembered(paths).microphone == RememberedMicrophone("pci", "Built-in")
    assert stat.S_IMODE((paths.state / "microphone").stat().st_mode) == 0o600


def test_what_cannot_be_kept_or_read_is_forgotten(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    nowhere = Remembered(replace(paths, state=tmp_path / "file"))
    nowhere.microphone = RememberedMicrophone("usb")
    assert nowhere.microphone == RememberedMicrophone()
    paths.state.mkdir(parents=True)
    (paths.state / "microphone").write_bytes(b"\xff\xfe")
    assert Remembered(paths).microphone == RememberedMicrophone()
    (paths.state / "microphone").write_text("a\x1b[2Jb\n")
    assert Remembered(paths).microphone == RememberedMicrophone("a\ufffd[2Jb", "a\ufffd[2Jb")
