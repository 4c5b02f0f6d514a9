// The page: what happens when.

import { askUser } from "./ask.js";
import { Enrolment } from "./enrol.js";
import { FileCard } from "./file.js";
import { byId, clock, decibels, el, sentence } from "./look.js";
import { showIdentified, showState } from "./now.js";
import { PeopleList } from "./people.js";
import { Saves } from "./saves.js";
import { ask, findToken, forgetToken, keepToken, Live } from "./server.js";
import { Microphone, microphones } from "./sound.js";
import { drawTurns, mergeTurns } from "./turns.js";

const SHOWN_S = 120;
const QUIET_DB = -50;
const OFF = { mood: "off", title: "Not listening", detail: "Press Start, or the space bar." };

const page = { microphone: null, live: null, turns: [], before: [], nowS: 0, offsetS: 0, lastName: "", opening: false, quietS: 0 };
const people = new PeopleList({ more: (person) => enrolment.begin(person), changed: loadPeople });
const inkOf = (name) => people.inks.get(name) ?? "";
const file = new FileCard({ inkOf });
new Saves(byId("live-saves"), {
  mark: "liveFormat",
  timeline: () => ({ file: "microphone", duration_s: page.nowS, model: page.model, turns: page.turns }),
  say: (text, kind) => { byId("live-saved").className = `small ${kind}`; byId("live-saved").textContent = text; },
});
let resume = false;
const enrolment = new Enrolment({
  deviceId: () => byId("device").value,
  before: () => { resume = page.microphone !== null; stop(); },
  after: async () => { await loadPeople(); listDevices(); if (resume) start(); },
});

// ---------------------------------------------------------------------------- listening

async function start() {
  if (page.microphone || page.opening) return;
  page.opening = true;
  running(true);
  showState({ mood: "busy", title: "Opening the microphone\u2026", detail: "If the browser asks, allow this page to listen." });
  try {
    const microphone = await Microphone.open({
      deviceId: byId("device").value,
      block: (block) => { page.live?.send(block.pcm); showLevel(block); },
      lost: () => fail("The microphone was disconnected."),
    });
    if (!page.opening) { microphone.close(); return; } // stopped meanwhile
    page.microphone = microphone;
    page.heardOf = "";
    page.live = new Live(microphone, { on, over: (why) => { if (page.microphone === microphone && why) fail(sentence(why)); } });
    showState({ mood: "quiet", title: "Listening\u2026" });
    showListening();
    listDevices();
  } catch (error) {
    fail(error.message);
  } finally {
    page.opening = false;
  }
}

function stop() {
  page.opening = false;
  page.microphone?.close();
  page.live?.end();
  page.before = page.turns;
  page.offsetS = page.nowS;
  Object.assign(page, { microphone: null, live: null });
  running(false);
  showState(OFF);
  people.show(null);
  showStrangers([]);
  showLevel(null);
  status("Stopped.", "");
}

function fail(why) {
  stop();
  showState({ mood: "trouble", title: "Cannot listen", detail: why });
  status("Press Start to try again.", "bad");
}

function on(event) {
  if (!page.microphone && event.type !== "turns") return;
  switch (event.type) {
    case "identification":
      if (page.noSound) showListening();
      page.noSound = false;
      page.nowS = page.offsetS + event.time_s;
      if (event.kind === "person") page.lastName = event.label;
      showIdentified(event, people.inks, page.lastName);
      people.show(event);
      break;
    case "turns": {
      const shifted = event.turns.map((turn) => ({ ...turn, start_s: turn.start_s + page.offsetS, end_s: turn.end_s + page.offsetS }));
      if (!page.microphone) return; // the last word of a connection that is over: it was told before
      page.turns = [...page.before, ...mergeTurns(page.turns.slice(page.before.length), { from_s: event.from_s + page.offsetS, turns: shifted })];
      break;
    }
    case "unknowns":
      showStrangers(event.unknowns);
      break;
    case "people":
      loadPeople();
      break;
    case "notice":
      if (event.code === "channels") { // for as long as it is so
        page.heardOf = ` ${sentence(event.message)}`;
        showListening();
        break;
      }
      status(sentence(event.message), "bad");
      if (event.code === "no_sound") {
        page.noSound = true;
        showState({ mood: "trouble", title: "No sound arrives", detail: "Listening goes on by itself when it does." });
        people.show(null);
      } else {
        setTimeout(showListening, 6000);
      }
      break;
  }
}

// ---------------------------------------------------------------------------- showing

function running(is) {
  byId("start").dataset.running = String(is);
  byId("start-text").textContent = is ? "Stop" : "Start";
  byId("device").disabled = is;
}

function showListening() {
  const microphone = page.microphone;
  if (microphone) status(`Listening to ${microphone.label || "the microphone"}, ${microphone.rate / 1000} kHz.${page.heardOf}`, "on");
}

function status(text, kind) {
  byId("status-text").textContent = text;
  byId("status-dot").className = `dot ${kind}`;
}

let drawnLevel = -60;
let levelAt = 0;
function showLevel(block) {
  drawnLevel = block ? Math.max(block.level, drawnLevel - 1.5, -60) : -60;
  byId("level-fill").style.width = `${(100 * (drawnLevel + 60)) / 60}%`;
  const now = performance.now();
  if (block && now - levelAt < 250) return; // words four times a second
  levelAt = now;
  const clipped = block && block.peak > 0.998;
  page.quietS = block && drawnLevel < QUIET_DB ? page.quietS + 0.25 : 0;
  const note = byId("level-note");
  const words = clipped ? "Too loud: the sound is clipped" : page.quietS > 8 ? "Very quiet: is the microphone muted?" : "Input level";
  if (note.textContent !== words) note.textContent = words;
  note.className = words === "Input level" ? "" : "warn";
  byId("level-value").textContent = block ? decibels(drawnLevel) : "";
  byId("level").setAttribute("aria-valuenow", String(Math.round(drawnLevel)));
}

setInterval(() => {
  const toS = Math.max(page.nowS, 30);
  const fromS = Math.max(0, toS - SHOWN_S);
  const shown = page.turns.some((turn) => turn.end_s > fromS);
  byId("live-empty").hidden = shown;
  byId("live-turns").hidden = !shown;
  byId("live-saving").hidden = !page.turns.length;
  byId("timeline-span").textContent = page.nowS > SHOWN_S ? `the last ${SHOWN_S / 60} minutes of ${clock(page.nowS)}` : "";
  if (shown && page.microphone) drawTurns(byId("live-turns"), page.turns, { fromS, toS, inkOf });
}, 500);

function showStrangers(voices) {
  byId("strangers").hidden = !voices.length;
  byId("unknowns").replaceChildren(...voices.map(({ label, speech_s }) => {
    const name = el("button", { class: "button small", type: "button", onclick: () => nameStranger(label) }, "Enrol");
    name.setAttribute("aria-label", `Enrol ${label}`);
    return el("li", { class: "person" }, el("span", { class: "badge stranger", ariaHidden: "true" }, "?"),
      el("div", { class: "person-text" }, el("span", {}, label), el("span", { class: "muted" }, clock(speech_s))), name);
  }));
}

async function nameStranger(label) {
  const live = page.live;
  const done = await askUser({
    title: `Who is ${label}?`, name: "", yes: "Enrol",
    text: "What was heard of this voice becomes a sample, and its turns get the name.",
    ok: (name) => live.enrol(label, name),
  });
  if (done) loadPeople();
}

async function loadPeople() {
  try {
    await people.load();
  } catch (error) {
    if (error.status !== 401) status(sentence(error.message), "bad");
  }
}

async function listDevices() {
  const select = byId("device");
  const chosen = select.value;
  const found = await microphones();
  select.replaceChildren(el("option", { value: "" }, "Default microphone"),
    ...found.map((device) => el("option", { value: device.deviceId }, device.label)));
  select.value = found.some((device) => device.deviceId === chosen) ? chosen : "";
}

// ---------------------------------------------------------------------------- the beginning

async function enter() {
  try {
    const model = await ask("GET", "/v1/model");
    byId("model").textContent = `Model: ${model.name}`;
    page.model = { id: model.name, sha256: model.sha256 };
    await loadPeople();
    return true;
  } catch (error) {
    if (error.status !== 401) { status(sentence(error.message), "bad"); showState({ mood: "trouble", title: "No connection", detail: sentence(error.message) }); }
    return false;
  }
}

function signIn(message = "") {
  const dialog = byId("sign-in");
  byId("sign-error").textContent = message;
  if (!dialog.open) dialog.showModal();
}

byId("sign-in").addEventListener("cancel", (event) => event.preventDefault());
byId("sign-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  keepToken(byId("token").value, byId("remember").checked);
  if (await enter()) {
    byId("sign-in").close();
    showState(OFF);
  } else {
    forgetToken();
    signIn("That is not this server's token.");
    byId("token").select();
  }
});
document.addEventListener("signed-out", () => { stop(); signIn(byId("token").value ? "" : "Please sign in."); });
byId("leave").onclick = () => { stop(); forgetToken(); byId("token").value = ""; signIn(); };
byId("start").onclick = () => (page.microphone || page.opening ? stop() : start());
byId("add").onclick = () => enrolment.begin();
document.addEventListener("keydown", (event) => {
  if (event.code !== "Space" || event.target.closest("button, input, select, summary, a, dialog")) return;
  event.preventDefault();
  byId("start").click();
});
navigator.mediaDevices?.addEventListener?.("devicechange", listDevices);

showState(OFF);
listDevices();
if (findToken()) enter();
else signIn();
