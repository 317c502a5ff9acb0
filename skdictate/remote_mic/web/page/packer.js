// Opus for a link that is too thin for PCM: one run of packets, of 20 ms each, for a new decoder.

const CONFIG = {
  codec: "opus",
  sampleRate: 16_000,
  numberOfChannels: 1,
  bitrate: 24_000,
  opus: { frameDuration: 20_000, application: "voip" },
};
/** The codec hears 6.5 ms ahead: so many samples less count of the first packet. */
export const AHEAD = 104;

/** Whether this browser can do it. */
export async function isAble() {
  try {
    return (await AudioEncoder.isConfigSupported(CONFIG)).supported;
  } catch {
    return false;
  }
}

export class Packer {
  /** Blocks that are in it, and whose packets have not come. */
  nPending = 0;
  /** It is to be ended: the packets that still come are the last. */
  isEnding = false;
  #encoder;
  #onpacket;
  #onfailure;

  /** `onpacket(bytes)` is called for each block in turn; with null when the end has come. */
  constructor(onpacket, onfailure) {
    this.#onpacket = onpacket;
    this.#onfailure = onfailure;
    this.#encoder = new AudioEncoder({
      output: (chunk) => this.#deliver(chunk),
      error: () => this.#fail(),
    });
    this.#encoder.configure(CONFIG);
  }

  pack(pcm, sample) {
    const timestamp = Math.round((sample / CONFIG.sampleRate) * 1e6);
    const format = { format: "s16", sampleRate: CONFIG.sampleRate, numberOfChannels: 1 };
    const block = new AudioData({ ...format, numberOfFrames: pcm.length, timestamp, data: pcm });
    this.nPending++;
    this.#encoder.encode(block);
    block.close();
  }

  /** Let it give what it holds back. */
  end() {
    this.isEnding = true;
    this.#encoder.flush().then(
      () => this.#close(),
      () => this.#fail(),
    );
  }

  #deliver(chunk) {
    if (this.nPending === 0) return; // what it made up to fill its last packet
    this.nPending--;
    const bytes = new Uint8Array(chunk.byteLength);
    chunk.copyTo(bytes);
    this.#onpacket(bytes);
  }

  #close() {
    if (this.#encoder.state !== "closed") this.#encoder.close();
    this.#onpacket(null);
  }

  #fail() {
    this.nPending = 0;
    this.#onfailure();
  }
}
