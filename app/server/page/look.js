// How people and numbers look: one place, so that a person has one colour everywhere.

const INKS = 9;
const PATTERNS = 7;
const NBSP = "\u00a0";

/** An element with properties, and children that are elements or texts. Text is never taken for markup. */
export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") node.className = value;
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key in node) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

export const byId = (id) => document.getElementById(id);

/** The number of each person's colour, by name: their own, else one that nobody here has. */
export function assignInks(people) {
  const inks = new Map(people.filter((one) => one.colour != null).map((one) => [one.name, one.colour]));
  const taken = new Set(inks.values());
  for (const name of people.map((one) => one.name).sort()) {
    if (inks.has(name)) continue;
    let number = 0;
    while (taken.has(number)) number++;
    taken.add(number);
    inks.set(name, number);
  }
  return inks;
}

/** What the style sheet asks for of a number: its colour, and the pattern on it from the tenth person on. */
export function inkData(number) {
  if (typeof number !== "number") return { ink: "", pattern: "" };
  return { ink: String(number % INKS), pattern: String(Math.floor(number / INKS) % (PATTERNS + 1) || "") };
}

/** One or two letters that stand for a name: of its first and last word. */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.map((word) => word.match(/[\p{L}\p{N}]\p{M}*/u)[0]);
  const cased = (letter) => letter && letter.toLowerCase() !== letter.toUpperCase();
  const [first, last] = [letters[0] ?? "", letters[letters.length - 1] ?? ""];
  return (letters.length > 1 && cased(first) && cased(last) ? first + last : first).toUpperCase();
}

/** 0 to 1 for people. Never "0 %" or "100 %": nothing measured is that sure. */
export function percent(share) {
  const whole = Math.round(100 * share);
  return (whole < 1 ? `<${NBSP}1` : whole > 99 ? `>${NBSP}99` : `${whole}`) + `${NBSP}%`;
}

/** How much of something is done, 0 to 1. Whole only when it is. */
export const wholePercent = (share) => `${Math.floor(100 * share)}${NBSP}%`;

/** A guess at how long something will still take, as exact as such a guess is: "7 s", "4 min". */
export function timeLeft(seconds) {
  const step = seconds < 20 ? 1 : seconds < 60 ? 5 : seconds < 300 ? 10 : 60;
  const whole = Math.max(1, step * Math.round(seconds / step));
  return whole < 100 ? `${whole}${NBSP}s` : `${Math.round(whole / 60)}${NBSP}min`;
}

export const decibels = (level) => `${Math.round(level)}${NBSP}dB`.replace("-", "\u2212");

/** Seconds as m:ss or h:mm:ss. */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value) => String(value).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** A message of the server as a sentence: with a capital, and a full stop. */
export function sentence(text) {
  const trimmed = (text ?? "").trim();
  if (!trimmed) return "";
  return trimmed[0].toUpperCase() + trimmed.slice(1) + (/[.!?:]$/.test(trimmed) ? "" : ".");
}

/** A name with the mark of one that is only likely, as everywhere: "Ana?". */
export const marked = (name, certainty) => (certainty === "likely" ? `${name}?` : name);

/** A label as it is shown: a voice that nothing is known of begins with a capital, as a name does. */
export const shownLabel = (label) => (label === "unknown" ? "Unknown" : label);
