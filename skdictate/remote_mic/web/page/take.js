// What one dictation gets from this microphone: numbered, kept until it is there, sent in turn.
// As remote/take.py does it.

import { HEAD_BYTES, Type, encode, encodeGap, encodeOpus } from "./frames.js";
import { Flow, RATE_HZ } from "./flow.js";
import { AHEAD, Packer } from "./packer.js";
import { Spool, end } from "./spool.js";

export const FRAME_SAMPLES = 320;
const ROOM = 20 * 60 * RATE_HZ; // samples kept at most, 38 MB; then it is lost, and said to be
const AGAIN = RATE_HZ; // so much room there has to be before it goes on

export class Take {
  id = crypto.randomUUID().replaceAll("-", "");
  /** Samples that were numbered. */
  head = 0;
  /** Samples that there was no room for. */
  nLost = 0;
  isPaused = false;
  /** Nothing more will be captured. */
  isEnded = false;
  flow;
  #send;
  #room;
  #spool = new Spool();
  #mends = new Spool(); // what went as Opus, as it was captured
  #rough = []; // [start, end] of what went as Opus
  #mendCursor = 0;
  #holeFrom = null;
  #packer = null;
  #fed = 0; // the samples before are in the packer
  #isFirst = false; // its next packet is its first

  /** `send` is given frames as they go; `mayOpus` says whether the browser can. */
  constructor(send, mayOpus = false, room = ROOM) {
    this.#send = send;
    this.#room = room;
    this.flow = new Flow(mayOpus);
  }

  /** Seconds of sound that are here and not in the recording. */
  get keptS() {
    return (this.head - this.flow.acked) / RATE_HZ;
  }

  get isFull() {
    return this.#holeFrom !== null;
  }

  /** Everything is in the recording. */
  get isThere() {
    return this.isEnded && this.flow.acked >= this.head;
  }

  /** What went as Opus is there as it was captured, too. */
  get isMended() {
    return this.#mends.nSamples === 0;
  }

  /** The next frame; in a pause it is forgotten. */
  hear(pcm, captureNs) {
    if (this.isPaused || this.isEnded) return;
    const nKept = this.#spool.nSamples + this.#mends.nSamples + pcm.length;
    if (nKept > this.#room - (this.isFull ? AGAIN : 0)) {
      this.#holeFrom ??= this.head;
      this.nLost += pcm.length;
    } else {
      this.#closeHole();
      this.#spool.append({ sample: this.head, nSamples: pcm.length, captureNs, pcm });
    }
    this.head += pcm.length;
  }

  end() {
    this.#closeHole();
    this.isEnded = true;
  }

  /** A new line: everything before that position is there; the rest is to be sent. */
  connected(start) {
    this.#packer = null;
    this.#mendCursor = 0;
    this.flow.connected(start);
    this.#letGo();
  }

  acked(sample) {
    this.flow.ack(sample, now());
    this.#letGo();
  }

  mended(sample) {
    this.flow.mended(sample, now());
    this.#mends.drop(sample);
  }

  /** Send what may be sent now, in order. */
  pump() {
    do this.flow.choose(this.head, this.#mends.nSamples, now());
    while (this.#step());
    const unsent = this.#packer === null ? this.flow.cursor : this.#fed;
    if (this.#spool.at(unsent) !== undefined) return;
    for (let frame; this.flow.mayMend() && (frame = this.#mends.at(this.#mendCursor)); ) {
      this.#mendCursor = end(frame);
      this.flow.mendSent(end(frame), HEAD_BYTES + frame.pcm.byteLength, now());
      this.#send(encode(Type.MEND, frame.sample, frame.captureNs, frame.pcm));
    }
  }

  #closeHole() {
    if (this.#holeFrom === null) return;
    const nSamples = this.head - this.#holeFrom;
    this.#spool.append({ sample: this.#holeFrom, nSamples, captureNs: 0n, pcm: null });
    this.#holeFrom = null;
  }

  /** Of what is there; what went as Opus is kept to be sent again. */
  #letGo() {
    for (const frame of this.#spool.drop(this.flow.acked)) {
      while (this.#rough.length > 0 && this.#rough[0][1] <= frame.sample) this.#rough.shift();
      if (this.#rough.length > 0 && this.#rough[0][0] < end(frame)) this.#mends.append(frame);
    }
  }

  /** One frame more, if there is one and it may go; whether there was. */
  #step() {
    const { flow } = this;
    if (this.#packer !== null) return this.#packerStep();
    const kept = this.#spool.at(flow.cursor);
    if (kept === undefined || !flow.maySend(kept.pcm === null ? 0 : FRAME_SAMPLES)) return false;
    if (kept.pcm === null) {
      this.#go(encodeGap(kept.sample, kept.nSamples, "spool full"), end(kept));
    } else if (flow.isOpus && isPackable(kept, flow.cursor)) {
      this.#startPacker();
      this.#pack(kept);
    } else {
      const rest = kept.pcm.subarray(flow.cursor - kept.sample);
      this.#go(encode(Type.AUDIO, flow.cursor, kept.captureNs, rest), end(kept));
    }
    return true;
  }

  #packerStep() {
    const packer = this.#packer;
    if (packer.isEnding) return false;
    const kept = this.#spool.at(this.#fed);
    if (kept === undefined && !this.isEnded) return false;
    if (this.flow.isOpus && kept !== undefined && isPackable(kept, this.#fed)) {
      const isRoom = this.flow.maySend((packer.nPending + 1) * FRAME_SAMPLES);
      if (isRoom) this.#pack(kept);
      return isRoom;
    }
    packer.end(); // what it holds back goes as PCM
    return false;
  }

  #startPacker() {
    const packer = new Packer(
      (packet) => packer === this.#packer && this.#packed(packet),
      () => packer === this.#packer && this.#unpack(),
    );
    this.#packer = packer;
    this.#isFirst = true;
  }

  #pack(kept) {
    this.#fed = end(kept);
    this.#packer.pack(kept.pcm, kept.sample);
  }

  #packed(packet) {
    if (packet === null) {
      this.#packer = null;
    } else {
      const start = this.flow.cursor;
      const nSamples = FRAME_SAMPLES - (this.#isFirst ? AHEAD : 0);
      const { captureNs } = this.#spool.at(start + nSamples - 1);
      this.#roughen(start, start + nSamples);
      this.#go(encodeOpus(start, captureNs, nSamples, packet, this.#isFirst), start + nSamples);
      this.#isFirst = false;
    }
    this.pump();
  }

  /** The browser cannot do it after all. */
  #unpack() {
    this.#packer = null;
    this.flow.mayOpus = this.flow.isOpus = false;
    this.pump();
  }

  #roughen(start, until) {
    if (this.#rough.at(-1)?.[1] === start) this.#rough.at(-1)[1] = until;
    else this.#rough.push([start, until]);
  }

  #go(frame, until) {
    this.flow.sent(until, frame.length, now());
    this.#send(frame);
  }
}

function isPackable({ pcm, sample }, position) {
  return pcm !== null && pcm.length === FRAME_SAMPLES && sample === position;
}

function now() {
  return performance.now() / 1000;
}
