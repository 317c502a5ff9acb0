// How things are, in words. Numbers that change all the time stand elsewhere: these are read aloud.

import { REFUSED } from "./link.js";

const BEHIND_S = 1; // less than that is the way of things
const SILENT_S = 2; // of zeros: no room is that quiet

const REFUSALS = {
  NotAllowedError: [
    "The microphone is not allowed",
    "Allow it for this page in the browser, beside the address, and try again.",
  ],
  NotFoundError: ["There is no microphone", "Plug one in, and try again."],
  NotReadableError: ["The microphone is in use", "Close the program that has it, and try again."],
  OverconstrainedError: ["That microphone is gone", "Choose another one."],
  SecurityError: [
    "The browser gives this page no microphone",
    "It has to be opened as http://127.0.0.1 or http://localhost: forward the port with ssh -L.",
  ],
};

/** {mood, title, detail, mayTake}; the mood is off, wait, live, warn or bad. */
export function words({ link, courier, microphone, error, isAsking, silentS, hasToken }) {
  if (link.reason === REFUSED) return refused(hasToken, courier.keptS > 0);
  if (error) return say("bad", ...failure(error));
  if (isAsking) return say("wait", "Asking for the microphone", "Allow it when the browser asks.");
  if (courier.isTaken) {
    return say("warn", "Another microphone took over", "Start this one to have it back.");
  }
  if (courier.isWanted) return wanted(link, courier, microphone, silentS);
  if (courier.isFinishing) return say("wait", "Sending the rest", "Leave this page open for it.");
  if (!link.isUp) return say("wait", "Connecting", "");
  if (courier.app?.there) return say("off", "Ready", `${courier.app.name} waits for a microphone.`);
  return say("off", "Off", hint(courier.app));
}

function wanted(link, courier, microphone, silentS) {
  const { isFull, isPaused, flow } = courier.take;
  if (!microphone.isOpen) {
    return say("bad", "The microphone went away", "Plug it in again, or choose another one.");
  }
  if (isFull) return say("bad", "No more room here", "What you say is lost until the app is back.");
  if (!link.isUp) return say("warn", "Reconnecting", kept(courier));
  if (courier.busy) {
    const who = courier.busy.detail ? `It is ${courier.busy.detail}. ` : "";
    return say("warn", courier.busy.title, who + kept(courier), true);
  }
  if (courier.isLive && isPaused) return say("wait", "Paused", "Nothing is sent or kept.");
  if (!courier.isLive) {
    return say("wait", "Waiting for the app", `${kept(courier)} ${next(courier)}`);
  }
  if (microphone.isMuted || silentS >= SILENT_S) {
    return say("warn", "Nothing is heard", "The microphone gives pure silence. Is it muted?");
  }
  if (courier.keptS >= BEHIND_S) return say("warn", "Catching up", kept(courier));
  const who = `${courier.app?.name ?? "The app"} records what you say.`;
  const how = " The line is thin: it goes compressed, and follows in full.";
  return say("live", "Live", flow.isOpus ? who + how : who);
}

function kept(courier) {
  return courier.keptS > 0
    ? "What you say is kept here, and follows as soon as it can."
    : "Nothing is sent or kept till then.";
}

function next({ isMet, app }) {
  return isMet ? "It is there, and does not record yet: press space in it." : hint(app);
}

function hint(app) {
  return app && !app.there ? `${app.title}. ${app.hint}` : "";
}

function refused(hasToken, hasKept) {
  const ask = "Open the newest link that skdictate mic web shows in the terminal";
  const how = hasKept ? `${ask}, in this page: what is kept here goes with it.` : `${ask}.`;
  if (!hasToken) return say("bad", "This page needs its link", how);
  return say("bad", "The link is not valid any more", `Each opens one page, once. ${how}`);
}

/** Why there is no microphone: what, and what to do. */
export function failure(error) {
  return REFUSALS[error.name] ?? ["The microphone cannot be used", error.message];
}

function say(mood, title, detail, mayTake = false) {
  return { mood, title, detail: detail.trim(), mayTake };
}
