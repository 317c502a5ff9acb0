#!/usr/bin/env bash
# livekit (Python SDK for WebRTC): AudioResampler's HIGH is soxr's medium quality, and VERY_HIGH is soxr's high.
#
# The documentation says that a higher setting sounds better and costs more. MEDIUM and HIGH give the same samples but for the
# dither of one 16-bit step, 60 dB closer to each other than to the next setting, and soxr's very high quality cannot be
# had: the five names are handed on as the numbers 0 to 4, while soxr's own numbers are 0, 1, 2, 4 and 6
# (3 is another name for 16 bits). It also turns the delay round: from 48 to 16 kHz, HIGH keeps back
# 30 ms and VERY_HIGH 12 ms, so the "better" setting is the one with words on the screen sooner.
#
# Versions: livekit 1.2.1, soxr 1.1.0 (to compare with), numpy 2.4.6.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
"$work/venv/bin/pip" install -qq --only-binary :all: livekit==1.2.1 soxr==1.1.0 numpy==2.4.6 ||
    { echo "livekit 1.2.1, soxr 1.1.0 and numpy 2.4.6 cannot be installed here"; exit 2; }

"$work/venv/bin/python" - <<'PY'
import sys
from importlib.metadata import version

import numpy
import soxr
from livekit import rtc

RATE, WANTED, PIECE = 48_000, 16_000, 480
sound = (numpy.random.default_rng(0).standard_normal(2 * RATE) * 4000).astype(numpy.int16)
pieces = [sound[start : start + PIECE] for start in range(0, len(sound), PIECE)]


def samples(frames):
    return [numpy.frombuffer(bytes(frame.data), numpy.int16) for frame in frames]


def by_livekit(quality):
    """Return the resampled sound and how many milliseconds of it came only with the flush."""
    resampler = rtc.AudioResampler(RATE, WANTED, quality=quality)
    at_once = [block for piece in pieces for block in samples(resampler.push(bytearray(piece.tobytes())))]
    late = samples(resampler.flush())
    return numpy.concatenate(at_once + late).astype(int), sum(map(len, late)) * 1000 / WANTED


def by_soxr(quality):
    stream = soxr.ResampleStream(RATE, WANTED, 1, dtype="int16", quality=quality)
    blocks = [stream.resample_chunk(piece) for piece in pieces] + [stream.resample_chunk(sound[:0], last=True)]
    return numpy.concatenate(blocks).astype(int)


print("livekit", version("livekit"), "and soxr", soxr.__version__)
real = {name: by_soxr(name) for name in ("QQ", "LQ", "MQ", "HQ", "VHQ")}
seen = {}
for quality in rtc.AudioResamplerQuality:
    result, late_ms = by_livekit(quality)
    same = [name for name, other in real.items() if len(other) == len(result) and abs(other - result).max() <= 8]
    seen[quality.name] = (same, round(late_ms, 1))
    print(f"  {quality.name}: same samples as soxr's {' '.join(same) or 'none'}; {late_ms:.1f} ms held back")
expected = {
    "QUICK": (["QQ"], 0.0),
    "LOW": (["LQ"], 12.5),
    "MEDIUM": (["MQ"], 30.0),
    "HIGH": (["MQ"], 30.0),
    "VERY_HIGH": (["HQ"], 12.1),
}
if seen != expected:
    sys.exit(f"changed: expected {expected}, saw {seen}")
PY
