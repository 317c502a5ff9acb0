// How much is sent, and as what: as core/flow.py does it. A tunnel hides a minute of sound in its
// buffers, so only the app's acknowledgements bound the delay. Times are of one steady clock.

export const RATE_HZ = 16_000;
const BYTES_PER_S = 2 * RATE_HZ;
const WINDOW_S = 0.5; // sound on its way at most ...
const FAR_S = 0.25; // ... and over a link that takes long by nature, so much longer than it
const QUEUE_S = 0.1; // a queue of this length in the link is enough to use it fully
const SHRINK = 0.7;
const CREEP = 0.001; // the journey may be longer by now: of the difference, at each answer
const OPUS_BYTES_PER_S = 5_000;
const BACKLOG_S = 0.6; // sound that waits: a link that carries PCM does not let this grow ...
const JUDGED_S = 1; // ... and is judged for so long
const ENOUGH = 1.1; // times as fast as spoken: what catches up
const STALL_S = 1; // nothing for so long is no slow link but a standing one
const HOLD_S = 5; // how long Opus is kept at least; twice as long each time that PCM failed again
const LONGEST_HOLD_S = 60;

export class Flow {
  /** What is sent from now on goes as Opus. */
  isOpus = false;
  /** The browser can do that. */
  mayOpus;
  /** Everything before is in the recording. */
  acked = 0;
  /** Everything before was sent. */
  cursor = 0;
  #audio = []; // {end, sizeBytes, sentS}
  #mends = [];
  #roomBytes = WINDOW_S * BYTES_PER_S;
  #journeyS = null; // how long an acknowledgement takes at best
  #nextCutS = 0;
  #judgedSinceS = null;
  #judgedAcked = 0;
  #lastAckS = -Infinity;
  #holdS = HOLD_S;
  #heldUntilS = -Infinity;
  #workedSinceS = -Infinity;

  constructor(mayOpus) {
    this.mayOpus = mayOpus;
  }

  /** A new link: everything before that is there, and nothing is on its way. */
  connected(start) {
    this.acked = this.cursor = start;
    this.#audio = [];
    this.#mends = [];
    this.#roomBytes = WINDOW_S * BYTES_PER_S;
    this.#journeyS = this.#judgedSinceS = null;
  }

  maySend(nSamples) {
    const longestS = Math.max(WINDOW_S, (this.#journeyS ?? 0) + FAR_S);
    const isShort = this.cursor - this.acked + nSamples <= longestS * RATE_HZ;
    return isShort && this.#onTheWayBytes < this.#roomBytes;
  }

  /** Whether a frame may go that nobody waits for; asked when no sound waits. */
  mayMend() {
    const isQuiet = this.#onTheWayBytes < this.#roomBytes / 2;
    return isQuiet && this.#mends.length < this.#audio.length + 2;
  }

  sent(end, sizeBytes, nowS) {
    this.cursor = end;
    this.#audio.push({ end, sizeBytes, sentS: nowS });
  }

  mendSent(end, sizeBytes, nowS) {
    this.#mends.push({ end, sizeBytes, sentS: nowS });
  }

  ack(sample, nowS) {
    if (sample > this.cursor) return; // it was never sent: nothing to be believed
    if (nowS - this.#lastAckS > STALL_S) this.#judgedSinceS = null;
    this.#lastAckS = nowS;
    this.acked = Math.max(this.acked, sample);
    this.#arrived(this.#audio, sample, nowS);
  }

  mended(sample, nowS) {
    this.#arrived(this.#mends, sample, nowS);
  }

  /** Decide on the codec; so many samples were captured, and so many are to be sent again. */
  choose(head, nToMend, nowS) {
    if (!this.mayOpus) return;
    const backlogS = (head - this.cursor) / RATE_HZ;
    if (this.isOpus) {
      const isDone = nToMend === 0 && backlogS < BACKLOG_S;
      if (!isDone || nowS < this.#heldUntilS) return;
      this.isOpus = false;
      this.#workedSinceS = nowS;
      this.#judgedSinceS = null;
    } else if (backlogS < BACKLOG_S) {
      this.#judgedSinceS = null;
    } else if (this.#judgedSinceS === null) {
      this.#judgedSinceS = nowS;
      this.#judgedAcked = this.acked;
    } else if (this.#lastAckS >= this.#judgedSinceS + JUDGED_S) {
      this.#judge(this.#lastAckS - this.#judgedSinceS, nowS);
    }
  }

  #judge(judgedS, nowS) {
    const carriedS = (this.acked - this.#judgedAcked) / RATE_HZ;
    if (carriedS >= ENOUGH * judgedS) {
      this.#judgedSinceS = null;
      return;
    }
    const isAgain = nowS - this.#workedSinceS < LONGEST_HOLD_S;
    this.#holdS = isAgain ? Math.min(LONGEST_HOLD_S, 2 * this.#holdS) : HOLD_S;
    this.#heldUntilS = nowS + this.#holdS;
    this.isOpus = true;
  }

  get #onTheWayBytes() {
    return [...this.#audio, ...this.#mends].reduce((sum, it) => sum + it.sizeBytes, 0);
  }

  #arrived(ways, sample, nowS) {
    const wasFull = this.#onTheWayBytes >= this.#roomBytes;
    let nDone = 0;
    while (nDone < ways.length && ways[nDone].end <= sample) nDone++;
    const done = ways.splice(0, nDone);
    if (nDone === 0) return;
    const sizeBytes = done.reduce((sum, it) => sum + it.sizeBytes, 0);
    this.#adapt(nowS - done.at(-1).sentS, sizeBytes, nowS, wasFull);
  }

  /** Shrink what may be on its way where it makes a queue; let it grow where it does not. */
  #adapt(tookS, sizeBytes, nowS, wasFull) {
    const before = this.#journeyS ?? tookS;
    const journeyS = Math.min(tookS, before + CREEP * (tookS - before));
    this.#journeyS = journeyS;
    if (tookS > journeyS + QUEUE_S) {
      if (nowS < this.#nextCutS) return;
      this.#nextCutS = nowS + tookS;
      const perS = this.isOpus ? OPUS_BYTES_PER_S : BYTES_PER_S;
      this.#roomBytes = Math.max(perS * (journeyS + QUEUE_S), SHRINK * this.#roomBytes);
    } else if (wasFull) {
      this.#roomBytes = Math.min(WINDOW_S * BYTES_PER_S, this.#roomBytes + sizeBytes);
    }
  }
}
