// The page: a button, a level, and how things are.

import { Courier } from "./courier.js";
import { RATE_HZ } from "./flow.js";
import { Link } from "./link.js";
import { Meter } from "./meter.js";
import { Microphone } from "./microphone.js";
import { failure, words } from "./words.js";

const $ = (id) => document.getElementById(id);
const microphone = new Microphone();
const link = new Link(token());
const courier = new Courier(link);
const texts = { rms: $("rms"), peak: $("peak") };
const meter = new Meter($("meter"), texts, document.querySelector("#switch svg"));
let error = null;
let isAsking = false;
let hasToken = location.hash.length > 1;
let lock = null;
let sentS = 0;

/** The secret of the link; it is not left in the address, where a bookmark would keep it. */
function token() {
  return location.hash.slice(1);
}

function hideToken() {
  history.replaceState(null, "", location.pathname);
}

function facts() {
  return { name: microphone.deviceId.slice(0, 32), label: microphone.label, host: browser() };
}

/** As "Firefox on Linux"; for the eyes of whoever reads the app's screen. */
function browser() {
  const agent = navigator.userAgent;
  const first = (words) => words.find((word) => agent.includes(word)); // they name each other, too
  const name = first(["Firefox", "Edg", "Chrome", "Safari"])?.replace("Edg", "Edge") ?? "A browser";
  const system = first(["Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux"]);
  return system ? `${name} on ${system}` : name;
}

async function start() {
  const isChange = courier.isWanted;
  error = null;
  isAsking = true;
  show();
  try {
    await microphone.open($("device").value);
    if (isChange && !courier.isWanted) microphone.close(); // stopped meanwhile
    else if (isChange) courier.rename(facts());
    else courier.want(facts());
  } catch (problem) {
    if (!microphone.isOpen) error = problem; // else the one before goes on, and is shown as chosen
  }
  if (error) courier.complain(...failure(error));
  isAsking = false;
  await list();
  show();
}

function stop() {
  error = null;
  microphone.close();
  courier.finish();
  meter.rest();
  show();
}

/** The microphones to choose from; there is nothing to choose before one was allowed. */
async function list() {
  const devices = (await microphone.list()).filter((device) => device.label);
  const chosen = microphone.deviceId || $("device").value || devices[0]?.deviceId;
  const options = devices.map((device) => new Option(device.label, device.deviceId));
  $("device").replaceChildren(...options);
  $("device").value = chosen;
  $("choice").hidden = devices.length < 2;
}

/** It was unplugged, or another one was plugged in: there may be one to go on with. */
async function revive() {
  await list();
  if (courier.isWanted && !microphone.isOpen && !isAsking) start();
}

/** While it is live, the screen stays on: a phone that locks itself records nothing. */
async function keepAwake() {
  const isWanted = courier.isWanted && document.visibilityState === "visible";
  if (isWanted === Boolean(lock)) return;
  const held = lock;
  lock = isWanted ? { release: async () => {} } : null;
  try {
    if (isWanted) {
      lock = await navigator.wakeLock.request("screen");
      lock.onrelease = () => (lock = null);
    } else await held.release();
  } catch {
    // it is a comfort, and not every browser has it
  }
}

function show() {
  const { silentS } = meter;
  const now = words({ link, courier, microphone, error, isAsking, silentS, hasToken });
  const isOn = courier.isWanted;
  document.body.dataset.mood = now.mood;
  text($("title"), now.title);
  text($("detail"), now.detail);
  text($("tries"), isOn && !link.isUp && link.nTries > 1 ? `(${link.nTries})` : "");
  text($("label"), isOn ? "Stop the microphone" : "Start the microphone");
  $("switch").setAttribute("aria-pressed", String(isOn));
  $("switch").setAttribute("aria-disabled", String(isAsking)); // a disabled one loses the focus
  $("take").hidden = !now.mayTake;
  text($("sent"), clock(sentS + courier.take.flow.acked / RATE_HZ));
  text($("kept"), courier.keptS < 60 ? `${courier.keptS.toFixed(1)} s` : clock(courier.keptS));
  const lostS = courier.take.nLost / RATE_HZ;
  $("loss").hidden = lostS === 0;
  text($("lost"), `${lostS.toFixed(1)} s`);
  document.title = `${now.mood === "live" ? "● " : ""}${now.title} – skdictate`;
  keepAwake();
}

/** Only what changed: a status that is written again is read aloud again. */
function text(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function clock(s) {
  return `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
}

function draw() {
  meter.draw(microphone.isOpen);
  requestAnimationFrame(draw);
}

microphone.onframe = (pcm, captureNs) => {
  meter.hear(pcm);
  courier.capture(pcm, captureNs);
};
microphone.onchange = () => {
  if (!microphone.isOpen) meter.rest();
  if (!microphone.isOpen && courier.isWanted) revive();
  show();
};
courier.onchange = () => {
  if (!courier.isWanted && microphone.isOpen && !isAsking) {
    microphone.close(); // another page took over
    meter.rest();
  }
  show();
};
courier.onrenew = (take) => (sentS += take.flow.acked / RATE_HZ);
$("switch").onclick = () => {
  if (courier.isWanted) stop();
  else if (!isAsking) start();
};
$("take").onclick = () => courier.insist();
$("device").onchange = () => courier.isWanted && start();
navigator.mediaDevices?.addEventListener("devicechange", revive);
document.addEventListener("visibilitychange", show);
addEventListener("hashchange", () => {
  if (location.hash.length < 2) return;
  hasToken = true;
  link.renew(token());
  hideToken();
});
addEventListener("beforeunload", (event) => {
  if (courier.keptS > 1 || courier.isFinishing) event.preventDefault();
});
hideToken();
setInterval(show, 250);
list();
draw();
link.connect();
