// The WebSocket: introduces the page, says what the server says, and comes back by itself.

import { nonce, seal } from "./proof.js";

const FIRST_S = 0.1;
const GROWTH = 1.6;
const LONGEST_S = 5;
const SILENCE_S = 4; // the server says something every second, if only that the app is not there
const LOOK_MS = 500;
export const REFUSED = 4401;
export const TAKEN = 4409;

export class Link {
  /** The server knows this page, and says how things are. */
  ontold = () => {};
  /** Bytes of the framed protocol. */
  onbytes = () => {};
  /** It is down; the reason may be REFUSED or TAKEN, and then it stays so. */
  ondown = () => {};
  /** Tries since it was up. */
  nTries = 0;
  /** Why it stays down: 0, REFUSED or TAKEN. */
  reason = 0;
  isUp = false;
  #socket = null;
  #token;
  #who = "";
  #key = "";
  #timer = 0;
  #heardMs = 0;

  constructor(token) {
    this.#token = token;
    setInterval(() => this.look(), LOOK_MS);
    for (const event of ["online", "pageshow"]) addEventListener(event, () => this.hurry());
    document.addEventListener("visibilitychange", () => this.hurry());
  }

  /** Another link was opened in this page: what it keeps is for that one. */
  renew(token) {
    this.#token = token;
    this.#who = "";
    this.connect();
  }

  connect() {
    clearTimeout(this.#timer);
    this.reason = 0;
    if (this.#socket !== null) {
      this.#drop();
      this.ondown();
    }
    if (this.#who === "" && this.#token === "") {
      this.#lose(REFUSED);
      return;
    }
    this.#heardMs = performance.now();
    const socket = new WebSocket(`ws://${location.host}/line`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const lose = (code) => socket === this.#socket && this.#lose(code);
    socket.onopen = () => this.#introduce(socket).catch(() => lose(0));
    socket.onclose = ({ code }) => lose(code);
  }

  /** Try again now, if that is awaited. */
  hurry() {
    if (this.#socket === null && this.reason === 0) this.connect();
  }

  /** Give up a connection that says nothing. */
  look() {
    const silent = performance.now() - this.#heardMs > SILENCE_S * 1000;
    if (this.#socket !== null && silent) this.#lose(0);
  }

  say(words) {
    this.send(JSON.stringify(words));
  }

  /** What finds the connection down is not sent, and need not be: it is kept until it is there. */
  send(data) {
    if (this.isUp && this.#socket.readyState === WebSocket.OPEN) this.#socket.send(data);
  }

  async #introduce(socket) {
    const ours = nonce();
    const isNew = this.#who === "";
    const key = isNew ? this.#token : this.#key;
    socket.send(JSON.stringify({ v: 1, who: this.#who, nonce: ours }));
    const theirs = await answer(socket);
    if (theirs.proof !== (await seal(key, "server", ours, theirs.nonce))) {
      if (socket === this.#socket) this.#lose(REFUSED);
      return;
    }
    const proof = await seal(key, "page", theirs.nonce, ours);
    const next = isNew ? await seal(key, "session", ours, theirs.nonce) : key;
    socket.send(JSON.stringify({ proof }));
    const { who } = await answer(socket);
    if (socket !== this.#socket) return;
    this.#who = who;
    this.#key = next;
    this.isUp = true;
    this.nTries = 0;
    socket.onmessage = ({ data }) => this.#hear(data);
    this.ontold({ event: "up" });
  }

  #hear(data) {
    this.#heardMs = performance.now();
    if (typeof data === "string") this.ontold(JSON.parse(data));
    else this.onbytes(data);
  }

  #lose(code) {
    this.#drop();
    this.reason = code === REFUSED || code === TAKEN ? code : 0;
    if (this.reason === 0) {
      const most = Math.min(LONGEST_S, FIRST_S * GROWTH ** this.nTries++);
      this.#timer = setTimeout(() => this.connect(), most * Math.random() * 1000);
    }
    this.ondown();
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    this.isUp = false;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}

/** The next message; waited for by the silence limit of the link. */
function answer(socket) {
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => {
      try {
        resolve(JSON.parse(data));
      } catch (error) {
        reject(error);
      }
    };
  });
}
