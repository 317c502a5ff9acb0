#!/usr/bin/env bash
# soundfile and libsndfile: an MP3 file read in small pieces, front to back, sounds different from the same file read at once.
#
# soundfile moves the read position after each read to where it is already. In libsndfile that is a seek of the MP3 decoder, which
# throws away the bits that earlier frames kept for later ones, so the next frame is decoded from too little and
# comes out wrong; libmpg123 complains on the standard error output of the whole program, where a terminal
# application has its screen. The voice-like buzz below, at 16 kHz in 20 ms pieces, is wrong in one sample of twenty, by up to
# a sixth of full scale. The lengths agree and nothing is raised; pieces of 576 samples, a frame at this rate, are right.
# The complaints were reported (bastibe/python-soundfile, issue 402) and put down to a bad file; here libsndfile itself
# wrote the file. A dictation that reads a file piece by piece recognises a worse sound than it plays back.
#
# Versions: soundfile 0.14.0 (libsndfile 1.2.2 with mpg123 and LAME built in), numpy 2.4.6.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
"$work/venv/bin/pip" install -qq --only-binary :all: soundfile==0.14.0 numpy==2.4.6 ||
    { echo "soundfile 0.14.0 and numpy 2.4.6 cannot be installed here"; exit 2; }

cd "$work"
cat >look.py <<'PY'
import sys

import numpy
import soundfile

RATE = 16_000
time = numpy.arange(4 * RATE) / RATE
loud = numpy.sin(2 * numpy.pi * 3 * time) > 0
buzz = sum(numpy.sin(2 * numpy.pi * 120 * k * time + k * k) / k for k in range(1, 50))
soundfile.write("sound.mp3", buzz * (0.05 + loud) * 0.15, RATE)
whole, _ = soundfile.read("sound.mp3", dtype="float32")
print("libsndfile", soundfile.__libsndfile_version__)
seen = {}
for piece in (320, 576, 4096):
    joined = numpy.concatenate(list(soundfile.blocks("sound.mp3", blocksize=piece, dtype="float32")))
    error = abs(joined - whole)
    ratio = 10 * numpy.log10((whole**2).sum() / max((error**2).sum(), 1e-20))
    seen[piece] = "equal" if ratio > 100 else "bad" if ratio < 40 else "near"
    print(f"  pieces of {piece}: {len(joined)} of {len(whole)} samples, {ratio:.0f} dB between sound and difference;"
          f" {(error > 0.001).mean():.1%} of samples off, by up to {error.max():.2f}")
expected = {320: "bad", 576: "equal", 4096: "bad"}
if seen != expected:
    sys.exit(f"changed: expected {expected}, saw {seen}")
PY
"$work/venv/bin/python" look.py 2>complaints || { grep -v part2_3_length complaints; exit 1; }
echo "  $(grep -c 'part2_3_length' complaints || true) complaints on standard error, the first: $(head -n 1 complaints)"
grep -q 'part2_3_length' complaints || { echo "changed: libmpg123 no longer complains"; exit 1; }
