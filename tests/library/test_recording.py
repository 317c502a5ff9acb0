"""Recordings: what was appended is there, whatever ends the program."""

from __future__ import annotations

import random
import signal
import stat
import subprocess
import sys
import time
import wave
from array import array
from pathlib import Path

import pytest
import soundfile

from skdictate.audio.pcm import Format
from skdictate.errors import Kind, ProblemError
from skdictate.library.recording import HEADER_BYTES, Recording, header

SOUND = Format(16_000)
WRITER = """
import sys
from array import array
from pathlib import Path
from skdictate.audio.pcm import Format
from skdictate.library.recording import Recording
recording = Recording.create(Path(sys.argv[1]), Format(16_000))
number = 0
while True:
    recording.append(array("h", [(number + i) % 30_000 for i in range(320)]).tobytes())
    number += 320
    print(number, flush=True)
"""


def ramp(start: int, end: int) -> bytes:
    return array("h", [i % 30_000 for i in range(start, end)]).tobytes()


def test_what_is_appended_can_be_read_anywhere(tmp_path: Path) -> None:
    recording = Recording.create(tmp_path / "rec" / "a.wav", SOUND)
    recording.append(ramp(0, 1000))
    recording.append_silence(40_000)
    recording.append(ramp(1000, 1500))
    assert recording.n_samples == 41_500
    assert recording.read(900, 1002) == ramp(900, 1000) + bytes(4)
    assert recording.read(41_400, 99_999) == ramp(1400, 1500)
    recording.close()
    recording.close()
    with wave.open(str(recording.path)) as file:
        assert file.getparams()[:4] == (1, 2, 16_000, 41_500)


def test_files_and_folders_are_private(tmp_path: Path) -> None:
    recording = Recording.create(tmp_path / "rec" / "a.wav", SOUND)
    recording.close()
    assert stat.S_IMODE(recording.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(recording.path.parent.stat().st_mode) == 0o700


def test_an_existing_recording_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"precious")
    with pytest.raises(ProblemError) as caught:
        Recording.create(path, SOUND)
    assert caught.value.problem.kind is Kind.DISK
    assert path.read_bytes() == b"precious"


def test_a_recording_can_be_opened_again_even_if_its_header_is_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    recording = Recording.create(path, Format(8_000))
    recording.append(ramp(0, 500))
    recording.close()
    with path.open("ab") as file:
        file.write(ramp(500, 600))
    again = Recording.open(path)
    assert (again.format.rate_hz, again.n_samples) == (8_000, 600)
    assert again.read(490, 600) == ramp(490, 600)
    again.close()


@pytest.mark.parametrize("content", [b"", b"RIFF", b"x" * 200])
def test_what_is_no_recording_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(ProblemError, match="Not a recording"):
        Recording.open(path)


def test_a_kill_at_any_moment_leaves_a_file_that_every_reader_opens(tmp_path: Path) -> None:
    rng = random.Random(11)
    for round_ in range(25):
        path = tmp_path / f"{round_}.wav"
        command = [sys.executable, "-c", WRITER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(rng.random() * 0.03)
            child.send_signal(signal.SIGKILL)
            told = [int(number) for number in child.stdout.read().split()]
        acknowledged = told[-1] if told else 320
        with wave.open(str(path)) as file:
            n_frames = file.getnframes()
            assert file.readframes(n_frames) == ramp(0, n_frames)
        assert soundfile.info(path).frames == n_frames
        again = Recording.open(path)
        assert acknowledged <= again.n_samples
        assert 0 <= again.n_samples - n_frames <= 320, "at most the last block is not in the header"
        again.close()


def test_past_four_gibibytes_the_header_becomes_that_of_a_64_bit_file(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    data_bytes = 5 * 1024**3
    with path.open("wb") as file:
        file.write(header(48_000, data_bytes))
        file.truncate(HEADER_BYTES + data_bytes)  # a hole, not five gigabytes
    assert soundfile.info(path).frames == data_bytes // 2
    again = Recording.open(path)
    assert again.n_samples == data_bytes // 2
    again.close()


def test_a_disk_that_is_full_is_said_and_harms_nothing(tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from pathlib import Path
from skdictate.audio.pcm import Format
from skdictate.errors import ProblemError
from skdictate.library.recording import Recording
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
recording = Recording.create(Path(sys.argv[1]), Format(16_000))
try:
    while True:
        recording.append(bytes(640))
except ProblemError as error:
    print(error.problem.title, recording.n_samples)
"""
    path = tmp_path / "full.wav"
    command = [sys.executable, "-c", code, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    title, _, n_samples = done.stdout.strip().rpartition(" ")
    assert title == "The file is too large for this disk"
    with wave.open(str(path)) as file:
        assert file.getnframes() == int(n_samples) == 31 * 320
