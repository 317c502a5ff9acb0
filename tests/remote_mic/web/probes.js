// What tests of the page add to it before its own scripts run: ears between its parts, and its
// parts by themselves. Nothing of the page is replaced.

globalThis.probes = { captured: [] };

// Between the audio thread and the page: all that was captured, whatever the page makes of it.
{
  const { set } = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
  const note = ({ pcm }) => pcm && probes.captured.push(base64(new Uint8Array(pcm.buffer)));
  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  Object.defineProperty(MessagePort.prototype, "onmessage", {
    set(hear) {
      set.call(this, (event) => {
        note(event.data);
        hear(event);
      });
    },
  });
}

/** Texts whose contrast is below what WCAG asks for. */
probes.pale = () => {
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return backgroundColor === "rgba(0, 0, 0, 0)" ? ground(element.parentElement) : backgroundColor;
  };
  const pale = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const { data, parentElement } = walk.currentNode;
    if (!data.trim() || !parentElement.checkVisibility()) continue;
    const pair = [light(getComputedStyle(parentElement).color), light(ground(parentElement))];
    const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    if (contrast < 4.5) pale.push([data, contrast]);
  }
  return pale;
};

/** Frames as the page writes them. */
probes.written = async () => {
  const { Type, encode, encodeGap, encodeOpus } = await import("/frames.js");
  return [
    ...encode(Type.AUDIO, 320, 2n ** 60n, new Int16Array([1, 32767])),
    ...encodeGap(2 ** 40, 2 ** 33, "why"),
    ...encodeOpus(7, 8n, 216, new Uint8Array([1, 2, 3]), true),
  ];
};

/** Frames as the page reads them, a byte at a time. */
probes.read = async (bytes) => {
  const { Decoder } = await import("/frames.js");
  const decoder = new Decoder();
  const frames = bytes.flatMap((byte) => decoder.feed(new Uint8Array([byte]).buffer));
  const text = (payload) => new TextDecoder().decode(payload);
  return frames.map((it) => [it.type, it.sample, String(it.captureNs), text(it.payload)]);
};

/** A quarter of a second of a tone at half of full scale, at 16 kHz. */
probes.resampled = async (rateHz, toneHz) => {
  const { Resampler } = await import("/resampler.js");
  const resampler = new Resampler(rateHz, 16_000);
  const tone = (at) => 0.5 * Math.sin((2 * Math.PI * toneHz * at) / rateHz);
  const heard = [];
  for (let at = 0; at < rateHz / 4; at += 128) {
    const block = Float32Array.from({ length: 128 }, (_, i) => tone(at + i));
    resampler.push(block, (sample) => heard.push(sample));
  }
  return heard;
};

/** Twenty seconds and a little more, where there is room for twenty. */
probes.overfilled = async () => {
  const { Decoder, Type } = await import("/frames.js");
  const { Take } = await import("/take.js");
  const sent = [];
  const decoder = new Decoder();
  const take = new Take((bytes) => sent.push(...decoder.feed(bytes.buffer)), false, 20 * 16_000);
  const answer = () => {
    const { type, sample, payload } = sent.at(-1);
    const gap = type === Type.GAP && Number(new DataView(payload.buffer).getBigUint64(0, true));
    take.acked(sample + (gap || payload.length / 2));
    take.pump();
  };
  for (let n = 0; n < 1003; n++) take.hear(new Int16Array(320), 1n);
  take.connected(0);
  take.pump();
  const { length } = sent;
  const { isFull } = take;
  take.connected(160); // another line, to an app that has half a frame
  take.pump();
  const { sample } = sent[length];
  while (take.flow.acked < 1000 * 320) answer();
  take.hear(new Int16Array(320), 1n);
  take.end();
  take.pump();
  while (!take.isThere) answer();
  const last = sent.slice(-2).map((it) => [it.type, it.sample]);
  return { length, isFull, sample, last, head: take.head, nLost: take.nLost };
};
