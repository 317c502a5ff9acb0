// The microphone's protocol, as core/frames.py has it: frames of numbered sound one way,
// acknowledgements the other. A head of 20 bytes (type, codec, length of the payload, number of the
// first sample, time of capture), little-endian, and the payload.

const PREAMBLE = new TextEncoder().encode("SKMIC1\n");
export const Type = {
  HELLO: 1,
  AUDIO: 2,
  TROUBLE: 4,
  ACK: 5,
  BYE: 6,
  PING: 7,
  PONG: 8,
  GAP: 9,
  PAUSE: 10,
  RESUME: 11,
  MEND: 12,
  MENDED: 13,
};
const Codec = { PCM: 0, OPUS: 1, OPUS_FIRST: 2 };
export const HEAD_BYTES = 20;
const LITTLE = true;

/** One message, as it is sent. `captureNs` is a BigInt: nanoseconds outgrow a Number. */
export function encode(type, sample, captureNs = 0n, payload = new Uint8Array()) {
  const frame = new Uint8Array(HEAD_BYTES + payload.byteLength);
  const head = new DataView(frame.buffer);
  head.setUint8(0, type);
  head.setUint16(2, payload.byteLength, LITTLE);
  head.setBigUint64(4, BigInt(sample), LITTLE);
  head.setBigUint64(12, captureNs, LITTLE);
  frame.set(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength), HEAD_BYTES);
  return frame;
}

/** A message whose payload is JSON. */
export function encodeFacts(type, sample, facts) {
  return encode(type, sample, 0n, new TextEncoder().encode(JSON.stringify(facts)));
}

/** What a stream begins with: the preamble, and a hello. */
export function beginning(hello) {
  const all = new Uint8Array(PREAMBLE.length + hello.length);
  all.set(PREAMBLE);
  all.set(hello, PREAMBLE.length);
  return all;
}

/** A payload that is words. */
export function text(payload) {
  return new TextDecoder().decode(payload);
}

/** So many samples from there on were spoken and do not exist; their numbers are used up. */
export function encodeGap(sample, nSamples, reason) {
  const words = new TextEncoder().encode(reason);
  const payload = new Uint8Array(8 + words.length);
  new DataView(payload.buffer).setBigUint64(0, BigInt(nSamples), LITTLE);
  payload.set(words, 8);
  return encode(Type.GAP, sample, 0n, payload);
}

/** A packet of Opus; of what it decodes to, the last `nSamples` count. */
export function encodeOpus(sample, captureNs, nSamples, packet, isFirst) {
  const payload = new Uint8Array(2 + packet.length);
  new DataView(payload.buffer).setUint16(0, nSamples, LITTLE);
  payload.set(packet, 2);
  const frame = encode(Type.AUDIO, sample, captureNs, payload);
  frame[1] = isFirst ? Codec.OPUS_FIRST : Codec.OPUS;
  return frame;
}

/** Bytes in, in any pieces; whole frames out. */
export class Decoder {
  #rest = new Uint8Array();

  feed(data) {
    const all = new Uint8Array(this.#rest.length + data.byteLength);
    all.set(this.#rest);
    all.set(new Uint8Array(data), this.#rest.length);
    const frames = [];
    let at = 0;
    while (all.length - at >= HEAD_BYTES) {
      const head = new DataView(all.buffer, at);
      const end = at + HEAD_BYTES + head.getUint16(2, LITTLE);
      if (end > all.length) break;
      frames.push({
        type: head.getUint8(0),
        sample: Number(head.getBigUint64(4, LITTLE)),
        captureNs: head.getBigUint64(12, LITTLE),
        payload: all.slice(at + HEAD_BYTES, end),
      });
      at = end;
    }
    this.#rest = all.slice(at);
    return frames;
  }
}
