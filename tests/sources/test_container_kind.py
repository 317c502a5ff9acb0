"""Formats told by their first bytes, from real encoders; raw sound is never taken for one."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import soundfile

from skdictate.audio.pcm import Format
from skdictate.errors import Exit, ProblemError
from skdictate.sources.container_kind import Container, container_of, enough
from skdictate.sources.stdin_source import blocks
from skdictate.sources.wav_header import UnreadableError
from tests.sources.test_stdin_source import NOISE, SOUND, through, wav
from tests.support.command import run

FFMPEG = {
    "mp3": (Container.MP3, ("-f", "mp3")),
    "mp3 without a tag": (Container.MP3, ("-f", "mp3", "-id3v2_version", "0", "-write_xing", "0")),
    "mp3 at 8 kHz": (Container.MP3, ("-f", "mp3", "-id3v2_version", "0", "-ar", "8000")),
    "mp2": (Container.MP3, ("-f", "mp2", "-c:a", "mp2")),
    "aac": (Container.AAC, ("-f", "adts", "-c:a", "aac")),
    "ogg": (Container.OGG, ("-f", "ogg", "-c:a", "libopus")),
    "flac": (
        Container.FLAC,
        (
            "-f",
            "flac",
        ),
    ),
    "m4a": (Container.MP4, ("-f", "ipod", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov")),
    "mov": (Container.MP4, ("-f", "mov", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov")),
    "webm": (Container.WEBM, ("-f", "webm", "-c:a", "libopus")),
    "mkv": (Container.WEBM, ("-f", "matroska", "-c:a", "flac")),
    "caf": (Container.CAF, ("-f", "caf")),
    "aiff": (Container.AIFF, ("-f", "aiff")),
    "au": (Container.AU, ("-f", "au")),
    "w64": (Container.W64, ("-f", "w64")),
    "wma": (Container.ASF, ("-f", "asf", "-c:a", "wmav2")),
    "wavpack": (
        Container.WAVPACK,
        (
            "-f",
            "wv",
        ),
    ),
    "wav": (Container.WAV, ("-f", "wav")),
    "rf64": (Container.RF64, ("-f", "wav", "-rf64", "always")),
}


def encoded(sound: Path, options: tuple[str, ...], folder: Path) -> bytes:
    """A second of speech as a real encoder writes it; formats that need to seek want a file."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    path = folder / "encoded"
    command = ["ffmpeg", "-loglevel", "error", "-i", str(sound), "-t", "1", "-ac", "1"]
    done = subprocess.run([*command, *options, str(path)], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return path.read_bytes()


@pytest.mark.parametrize("name", FFMPEG)
async def test_each_format_is_read_or_refused_with_a_way_out(
    beckett: Path, tmp_path: Path, name: str
) -> None:
    container, options = FFMPEG[name]
    data = encoded(beckett, options, tmp_path)
    head = b""
    while not enough(head):
        head = data[: len(head) + 7]
    assert container_of(head) is container
    if container in (Container.WAV, Container.RF64):
        assert len(await through(data)) == pytest.approx(32_000, abs=100)
        return
    with pytest.raises(ProblemError, match="not read from a pipe") as caught:
        await through(data)
    assert caught.value.problem.exit_code is Exit.USAGE
    assert str(container) in caught.value.problem.detail
    way = "transcribe FILE" if container.is_of_files else "ffmpeg"
    assert way in caught.value.problem.hint


@pytest.mark.parametrize("name", ["MP3", "FLAC", "OGG", "AIFF", "CAF", "AU", "W64"])
async def test_what_a_file_may_be_can_be_transcribed_as_one(
    beckett: Path, tmp_path: Path, name: str
) -> None:
    assert Container(name).is_of_files
    sound, rate_hz = soundfile.read(beckett)
    path = tmp_path / "sound"
    subtype = "VORBIS" if name == "OGG" else None
    soundfile.write(path, sound[: 4 * rate_hz], rate_hz, format=name, subtype=subtype)
    assert soundfile.info(path).frames >= 4 * rate_hz - 2_400


@pytest.mark.parametrize("mark", [b"RF64", b"BW64"])
@pytest.mark.parametrize("is_known", [True, False])
async def test_a_wav_beyond_four_gigabytes(mark: bytes, is_known: bool) -> None:
    chunk = wav(NOISE)
    size = len(NOISE) if is_known else 0
    sizes = (0).to_bytes(8, "little") + size.to_bytes(8, "little") + bytes(12)
    data = mark + b"\xff\xff\xff\xffWAVE" + b"ds64\x1c\0\0\0" + sizes
    data += b"JUNK\x05\0\0\0abcde\0" + chunk[12:36] + b"data\xff\xff\xff\xff" + NOISE
    tail = b"LIST" + bytes(100) if is_known else b""
    assert await through(data + tail) == NOISE


async def test_a_recording_of_our_own_form_beyond_four_gigabytes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.rf64"
    samples = np.frombuffer(NOISE, np.int16)
    soundfile.write(path, samples, 16_000, format="RF64", subtype="PCM_16")
    assert await through(path.read_bytes()) == NOISE


async def test_a_wav_with_the_extended_format_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    samples = np.frombuffer(NOISE, np.int16)
    soundfile.write(path, samples, 16_000, format="WAVEX", subtype="PCM_16")
    assert await through(path.read_bytes()) == NOISE


@pytest.mark.parametrize("cut", range(0, 44, 3))
async def test_a_header_that_ends_is_said(cut: int) -> None:
    data = wav(NOISE)[:cut]
    if cut < 4:
        assert await through(data) == data[: cut // 2 * 2]
        return
    with pytest.raises(ProblemError, match="no sound that can be read"):
        await through(data)


def test_any_header_of_a_wav_is_read_or_refused() -> None:
    chance = random.Random(5)
    for _ in range(3_000):
        data = bytearray(wav(NOISE[:200]))
        for _ in range(chance.randrange(1, 5)):
            data[chance.randrange(4, 44)] = chance.randrange(256)
        pipe = cast("io.BufferedReader", io.BufferedReader(io.BytesIO(bytes(data))))
        try:
            for block in blocks(pipe, SOUND):
                assert len(block) % 2 == 0
        except (UnreadableError, EOFError):
            pass


def test_raw_sound_is_never_taken_for_a_format() -> None:
    chance = np.random.default_rng(4)
    for loudness in (3, 300, 30_000):
        noise = chance.integers(-loudness, loudness, 4_000_000, dtype=np.int16).tobytes()
        for start in range(0, len(noise) - 16_384, 40):
            assert container_of(noise[start : start + 40]) is None
        for at in range(0, len(noise), 2):  # where a frame might begin
            if noise[at] == 0xFF and noise[at + 1] >= 0xE0:
                assert container_of(noise[at : at + 16_384]) is None
    for data in (bytes(16_384), b"\xff\xfb" * 8_192, b"\xff\xff" * 8_192, b"\xfe\xff" * 8_192):
        assert container_of(data) is None


@pytest.mark.parametrize("mark", [b"#!AMR\n", b"#!AMR-WB\n"])
async def test_amr_is_told_by_its_mark(mark: bytes) -> None:
    with pytest.raises(ProblemError, match="it is AMR, which is not read from a pipe"):
        await through(mark + NOISE)


async def test_raw_sound_that_begins_like_a_frame_is_all_there() -> None:
    for start in (b"\xff\xfb\x90\x64", b"\xff\xf1\x50\x80\x10\x1f"):
        assert await through(start + NOISE) == start + NOISE
        assert await through(start) == start


async def test_on_the_command_line_it_is_one_sentence_and_an_exit_code(
    beckett: Path, tmp_path: Path
) -> None:
    data = encoded(beckett, ("-f", "mp3"), tmp_path)
    done = await run("listen", "--source", "stdin", given=data)
    assert (done.code, done.out) == (2, "")
    assert "it is MP3" in done.err
    assert "skdictate transcribe FILE" in done.err
    recorder = await run("listen", "--source-command", f"cat {tmp_path / 'encoded'}")
    assert "it is MP3" in recorder.err
    assert Format(16_000) == SOUND
