#!/usr/bin/env bash
# samplerate (libsamplerate for Python): a stream that is resampled piece by piece never gives back its end.
#
# Resampler.process(..., end_of_input=True) is meant to flush what the filter still holds. The binding gives libsamplerate
# room for len(input) * ratio samples only, so in the last call nothing more fits, and later calls return nothing at all.
# From 48 to 16 kHz with sinc_best, 9 ms are gone at the end of every stream; the whole sound in one call loses none.
# A dictation that resamples in 20 ms pieces cuts the last consonant at every stop. Reported upstream in 2024
# (tuxu/python-samplerate, pull request 22, open), so known there; silent for those who use it.
#
# Versions: samplerate 0.2.4 (libsamplerate 0.2.2), numpy 2.4.6.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
"$work/venv/bin/pip" install -qq --only-binary :all: samplerate==0.2.4 numpy==2.4.6 ||
    { echo "samplerate 0.2.4 and numpy 2.4.6 cannot be installed here"; exit 2; }

"$work/venv/bin/python" - <<'PY'
import sys

import numpy
import samplerate

RATE, WANTED, PIECE = 48_000, 16_000, 960
sound = (numpy.random.default_rng(1).standard_normal(2 * RATE) * 0.1).astype(numpy.float32)
ratio = WANTED / RATE
print("samplerate", samplerate.__version__, "with", samplerate.__libsamplerate_version__)
seen = {}
for converter in ("sinc_fastest", "sinc_medium", "sinc_best"):
    whole = samplerate.resample(sound, ratio, converter)
    stream = samplerate.Resampler(converter, channels=1)
    pieces = [
        stream.process(sound[start : start + PIECE], ratio, end_of_input=start + PIECE >= len(sound))
        for start in range(0, len(sound), PIECE)
    ]
    pieces += [stream.process(sound[:0], ratio, end_of_input=True) for _ in range(3)]
    streamed = numpy.concatenate(pieces)
    same = bool(numpy.array_equal(whole[: len(streamed)], streamed))
    lost = len(whole) - len(streamed)
    seen[converter] = (lost, same)
    print(f"  {converter}: {len(whole)} samples at once, {lost} fewer in pieces ({lost / WANTED * 1000:.1f} ms); the rest equal: {same}")
expected = {"sinc_fastest": (19, True), "sinc_medium": (46, True), "sinc_best": (143, True)}
if seen != expected:
    sys.exit(f"changed: expected {expected}, saw {seen}")
PY
