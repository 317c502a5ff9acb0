// Runs on the browser's audio thread: the microphone in, frames of 20 ms at 16 kHz out.

import { Resampler } from "./resampler.js";

const RATE_HZ = 16_000;
const FRAME_SAMPLES = 320;
const FULL_SCALE = 32_768;

class Capture extends AudioWorkletProcessor {
  #resampler = new Resampler(sampleRate, RATE_HZ);
  #frame = new Int16Array(FRAME_SAMPLES);
  #nFilled = 0;

  process([channels]) {
    if (channels.length > 0) this.#resampler.push(mono(channels), (sample) => this.#take(sample));
    return true;
  }

  #take(sample) {
    const value = Math.round(sample * FULL_SCALE);
    this.#frame[this.#nFilled++] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, value));
    if (this.#nFilled < FRAME_SAMPLES) return;
    // The time is taken here, for the page's own thread may be late; it makes it a steady one.
    this.port.postMessage({ pcm: this.#frame, wallMs: Date.now() }, [this.#frame.buffer]);
    this.#frame = new Int16Array(FRAME_SAMPLES);
    this.#nFilled = 0;
  }
}

/** The mean of all channels. */
function mono(channels) {
  if (channels.length === 1) return channels[0];
  const mean = new Float32Array(channels[0].length);
  for (const channel of channels) {
    for (let at = 0; at < mean.length; at++) mean[at] += channel[at] / channels.length;
  }
  return mean;
}

registerProcessor("capture", Capture);
