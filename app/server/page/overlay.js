// The overlay: who speaks on the server's live connections, over a video. Set up by its address; see docs/integrations.md.

import { assignInks, el, inkData, marked, shownLabel } from "./look.js";
import { Refused, ask, askEvents, findToken } from "./server.js";

const ACROSS = { left: "flex-start", center: "center", right: "flex-end" };
const DOWN = { top: "flex-start", middle: "center", bottom: "flex-end" };
const LONGEST_PAUSE_S = 10;
const SETUP = { 401: "the address needs #token=... with the server's token", 429: "too many overlays are open" };

/** What the query of the address asks for; what it does not say, or says wrongly, is as usual. */
function settings(query) {
  const number = (name, usual, least, most) => {
    const text = query.get(name);
    const value = Number(text);
    return text && Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : usual;
  };
  const words = (query.get("position") ?? "").toLowerCase().split("-");
  return {
    across: words.map((word) => ACROSS[word]).find(Boolean) ?? (DOWN[words[0]] ? ACROSS.center : ACROSS.left),
    down: words.map((word) => DOWN[word]).find(Boolean) ?? (ACROSS[words[0]] ? DOWN.middle : DOWN.bottom),
    size: number("size", 44, 10, 400),
    stay: number("stay", 1.5, 0, 3600),
    fade: number("fade", 0.6, 0, 60),
    certain: ["1", "true", "yes"].includes(query.get("certain")),
    unknown: !["0", "false", "no"].includes(query.get("unknown")),
    plate: query.get("plate") === "none" ? "none" : "dark",
  };
}

/** One live connection's, or one channel's, line: it appears at once, stays a little, and fades. */
class Line {
  constructor(place, set) {
    Object.assign(this, { place, set });
    this.name = el("span", { class: "name" });
    this.row = el("div", { class: "speaker", data: { ink: "" } }, this.name);
  }

  show(text, ink, sure) {
    clearTimeout(this.timer);
    if (!this.row.isConnected) {
      this.place.append(this.row);
      this.row.getBoundingClientRect(); // so that it is seen to appear
    }
    this.name.textContent = text;
    this.row.dataset.ink = inkData(ink).ink;
    this.row.dataset.sure = sure;
    this.row.dataset.there = "";
  }

  leave() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      delete this.row.dataset.there;
      this.timer = setTimeout(() => this.row.remove(), 1000 * this.set.fade);
    }, 1000 * this.set.stay);
  }
}

class Overlay {
  constructor(set) {
    this.set = set;
    this.lines = new Map();
    this.inks = new Map();
    this.place = document.querySelector("#speakers");
    this.trouble = document.querySelector("#trouble");
    const { style, dataset } = document.documentElement;
    style.setProperty("--size", `${set.size}px`);
    style.setProperty("--fade", `${set.fade}s`);
    style.setProperty("--across", set.across);
    style.setProperty("--down", set.down);
    dataset.plate = set.plate;
  }

  async run() {
    for (let pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_S)) {
      try {
        await this.learnPeople();
        await askEvents({ shown: true, on: (event) => { pause = 1; this.on(event); } });
        this.say("");
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        // Only what has to be set right is for the picture; a server that is away for a while is not.
        this.say(SETUP[error.status] ? `Heard: ${SETUP[error.status]}.` : "");
      }
      for (const line of this.lines.values()) line.leave();
      await new Promise((resolve) => { setTimeout(resolve, 1000 * pause); });
    }
  }

  /** People have the colours that they have on the server's page. */
  async learnPeople() {
    const { people } = await ask("GET", "/v1/people");
    this.inks = assignInks(people);
    this.say("");
  }

  on(event) {
    if (event.type !== "shown") return;
    const key = `${event.source} ${event.channel ?? ""}`;
    if (!this.lines.has(key)) this.lines.set(key, new Line(this.place, this.set));
    const line = this.lines.get(key);
    const { label, speaker, certainty } = event;
    const wanted = label !== null && (speaker === null ? this.set.unknown : true) && !(this.set.certain && certainty !== "certain");
    if (!wanted) return line.leave();
    if (speaker !== null && !this.inks.has(speaker)) this.learnPeople().catch(() => {}); // somebody new
    return line.show(marked(shownLabel(label), certainty), speaker === null ? "" : this.inks.get(speaker) ?? "", certainty);
  }

  say(text) {
    this.trouble.textContent = text;
    this.trouble.hidden = !text;
  }
}

findToken();
new Overlay(settings(new URLSearchParams(location.search))).run();
