// Who spoke when, as lanes: one for each speaker, in the order in which they were first heard.

import { clock, el, inkData, marked, shownLabel } from "./look.js";

/** Draw turns between two times into a box. inkOf(name) is a colour, or "" for an unknown voice. */
export function drawTurns(box, turns, { fromS, toS, inkOf, talkS, since = 0 }) {
  const span = Math.max(toS - fromS, 1);
  const lanes = new Map();
  for (const turn of turns) {
    if (!lanes.has(turn.speaker)) lanes.set(turn.speaker, []);
    if (turn.end_s > fromS && turn.start_s < toS) lanes.get(turn.speaker).push(turn);
  }
  const rows = [];
  for (const [name, shown] of lanes) {
    const track = el("div", { class: "lane-track" });
    for (const turn of shown) {
      const from = Math.max(turn.start_s, fromS);
      const title = marked(shownLabel(name), turn.certainty);
      const bar = el("div", { class: turn.certainty === "likely" ? "turn likely" : "turn", title: `${title}, ${clock(turn.start_s)} to ${clock(turn.end_s)}` });
      bar.style.left = `${(100 * (from - fromS)) / span}%`;
      bar.style.width = `${(100 * (Math.min(turn.end_s, toS) - from)) / span}%`;
      track.append(bar);
    }
    const seconds = talkS?.[name] ?? turns.filter((turn) => turn.speaker === name).reduce((sum, t) => sum + t.end_s - t.start_s, 0);
    rows.push(el("div", { class: "lane", data: inkData(inkOf(name)) },
      el("span", { class: "lane-name", title: shownLabel(name) }, shownLabel(name)), track,
      el("span", { class: "lane-time", title: "speech in all" }, clock(seconds))));
  }
  if (rows.length) rows.push(axis(fromS, toS, since));
  box.replaceChildren(...rows);
  const spoken = [...lanes.keys()].map(shownLabel).join(", ");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", rows.length ? `Turns of ${spoken}` : "No turns yet");
}

function axis(fromS, toS, since) {
  const line = el("div", { class: "axis", ariaHidden: "true" });
  for (let i = 0; i <= 4; i++) {
    const at = el("span", {}, clock(fromS + ((toS - fromS) * i) / 4 - since));
    at.style.left = `${25 * i}%`;
    line.append(at);
  }
  return line;
}

/** Turns with those that a "turns" event replaces. */
export function mergeTurns(turns, event) {
  return [...turns.filter((turn) => turn.start_s < event.from_s - 0.0005), ...event.turns];
}
