// The level of what is captured, in dB below full scale, with a peak that stays for a while.

import { RATE_HZ } from "./flow.js";

const FULL_SCALE = 32_768;
export const LEAST_DBFS = -60; // the left end
const SILENCE_DBFS = -96;
const HOLD_MS = 1500;
const FALL_DB_PER_S = 40;
const LOUD_DBFS = -6;
const CLIPPED = FULL_SCALE - 1;
const READ_MS = 1000;

export class Meter {
  rmsDbfs = SILENCE_DBFS;
  peakDbfs = SILENCE_DBFS;
  /** How long there were only zeros. */
  silentS = 0;
  #element;
  #text;
  #peakMs = 0;
  #drawnMs = 0;
  #readMs = 0;

  #glow;

  constructor(element, text, glow) {
    this.#element = element;
    this.#text = text;
    this.#glow = glow;
  }

  hear(pcm) {
    let power = 0;
    let peak = 0;
    for (const value of pcm) {
      power += value * value;
      peak = Math.max(peak, Math.abs(value));
    }
    const nowMs = performance.now();
    const lastedS = pcm.length / RATE_HZ;
    this.silentS = peak === 0 ? this.silentS + lastedS : 0;
    const rms = Math.sqrt(power / pcm.length);
    this.rmsDbfs = Math.max(dbfs(rms), this.rmsDbfs - FALL_DB_PER_S * lastedS);
    if (dbfs(peak) >= this.peakDbfs || nowMs - this.#peakMs > HOLD_MS) {
      this.peakDbfs = dbfs(peak);
      this.#peakMs = nowMs;
    }
    this.#element.classList.toggle("clipped", peak >= CLIPPED);
  }

  rest() {
    this.rmsDbfs = this.peakDbfs = SILENCE_DBFS;
    this.silentS = 0;
    this.#element.classList.remove("clipped", "loud");
  }

  draw(isOn) {
    const [fill, mark] = this.#element.children;
    fill.style.setProperty("--at", place(this.rmsDbfs));
    mark.style.setProperty("--at", place(this.peakDbfs));
    this.#glow.style.setProperty("--level", place(this.rmsDbfs));
    mark.hidden = this.peakDbfs <= LEAST_DBFS;
    this.#element.classList.toggle("loud", this.peakDbfs > LOUD_DBFS);
    const nowMs = performance.now();
    if (nowMs - this.#drawnMs > 100) {
      this.#drawnMs = nowMs;
      this.#text.rms.textContent = isOn ? `${number(this.rmsDbfs)} dBFS` : "– dBFS";
      this.#text.peak.textContent = isOn ? `peak ${number(this.peakDbfs)}` : "peak –";
    }
    if (nowMs - this.#readMs > READ_MS) {
      this.#readMs = nowMs;
      const level = Math.max(LEAST_DBFS, Math.round(this.rmsDbfs));
      this.#element.setAttribute("aria-valuenow", level);
      const said = isOn ? `${number(this.rmsDbfs)} decibels, full scale` : "off";
      this.#element.setAttribute("aria-valuetext", said);
    }
  }
}

function dbfs(amplitude) {
  const level = 20 * Math.log10(amplitude / FULL_SCALE); // of nothing, minus infinity
  return Math.max(SILENCE_DBFS, level);
}

/** Where on the scale, from 0 to 1. */
function place(level) {
  return Math.max(0, Math.min(1, 1 - level / LEAST_DBFS)).toFixed(4);
}

function number(level) {
  return Math.round(level).toString().replace("-", "−");
}
