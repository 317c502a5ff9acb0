#!/usr/bin/env bash
# moonshine-voice: a stretch of speech is cut at two thirds of `vad_max_segment_duration`, in mid-word, and half a second twice.
#
# A comment in its source says that past two thirds the voice score is faded down to zero at the maximum, so that the cut falls
# into the next weak moment. The factor is upside down: it starts at zero and rises, so the very next 32 ms count as
# silence, whatever is said. Then the new segment begins with the look-behind, which lies inside the one before:
# its last half second is recognised again, and the words there come twice, in pieces. With the default of 15 s, a breathless
# speaker is cut every 10 s. Whoever joins the lines must take the overlap off. Real speech is needed to see it:
# the script uses the recording that the package ships.
#
# Version: moonshine-voice 0.1.0 with the English "tiny" model inside it.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
"$work/venv/bin/pip" install -qq --only-binary :all: moonshine-voice==0.1.0 ||
    { echo "moonshine-voice 0.1.0 cannot be installed here"; exit 2; }

"$work/venv/bin/python" - <<'PY'
import array
import sys
import wave
from importlib.metadata import version
from pathlib import Path

import moonshine_voice
from moonshine_voice.moonshine_api import ModelArch
from moonshine_voice.transcriber import Transcriber

ASSETS = Path(moonshine_voice.__file__).parent / "assets"
with wave.open(str(ASSETS / "two_cities.wav")) as recording:
    rate = recording.getframerate()
    recording.setpos(int(32.3 * rate))  # a sentence of nine seconds without a pause
    pcm = array.array("h", recording.readframes(10 * rate))
sound = [sample / 32768 for sample in pcm]


def lines(maximum_s):
    transcriber = Transcriber(
        str(ASSETS / "tiny-en"), ModelArch.TINY, options={"vad_max_segment_duration": str(maximum_s)}
    )
    with transcriber:
        return transcriber.transcribe_without_streaming(sound, rate).lines


print("moonshine-voice", version("moonshine-voice"))
whole = lines(30)
print(f"  at most 30 s: {len(whole)} line of {whole[0].duration:.2f} s")
cut = lines(6)
for line in cut:
    print(f"  at most 6 s: {line.start_time:.2f} to {line.start_time + line.duration:.2f} s ({line.duration:.2f} s): {line.text}")
overlaps = [
    before.start_time + before.duration - after.start_time for before, after in zip(cut, cut[1:], strict=False)
]
print("  each line begins before the end of the last by", ", ".join(f"{overlap:.2f} s" for overlap in overlaps))
is_as_before = (
    len(whole) == 1
    and whole[0].duration > 6
    and len(cut) >= 3
    and all(4.0 <= line.duration < 4.2 for line in cut[:-1])
    and all(0.4 < overlap < 0.6 for overlap in overlaps)
)
if not is_as_before:
    sys.exit("changed: expected cuts after 4 to 4.2 s and overlaps of about half a second")
PY
