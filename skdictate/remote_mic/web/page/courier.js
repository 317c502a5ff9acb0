// Brings what was captured to the app. A take is what one dictation has of this microphone; the app
// begins and ends it, and so does the page's user.

import { Decoder, Type, beginning, encode, encodeFacts, text } from "./frames.js";
import { RATE_HZ } from "./flow.js";
import { REFUSED, TAKEN } from "./link.js";
import { isAble } from "./packer.js";
import { Take } from "./take.js";

const TICK_MS = 500;
const AGAIN_MS = 3000; // after the app has refused us
const MENDING_MS = 3000; // at the end, what went as Opus is sent again for so long

export class Courier {
  /** Something changed. */
  onchange = () => {};
  /** A take is done with. */
  onrenew = () => {};
  take;
  /** The page wants to be the microphone. */
  isWanted = false;
  /** The app takes this take now. */
  isLive = false;
  /** The app has met us, and may not want anything yet. */
  isMet = false;
  /** What the server said last of the app: {there, name, title, hint}. */
  app = null;
  /** Another microphone has the place: {title, detail}. */
  busy = null;
  /** Another microphone has taken our place. */
  isTaken = false;
  #link;
  #own = crypto.randomUUID();
  #facts = {};
  #isRenamed = false; // since the app was told of it
  #mayOpus = false;
  #decoder = null; // while a connection to the app is open
  #hasBegun = false; // the app has taken this take before
  #isDismissed = false; // the app has said on this connection that it wants no more
  #thereMs = 0; // since when all of it is there
  #insists = false;
  #notBeforeMs = 0;

  constructor(link) {
    this.#link = link;
    this.take = this.#newTake();
    link.ontold = (told) => this.#told(told);
    link.onbytes = (data) => this.#hear(data);
    link.ondown = () => this.#down();
    setInterval(() => this.#tick(), TICK_MS);
    isAble().then((mayOpus) => (this.#mayOpus = this.take.flow.mayOpus = mayOpus));
  }

  get keptS() {
    return this.take.keptS;
  }

  /** Nothing more is captured, and something is still to be brought. */
  get isFinishing() {
    return !this.isWanted && this.#hasBegun;
  }

  /** Be the microphone, as soon as the app lets us; `facts` say which. */
  want(facts) {
    this.isWanted = true;
    this.isTaken = false;
    this.#facts = facts;
    this.#begin();
  }

  /** Another microphone has the place: have it all the same. */
  insist() {
    this.#insists = true;
    this.#notBeforeMs = 0;
    this.#begin();
  }

  /** Capture no more; what is kept is still brought. */
  finish() {
    this.isWanted = false;
    this.busy = null;
    this.#link.say({ do: "rest" });
    if (this.#hasBegun) this.#end();
    else this.#renew();
  }

  /** Another microphone in the middle. */
  rename(facts) {
    this.#facts = facts;
    this.#isRenamed = !this.isLive;
    if (this.isLive) this.#link.send(this.#hello());
  }

  /** Tell the app why no sound comes. */
  complain(title, detail) {
    const problem = { kind: "microphone", title, detail, hint: "" };
    if (this.isLive) this.#link.send(encodeFacts(Type.TROUBLE, this.take.head, problem));
  }

  /** A frame of the microphone; one that nobody waits for is forgotten. */
  capture(pcm, captureNs) {
    if (this.#hasBegun) this.take.hear(pcm, captureNs);
    this.#pump();
  }

  #newTake() {
    return new Take((frame) => this.#link.send(frame), this.#mayOpus);
  }

  #begin() {
    if (this.#decoder !== null || performance.now() < this.#notBeforeMs) return;
    if (this.#link.isUp) 
      this.#link.say({ do: this.#insists ? "take" : "begin", begun: this.#hasBegun });
    else if (this.#link.reason === TAKEN) this.#link.connect();
  }

  #told(told) {
    if (told.event === "app") this.app = told;
    if (told.event === "busy") this.busy = { title: "Another page is the microphone", detail: "" };
    if (told.event === "open") this.#open();
    if (told.event === "up") this.#tick();
    this.onchange();
  }

  #open() {
    if (!this.isWanted && !this.#hasBegun) return this.#link.connect(); // asked for, and then not
    this.#decoder = new Decoder();
    this.#link.send(beginning(this.#hello()));
  }

  #hello() {
    const facts = {
      v: 1,
      stream: this.take.id,
      begun: this.#hasBegun,
      sender: this.#own,
      rate_hz: RATE_HZ,
      codec: "pcm",
      take_over: this.#insists,
      ...this.#facts,
    };
    return encodeFacts(Type.HELLO, this.take.flow.acked, facts);
  }

  #hear(data) {
    for (const frame of this.#decoder?.feed(data) ?? []) this.#obey(frame);
    this.#pump();
    this.onchange();
  }

  #obey({ type, sample, captureNs, payload }) {
    const { take } = this;
    if (type === Type.TROUBLE) return this.#refused(JSON.parse(text(payload)));
    this.isMet = true;
    this.busy = null;
    this.#insists = false;
    if (type === Type.ACK && this.isLive) take.acked(sample);
    else if (type === Type.ACK && text(payload) === take.id) this.#accepted(sample);
    else if (type === Type.MENDED) take.mended(sample);
    else if (type === Type.PAUSE) take.isPaused = true;
    else if (type === Type.RESUME) take.isPaused = false;
    else if (type === Type.PING) this.#link.send(encode(Type.PONG, sample, captureNs, payload));
    else if (type === Type.BYE) this.#dismissed();
  }

  #accepted(sample) {
    this.take.isPaused = false;
    this.take.connected(sample);
    this.#isDismissed = false; // it is told again, where it has been
    this.isLive = this.#hasBegun = true;
    if (this.#isRenamed) this.rename(this.#facts);
  }

  /** The dictation has ended; said again, or of a take that is not live, it takes nothing more. */
  #dismissed() {
    if (!this.isLive || this.#isDismissed) return this.#renew();
    this.#isDismissed = true;
    this.#end();
  }

  #refused({ code, title, detail }) {
    if (code === "session") return; // the app was closed
    this.#notBeforeMs = performance.now() + AGAIN_MS;
    if (code === "protocol") this.#renew(); // the same again would end in the same way
    if (code !== "busy" || !this.isMet) this.busy = { title, detail };
    else this.#yield();
  }

  /** Another microphone is heard now. */
  #yield() {
    this.isTaken = true;
    this.isWanted = false;
    this.#end();
  }

  #end() {
    this.take.end();
    this.#pump();
  }

  #pump() {
    if (!this.isLive) return;
    this.take.pump();
    if (!this.take.isThere) return;
    this.#thereMs ||= performance.now();
    if (!this.take.isMended && performance.now() < this.#thereMs + MENDING_MS) return;
    this.#link.send(encode(Type.BYE, this.take.head));
    this.#renew();
  }

  #tick() {
    const nowNs = BigInt(Math.round(performance.now() * 1e6));
    if (this.#decoder !== null) this.#link.send(encode(Type.PING, 0, nowNs));
    else if (this.isWanted || this.#hasBegun) this.#begin();
    this.#pump();
  }

  #down() {
    if (!this.isMet) this.#notBeforeMs = Math.max(this.#notBeforeMs, performance.now() + TICK_MS);
    this.isLive = this.isMet = false;
    this.#decoder = null;
    if (this.#link.reason === TAKEN) this.#yield();
    if (this.#link.reason === REFUSED) this.busy = null;
    this.onchange();
  }

  /** The next take, on the same connection if there is one; else the place is another's. */
  #renew() {
    this.onrenew(this.take);
    this.take = this.#newTake();
    this.isLive = this.#hasBegun = this.#isDismissed = false;
    this.#thereMs = 0;
    if (this.#decoder === null) return;
    if (this.isWanted) this.#link.send(this.#hello());
    else this.#link.connect();
  }
}
