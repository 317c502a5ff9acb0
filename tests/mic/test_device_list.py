from __future__ import annotations

from pathlib import Path

import pytest

from skdictate.errors import ProblemError
from skdictate.mic import mic_problems
from skdictate.mic.device_list import choose
from skdictate.mic_protocol.devices import Device, DeviceListing

YETI = Device("usb-yeti", "Blue Yeti", (48_000,), 2)
BUILT_IN = Device("pci-0", "Built-in Audio", (48_000,), 2, is_default=True)
TWIN = Device("usb-yeti-2", "Blue Yeti", (48_000,), 2)
LISTING = DeviceListing("PulseAudio 16.1", (YETI, BUILT_IN))


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("", BUILT_IN),
        ("1", YETI),
        ("2", BUILT_IN),
        ("yeti", YETI),
        ("PCI", BUILT_IN),
        ("Built-in Audio", BUILT_IN),
    ],
)
def test_one_is_chosen_by_whatever_tells_it_from_the_others(wanted: str, expected: Device) -> None:
    assert choose(LISTING, wanted) == expected


def test_an_exact_name_beats_a_part_of_two() -> None:
    listing = DeviceListing("x", (YETI, TWIN))
    assert choose(listing, "usb-yeti") == YETI
    assert choose(listing, "") == YETI, "the first, where none is the default"
    with pytest.raises(ProblemError, match="Blue Yeti \\(usb-yeti\\), Blue Yeti \\(usb-yeti-2\\)"):
        choose(listing, "blue yeti")


@pytest.mark.parametrize("wanted", ["0", "3", "99999999999999999999", "²", "yeti\n"])
def test_what_is_not_there_is_named_with_what_is(wanted: str) -> None:
    with pytest.raises(ProblemError, match="there are: Blue Yeti, Built-in Audio"):
        choose(LISTING, wanted)


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("ID=debian", "Run: sudo apt install libportaudio2 libasound2-plugins"),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"', "Run: sudo apt install libportaudio2"),
        ("ID=fedora", "Run: sudo dnf install portaudio"),
        ("ID=arch", "Run: sudo pacman -S portaudio"),
        ('ID="opensuse-leap"\nID_LIKE="suse opensuse"', "Run: sudo zypper install libportaudio2"),
        ("ID=hurd", "Install what Debian calls libportaudio2"),
    ],
)
def test_the_remedy_is_the_command_of_this_system(
    release: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import platform

    file = tmp_path / "os-release"
    file.write_text(f"{release}\n")
    monkeypatch.setattr(platform, "_os_release_cache", None)
    monkeypatch.setattr(platform, "_os_release_candidates", (str(file),))
    assert mic_problems.install(mic_problems.PORTAUDIO).startswith(words)
    monkeypatch.setattr(platform, "_os_release_cache", None)
