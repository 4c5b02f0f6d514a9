// Who is speaking now: the large card, and the words for a screen reader.

import { byId, initials, inkData, percent, sentence } from "./look.js";

const SILENCE = { mood: "quiet", title: "Nobody is speaking" };
let spoken = "";

/** Show a state: mood, title, detail, what makes it less sure, letters and ink of the portrait, how sure the name is,
    and the numbers behind it for whoever asks. */
export function showState({ mood, title, detail = "", hint = "", letters = "", ink = "", certainty = "", numbers = "" }) {
  const card = byId("now");
  card.dataset.mood = mood;
  Object.assign(card.dataset, inkData(ink));
  card.dataset.certainty = certainty;
  setText("now-title", title);
  setText("now-mark", certainty === "likely" ? "?" : "");
  byId("now-detail").title = numbers;
  setText("now-detail", detail);
  setText("now-hint", hint);
  setText("now-initials", letters || { trouble: "!", voice: "\u2026", busy: "\u2026" }[mood] || "");
  if (mood !== "named" && mood !== "unknown") byId("match").hidden = true;
  const words = mood === "quiet" || mood === "voice" ? "" : title; // silence and half-heard voices are not announced
  if (words && words !== spoken) byId("spoken").textContent = mood === "named" ? `${title} is speaking${certainty === "likely" ? ", likely" : ""}` : `${title}. ${detail}`;
  if (words || mood === "quiet") spoken = words;
}

/** Show an identification event. */
export function showIdentified(said, inks, lastName) {
  if (said.label === null) {
    const detail = lastName ? `Last heard: ${lastName}` : "";
    showState(said.speech_probability >= 0.5 ? { mood: "voice", title: "Recognising\u2026", detail } : { ...SILENCE, detail });
    return;
  }
  const [details, numbers] = said.speaker ? [[said.certainty], [`${percent(said.confidence)} sure`]] : [[whyUnknown(said)], []];
  if (said.gender) {
    details.push(`${said.gender} voice`);
    numbers.push(`${said.gender} voice: ${percent(said.gender_confidence)}`);
  }
  if (said.overlap) details.push("two people at once");
  const detail = details.filter(Boolean).join("  \u00b7  ");
  const shown = { detail, hint: said.condition?.hint ?? "", numbers: numbers.join("\n") };
  if (said.speaker) {
    showState({ ...shown, mood: "named", title: said.label, certainty: said.certainty, letters: initials(said.speaker), ink: inks.get(said.speaker) ?? "" });
  } else {
    showState({ ...shown, mood: "unknown", title: said.kind === "unknown" ? "Unknown voice" : said.label, letters: "?" });
  }
  showMatch(said);
}

const ranking = (said) => Object.entries(said.probabilities).sort((a, b) => b[1] - a[1]);

/** Without figures: those are the match's. */
function whyUnknown(said) {
  const [closest, next] = ranking(said);
  if (!closest) return said.reason;
  return next && closest[1] >= said.needed ? `${closest[0]} or ${next[0]}: too close to call` : `the closest is ${closest[0]}`;
}

function showMatch(said) {
  const ranked = ranking(said);
  byId("match").hidden = !ranked.length;
  if (!ranked.length) return;
  const [name, share] = said.speaker ? [said.speaker, said.probabilities[said.speaker]] : ranked[0];
  setText("match-caption", `Match with ${said.speaker ? said.label : name}`);
  byId("match").title = `${percent(share)}; a name needs ${percent(said.needed)}. ${sentence(said.reason)}`.trim();
  byId("match").dataset.ink = said.speaker ? byId("now").dataset.ink : "";
  byId("match-fill").style.width = `${100 * share}%`;
  byId("match-mark").style.left = `${100 * said.needed}%`;
  byId("match").style.setProperty("--needed", `${100 * said.needed}%`);
  const bar = byId("match-bar");
  bar.setAttribute("aria-label", byId("match-caption").textContent);
  bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  bar.setAttribute("aria-valuetext", `${percent(share)}, a name needs ${percent(said.needed)}`);
}

function setText(id, text) {
  const node = byId(id);
  if (node.textContent !== text) node.textContent = text;
}
