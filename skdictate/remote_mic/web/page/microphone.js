// The browser's microphone: raw, as loud as it is, in frames of 20 ms with the time of each.

const RAW = {
  channelCount: 1,
  echoCancellation: false,
  noiseSuppression: false,
  autoGainControl: false,
};

export class Microphone {
  /** A frame: Int16Array of 320 samples, and when its last was captured, in steady nanoseconds. */
  onframe = () => {};
  /** It went away, came back, or is another one. */
  onchange = () => {};
  label = "";
  deviceId = "";
  /** The device or the system keeps it silent. */
  isMuted = false;
  #context = null;
  #stream = null;
  #node = null;
  #lastNs = 0n;

  get isOpen() {
    return this.#stream !== null;
  }

  /** Ask for it, and capture. Has to be called for a click or a key: browsers want that. */
  async open(deviceId = "") {
    if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
    this.#context ??= await this.#begin();
    const audio = deviceId ? { ...RAW, deviceId: { exact: deviceId } } : RAW;
    const stream = await navigator.mediaDevices.getUserMedia({ audio });
    this.#release();
    this.#stream = stream;
    const [track] = stream.getAudioTracks();
    this.label = track.label || "microphone";
    this.deviceId = track.getSettings().deviceId ?? "";
    this.isMuted = track.muted;
    track.onmute = track.onunmute = () => this.#mute(track.muted);
    track.onended = () => this.#lose();
    await this.#context.resume();
    this.#context.createMediaStreamSource(stream).connect(this.#node);
    this.onchange();
  }

  /** Capture no more, from now on. */
  close() {
    this.#release();
    this.#context?.suspend();
  }

  /** All microphones there are; without names until one was allowed. */
  async list() {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
    return devices.filter((device) => device.kind === "audioinput" && device.deviceId);
  }

  async #begin() {
    const context = new AudioContext({ latencyHint: "interactive" });
    await context.audioWorklet.addModule("worklet.js");
    this.#node = new AudioWorkletNode(context, "capture");
    this.#node.port.onmessage = ({ data }) => this.#hear(data);
    this.#node.connect(context.destination); // it is silent, but what leads nowhere is not run
    // A telephone call or the screen's lock suspends it.
    context.onstatechange = () => this.#stream && context.resume().catch(() => {});
    return context;
  }

  #hear({ pcm, wallMs }) {
    if (!this.#stream) return;
    const capturedMs = performance.now() - Math.max(0, Date.now() - wallMs);
    const ns = BigInt(Math.max(0, Math.round(capturedMs * 1e6)));
    this.#lastNs = ns > this.#lastNs ? ns : this.#lastNs;
    this.onframe(pcm, this.#lastNs);
  }

  #mute(isMuted) {
    this.isMuted = isMuted;
    this.onchange();
  }

  #lose() {
    this.#release();
    this.onchange();
  }

  #release() {
    for (const track of this.#stream?.getTracks() ?? []) {
      track.onended = track.onmute = track.onunmute = null;
      track.stop();
    }
    this.#stream = null;
  }
}
