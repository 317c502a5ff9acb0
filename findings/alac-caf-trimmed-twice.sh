#!/usr/bin/env bash
# ALAC in CAF, written by libsndfile and read by FFmpeg 8 (PyAV 18): the end of the recording is cut off twice, or it is an error.
#
# CAF's packet table tells how many frames of the last packet are not valid. libsndfile shortens the last ALAC packet itself
# and fills in that number as well; FFmpeg 8 takes the number off the packet that was short already. For 4 s of sound at
# 16 kHz, 1536 samples (96 ms) are missing and no word is said. When the length is a multiple of 4096, libsndfile
# writes that 4096 frames of the last packet are not valid, all of it: FFmpeg 8 raises there, after a packet less.
# libsndfile itself reads both files bit by bit as they were written, and so did FFmpeg 5.1.
# A lossless recording loses the last word of the dictation in another program.
#
# Versions: soundfile 0.14.0 (libsndfile 1.2.2), av 18.1.0 (libavformat 62.12), numpy 2.4.6.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
"$work/venv/bin/pip" install -qq --only-binary :all: soundfile==0.14.0 av==18.1.0 numpy==2.4.6 ||
    { echo "soundfile 0.14.0, av 18.1.0 and numpy 2.4.6 cannot be installed here"; exit 2; }

cd "$work"
"$work/venv/bin/python" - <<'PY'
import struct
import sys
from pathlib import Path

import av
import numpy
import soundfile

av.logging.set_level(av.logging.PANIC)


def frames_by_ffmpeg(path):
    """Return how many frames were decoded, and the name of the error that ended it (or an empty string)."""
    frames = 0
    with av.open(path) as container:
        try:
            for frame in container.decode(audio=0):
                frames += frame.samples
        except av.FFmpegError as error:
            return frames, type(error).__name__
    return frames, ""


print("libsndfile", soundfile.__libsndfile_version__, "and libavformat", av.library_versions["libavformat"])
seen = []
for length in (64_000, 16_384):
    noise = numpy.random.default_rng(0).integers(-500, 500, length)
    sound = (8000 * numpy.sin(numpy.arange(length) / 10) + noise).astype(numpy.int16)
    soundfile.write("sound.caf", sound, 16_000, format="CAF", subtype="ALAC_16")
    table = Path("sound.caf").read_bytes().split(b"pakt")[1]
    packets, valid, _, invalid_at_end = struct.unpack(">qqii", table[8:32])
    own = bool(numpy.array_equal(soundfile.read("sound.caf", dtype="int16")[0], sound))
    by_ffmpeg, error = frames_by_ffmpeg("sound.caf")
    print(f"  {length} frames written; table: {packets} packets, {valid} valid frames, {invalid_at_end} not valid at the end")
    print(f"    libsndfile reads them unchanged: {own}; FFmpeg reads {by_ffmpeg} {error}")
    seen.append((own, invalid_at_end, by_ffmpeg, error))
expected = [(True, 1536, 62_464, ""), (True, 4096, 12_288, "InvalidDataError")]
if seen != expected:
    sys.exit(f"changed: expected {expected}, saw {seen}")
PY
