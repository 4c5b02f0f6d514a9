// Who is speaking now: the large card, and the words for a screen reader.

import { byId, initials, percent, sentence } from "./look.js";

const SILENCE = { mood: "quiet", title: "Nobody is speaking" };
let spoken = "";

/** Show a state: mood, title, detail, what makes it less sure, letters and ink of the portrait. */
export function showState({ mood, title, detail = "", hint = "", letters = "", ink = "" }) {
  const card = byId("now");
  card.dataset.mood = mood;
  card.dataset.ink = String(ink);
  setText("now-title", title);
  setText("now-detail", detail);
  setText("now-hint", hint);
  setText("now-initials", letters || { trouble: "!", voice: "\u2026", busy: "\u2026" }[mood] || "");
  if (mood !== "named" && mood !== "unknown") byId("match").hidden = true;
  const words = mood === "quiet" || mood === "voice" ? "" : title; // silence and half-heard voices are not announced
  if (words && words !== spoken) byId("spoken").textContent = mood === "named" ? `${title} is speaking` : `${title}. ${detail}`;
  if (words || mood === "quiet") spoken = words;
}

/** Show an identification event. */
export function showIdentified(said, inks, lastName) {
  if (said.label === null) {
    const detail = lastName ? `Last heard: ${lastName}` : "";
    showState(said.speech_probability >= 0.5 ? { mood: "voice", title: "Recognising\u2026", detail } : { ...SILENCE, detail });
    return;
  }
  const details = said.speaker ? [`${percent(said.confidence)} sure`] : [];
  if (said.gender) details.push(`${said.gender} voice ${percent(said.gender_confidence)}`);
  if (said.overlap) details.push("two people at once");
  const detail = details.join("  \u00b7  ");
  const hint = said.condition?.hint ?? "";
  if (said.speaker) {
    showState({ mood: "named", title: said.label, detail, hint, letters: initials(said.speaker), ink: inks.get(said.speaker) ?? "" });
  } else {
    showState({ mood: "unknown", title: said.kind === "unknown" ? "Unknown voice" : said.label, detail, hint, letters: "?" });
  }
  showMatch(said);
}

function showMatch(said) {
  const ranked = Object.entries(said.probabilities).sort((a, b) => b[1] - a[1]);
  byId("match").hidden = !ranked.length;
  if (!ranked.length) return;
  const [name, share] = said.speaker ? [said.speaker, said.probabilities[said.speaker]] : ranked[0];
  setText("match-caption", said.speaker ? `Match with ${said.label}` : `The closest is ${name}`);
  setText("match-value", percent(share));
  setText("match-note", said.speaker ? `A name needs ${percent(said.needed)}.` : sentence(said.reason));
  byId("match").dataset.ink = said.speaker ? byId("now").dataset.ink : "";
  byId("match-fill").style.width = `${100 * share}%`;
  byId("match-mark").style.left = `${100 * said.needed}%`;
  const bar = byId("match-bar");
  bar.setAttribute("aria-label", byId("match-caption").textContent);
  bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  bar.setAttribute("aria-valuetext", `${percent(share)}, a name needs ${percent(said.needed)}`);
}

function setText(id, text) {
  const node = byId(id);
  if (node.textContent !== text) node.textContent = text;
}
