// From the rate that the browser gives to the rate that is recorded: a sinc under a Kaiser window,
// one set of weights for each place that an output sample can have between two input samples.

const ZERO_CROSSINGS = 32; // on each side, at the lower of the two rates
const PASS = 0.92; // of the lower Nyquist frequency: what is above must be gone at Nyquist
const BETA = 8; // 80 dB

export class Resampler {
  #up;
  #down;
  #nTaps;
  #weights;
  #kept;
  #nKept;
  #phase = 0;

  constructor(fromHz, toHz) {
    const common = divisor(fromHz, toHz);
    this.#up = toHz / common;
    this.#down = fromHz / common;
    const scale = Math.max(1, fromHz / toHz);
    this.#nTaps = 2 * Math.ceil(ZERO_CROSSINGS * scale);
    this.#weights = weights(this.#up, this.#nTaps, PASS / scale);
    this.#kept = new Float32Array(this.#nTaps * 8);
    this.#nKept = this.#nTaps / 2 - 1; // so that the first output is the first input
  }

  /** The samples that are due now; `take` is called with each. */
  push(samples, take) {
    if (this.#up === this.#down) {
      for (const sample of samples) take(sample);
      return;
    }
    this.#append(samples);
    let at = 0;
    while (at + this.#nTaps <= this.#nKept) {
      take(this.#sum(at));
      this.#phase += this.#down;
      at += Math.floor(this.#phase / this.#up);
      this.#phase %= this.#up;
    }
    this.#kept.copyWithin(0, at, this.#nKept);
    this.#nKept -= at;
  }

  #append(samples) {
    if (this.#nKept + samples.length > this.#kept.length) {
      const larger = new Float32Array(2 * (this.#nKept + samples.length));
      larger.set(this.#kept);
      this.#kept = larger;
    }
    this.#kept.set(samples, this.#nKept);
    this.#nKept += samples.length;
  }

  #sum(at) {
    const first = this.#phase * this.#nTaps;
    let sum = 0;
    for (let tap = 0; tap < this.#nTaps; tap++) {
      sum += this.#kept[at + tap] * this.#weights[first + tap];
    }
    return sum;
  }
}

function weights(nPhases, nTaps, cutoff) {
  const table = new Float32Array(nPhases * nTaps);
  const middle = nTaps / 2 - 1;
  for (let phase = 0; phase < nPhases; phase++) {
    const row = table.subarray(phase * nTaps, (phase + 1) * nTaps);
    let total = 0;
    for (let tap = 0; tap < nTaps; tap++) {
      const distance = tap - middle - phase / nPhases;
      row[tap] = sinc(distance * cutoff) * kaiser(distance / (nTaps / 2));
      total += row[tap];
    }
    for (let tap = 0; tap < nTaps; tap++) row[tap] /= total; // so that a level stays what it is
  }
  return table;
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x) {
  return Math.abs(x) > 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

/** The modified Bessel function of order 0. */
function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(a, b) {
  return b === 0 ? a : divisor(b, a % b);
}
