"""The app with a microphone, in a real terminal: chosen, exchanged, unplugged, muted, hanging."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from skdictate.library.library import Library
from skdictate.settings.remembered import Remembered, RememberedMicrophone
from skdictate.system.paths import Paths
from tests.support.sound_server import SoundServer
from tests.support.terminal import Terminal

DOWN = "\x1b[B"


pytestmark = pytest.mark.usefixtures("address")


def test_a_microphone_is_chosen_by_its_level_and_remembered(
    server: SoundServer, two_cities: Path, paths: Paths
) -> None:
    with Terminal("--source", "mic") as it:
        it.wait("Press space and speak.")
        server.play(two_cities, "headset", n_times=10)
        it.press("m")
        screen = it.wait("System default (Monitor of Desk)", "silent", "█", "dBFS")
        assert "╭─ Microphone ─" in screen
        assert "Enter chooses, Esc closes ─╯" in screen
        it.press(DOWN, DOWN, "\r")
        it.wait("Monitor of Headset · Moonshine")
        it.press(" ")
        it.wait("0:00  ", "Listening")
        it.press("q")
        assert it.exit_code() == 0
    assert Remembered(paths).microphone == RememberedMicrophone(
        "headset.monitor", "Monitor of Headset"
    )
    with Terminal() as it:
        it.wait("Monitor of Headset · Moonshine", "Press space and speak.")
        it.press("q")


def test_it_is_exchanged_while_dictating_and_nothing_ends(
    server: SoundServer, beckett: Path, paths: Paths
) -> None:
    with Terminal("--source", "mic:desk") as it:
        it.wait("Press space and speak.")
        it.press(" ")
        it.wait("Monitor of Desk · Moonshine")
        server.play(beckett)
        it.wait("Ever tried.")
        it.press("ь")
        it.wait("● Monitor of Desk", "Monitor of Headset")
        it.press(DOWN, "\r")
        it.wait("Monitor of Headset · Moonshine", "── Monitor of Headset ─", "Microphone changed")
        server.play(beckett, "headset")
        it.wait("Try again.")
        it.press("q")
        assert it.exit_code() == 0
    kept = Library(paths.library).get(1)
    assert kept is not None
    assert kept.state == "done"
    assert kept.gaps == ()
    assert kept.about.source == "Monitor of Desk, Monitor of Headset"


def test_an_unplugged_one_and_a_muted_one_are_told_on_the_screen(
    server: SoundServer, beckett: Path
) -> None:
    server.plug("usb", "Yeti")
    with Terminal("--source", "mic:yeti") as it:
        it.wait("Press space and speak.")
        it.press(" ")
        it.wait("The microphone is muted", patience_s=6)
        server.play(beckett, "usb", latency_ms=1000)
        it.wait("Ever tried.")
        assert "muted" not in it.text
        server.unplug("usb")
        it.wait("Monitor of Desk · Moonshine", "Microphone changed", patience_s=8)
        it.press("q")
        assert it.exit_code() == 0


HANGING = "import time; time.sleep(1000)"


def test_a_sound_system_that_hangs_keeps_neither_the_screen_nor_the_user(tmp_path: Path) -> None:
    (tmp_path / "sounddevice.py").write_text(HANGING)
    environ = {"PYTHONPATH": str(tmp_path), "PULSE_SERVER": "", "HOME": str(tmp_path)}
    begun_s = time.monotonic()
    with Terminal("--source", "mic", environ=environ) as it:
        it.wait("Press space and speak.", patience_s=5)
        assert time.monotonic() - begun_s < 3
        it.press(" ")
        begun_s = time.monotonic()
        it.wait("No sound arrives", patience_s=3)
        it.press("m")
        it.wait("The sound system does not answer", patience_s=5)
        it.press("m", "q")
        assert it.exit_code() == 0
        assert it.is_restored()


def test_without_a_microphone_the_app_opens_and_says_what_to_do(tmp_path: Path) -> None:
    environ = {"PULSE_SERVER": "", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    with Terminal("--source", "mic", environ=environ) as it:
        it.wait("Press space and speak.")
        it.press(" ")
        it.wait("There is no microphone", "skdictate devices")
        it.press("m")
        it.wait("To find out why: skdictate")
        it.press("m", "q")
        assert it.exit_code() == 5
