#!/usr/bin/env bash
# Noise suppressors for speech streams hand the sound back later than they take it, and the last of it never.
#
# Each takes 10 ms and gives back 10 ms, so nothing shows that the sound inside has moved. pyspeex-noise returns the block
# before, always, even with suppression and gain at zero: the first block is silence and the last one stays
# inside. WebRTC's suppressor, in both of its bindings, is 6 ms late as soon as it is switched on; its gain control alone is not.
# None of them has a flush, and none says so. Switched on in the middle of a dictation it shifts word times, and a stop
# cuts the end. One more block of silence must be fed at the end, and the delay taken off the times.
#
# Versions: pyspeex-noise 2.0.1, webrtc-noise-gain 1.3.0, pywebrtc-audio 0.2.0, numpy 2.4.6.
set -euo pipefail
command -v python3 >/dev/null || { echo "python3 is needed"; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv" || { echo "python3 -m venv is needed"; exit 2; }
"$work/venv/bin/pip" install -qq --only-binary :all: \
    pyspeex-noise==2.0.1 webrtc-noise-gain==1.3.0 pywebrtc-audio==0.2.0 numpy==2.4.6 ||
    { echo "the four packages cannot be installed here"; exit 2; }

"$work/venv/bin/python" - <<'PY'
import sys

import numpy
import pyspeex_noise
import pywebrtc_audio
import webrtc_noise_gain

RATE, BLOCK = 16_000, 160
time = numpy.arange(3 * RATE) / RATE
sweep = numpy.sin(2 * numpy.pi * (300 + 200 * time) * time) * (0.6 + 0.4 * numpy.sin(8 * numpy.pi * time))
sound = (3000 * sweep).astype(numpy.int16)


def samples(data):
    return numpy.frombuffer(bytes(data), numpy.int16)


def delay_ms(process):
    """Return the shift at which what comes out resembles most what went in."""
    blocks = [samples(process(sound[at : at + BLOCK])) for at in range(0, len(sound), BLOCK)]
    out = numpy.concatenate(blocks)
    assert len(out) == len(sound)
    size = 1 << 17
    likeness = numpy.fft.irfft(numpy.fft.rfft(out, size) * numpy.conj(numpy.fft.rfft(sound, size)), size)
    return int(numpy.argmax(likeness[: RATE // 10])) * 1000 / RATE


def speex(*settings):
    processor = pyspeex_noise.AudioProcessor(*settings)
    return lambda block: processor.process_10ms(block.tobytes())


def webrtc(*settings):
    processor = webrtc_noise_gain.AudioProcessor(*settings)
    return lambda block: processor.Process10ms(block.tobytes()).audio


seen = {
    "pyspeex-noise, all off": delay_ms(speex(0, 0)),
    "pyspeex-noise, suppression of 30 dB": delay_ms(speex(0, -30)),
    "webrtc-noise-gain, all off": delay_ms(webrtc(0, 0)),
    "webrtc-noise-gain, gain control": delay_ms(webrtc(3, 0)),
    "webrtc-noise-gain, suppression 1": delay_ms(webrtc(0, 1)),
    "webrtc-noise-gain, suppression 4": delay_ms(webrtc(0, 4)),
    "pywebrtc-audio, NoiseSuppressor": delay_ms(pywebrtc_audio.NoiseSuppressor(RATE, 1, 1).process),
}
for name, delay in seen.items():
    print(f"  {name}: {delay:.1f} ms late")
expected = [10.0, 10.0, 0.0, 0.0, 6.0, 6.0, 6.0]
if list(seen.values()) != expected:
    sys.exit(f"changed: expected {expected}, saw {list(seen.values())}")
PY
