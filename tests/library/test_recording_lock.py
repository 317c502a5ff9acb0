"""One process works on a recording; when it is gone, however it ended, nobody does."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

from skdictate.audio.pcm import Format
from skdictate.library.recording import Recording
from skdictate.library.recording_lock import held

HOLDER = """
import sys
from pathlib import Path
from skdictate.audio.pcm import Format
from skdictate.library.recording import Recording
recording = Recording.create(Path(sys.argv[1]), Format(16_000))
print("held", flush=True)
sys.stdin.read()
"""


def test_who_writes_a_recording_holds_it_until_it_is_closed(tmp_path: Path) -> None:
    recording = Recording.create(tmp_path / "a.wav", Format(16_000))
    reader = Recording.open(recording.path)
    reader.close()
    for _ in range(2):
        with held(recording.path) as is_ours:
            assert not is_ours
    recording.close()
    with held(recording.path) as is_ours, held(recording.path) as is_also_ours:
        assert (is_ours, is_also_ours) == (True, False)


def test_what_is_not_there_is_nobodys(tmp_path: Path) -> None:
    with held(tmp_path / "a.wav") as is_ours:
        assert is_ours


def test_a_folder_in_its_place_is_not_ours(tmp_path: Path) -> None:
    with held(tmp_path) as is_ours:
        assert not is_ours


def test_a_kill_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with held(path) as is_ours:
            assert not is_ours
        child.send_signal(signal.SIGKILL)
        child.wait()
        with held(path) as is_ours:
            assert is_ours
