// Frames of sound, and gaps, in the order of their samples; taken from the front.

export class Spool {
  /** Samples that are kept; those of gaps do not exist. */
  nSamples = 0;
  #frames = []; // {sample, nSamples, captureNs, pcm}; the pcm of a gap is null

  append(frame) {
    this.#frames.push(frame);
    this.nSamples += size(frame);
  }

  /** Let go of what lies wholly before that position, and give it away. */
  drop(sample) {
    let n = 0;
    while (n < this.#frames.length && end(this.#frames[n]) <= sample) n++;
    const dropped = this.#frames.splice(0, n);
    for (const frame of dropped) this.nSamples -= size(frame);
    return dropped;
  }

  /** The frame that this sample is in, or the next one, if there is one. */
  at(sample) {
    return this.#frames.find((frame) => end(frame) > sample);
  }
}

export function end(frame) {
  return frame.sample + frame.nSamples;
}

function size({ pcm }) {
  return pcm === null ? 0 : pcm.length;
}
