from __future__ import annotations

import os
import tempfile
import wave
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skdictate.audio.pcm import Format
from skdictate.mic_protocol.frames import Frame, Type
from skdictate.remote_mic.sender import spool as module
from skdictate.remote_mic.sender.spool import Spool
from tests.support.mic_line import spoken

SOUND = Format(1000)


def audio(start: int, n_samples: int = 20) -> Frame:
    return Frame(Type.AUDIO, start, 5, spoken(start, n_samples))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little memory and little files, so that all of it is used."""
    monkeypatch.setattr(module, "MEMORY_S", 0.2)
    monkeypatch.setattr(module, "FEW_S", 0.1)
    monkeypatch.setattr(module, "FILE_S", 0.5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["add", "gap", "drop", "at"]), st.integers(0, 60))))
def test_it_keeps_all_in_order_whatever_is_taken_when(
    tmp_path: Path, steps: list[tuple[str, int]]
) -> None:
    spool = Spool(SOUND, tmp_path)
    kept: list[Frame] = []
    head = 0
    try:
        for what, n in steps:
            if what in ("add", "gap"):
                frames = [audio(head)] if what == "add" else [Frame.gap(head, n + 1)]
                for frame in frames * (n % 3 + 1):
                    frame = audio(head) if what == "add" else Frame.gap(head, n + 1)
                    assert spool.append(frame)
                    kept.append(frame)
                    head = frame.end
            elif what == "drop":
                dropped = list(spool.drop(head * n // 60))
                assert dropped == kept[: len(dropped)]
                assert all(frame.end <= head * n // 60 for frame in dropped)
                kept = kept[len(dropped) :]
            assert spool.first() == (kept[0] if kept else None)
            assert spool.n_samples == sum(20 for frame in kept if frame.type is Type.AUDIO)
    finally:
        spool.clear()
    assert spool.first() is None
    assert list(tmp_path.iterdir()) == [], "its files have no names"


def test_a_sample_is_found_in_what_is_in_memory(tmp_path: Path) -> None:
    spool = Spool(SOUND, tmp_path)
    for n in range(8):
        spool.append(audio(20 * n))
    assert spool.at(0) == audio(0)
    assert spool.at(39) == audio(20)
    assert spool.at(160) is None


def test_there_is_an_end_to_it_and_gaps_need_no_room(tmp_path: Path) -> None:
    spool = Spool(SOUND, tmp_path, longest_s=1.5)
    for n in range(75):
        assert spool.has_room == (n <= 25)
        assert spool.append(audio(20 * n))
    assert not spool.append(audio(1500))
    assert spool.append(Frame.gap(1500, 1000))
    assert len(list(spool.drop(20))) == 1
    assert spool.append(audio(2500))
    spool.clear()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes are of POSIX")
def test_its_files_are_private_even_while_they_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    original = tempfile.TemporaryFile

    def watched(**options: Any) -> Any:
        file = original(**options)
        modes.append(os.fstat(file.fileno()).st_mode & 0o777)
        return file

    monkeypatch.setattr(tempfile, "TemporaryFile", watched)
    spool = Spool(SOUND, tmp_path / "spool")
    for n in range(100):
        spool.append(audio(20 * n))
    spool.clear()
    assert len(modes) == 4
    assert set(modes) == {0o600}
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700


def test_a_disk_without_room_takes_nothing_and_what_is_there_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool = Spool(SOUND, tmp_path)
    for n in range(20):
        assert spool.append(audio(20 * n))

    class Full:
        def __init__(self, file: object) -> None:
            self._file = file

        def write(self, data: memoryview) -> int:
            raise OSError(28, "No space left on device")

        def __getattr__(self, name: str) -> object:
            return getattr(self._file, name)

    file = spool._files[0]
    whole, file._file = file._file, Full(file._file)  # type: ignore[assignment]
    assert not spool.append(audio(400))
    file._file = whole
    assert spool.append(audio(400))
    assert [frame.sample for frame in spool.drop(10**6)] == [20 * n for n in range(21)]


def test_what_is_saved_is_a_wav_of_this_user_alone(tmp_path: Path) -> None:
    spool = Spool(SOUND, tmp_path)
    for n in range(50):
        spool.append(audio(20 * n))
    spool.append(Frame.gap(1000, 30))
    path = tmp_path / "new" / "unsent.wav"
    spool.save(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with wave.open(str(path)) as file:
        assert file.getframerate() == 1000
        assert file.readframes(10**6) == spoken(0, 1000) + bytes(60)
    assert spool.n_samples == 0
    with pytest.raises(FileExistsError):
        spool.save(path)
