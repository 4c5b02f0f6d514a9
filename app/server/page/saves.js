// A timeline as a file, or as text on the clipboard: the row of buttons below it.

import { el, sentence } from "./look.js";
import { ask } from "./server.js";

const ENDINGS = { audacity: "txt", textgrid: "TextGrid" };
const KEY = "heard-merge-gaps";

/** Whether the pauses of one speaker are left out of subtitles and text: remembered in this browser. */
const remembered = () => { try { return localStorage.getItem(KEY) !== "no"; } catch { return true; } };

const merges = []; // the boxes of all rows: they say the same

function setMerge(wanted) {
  for (const box of merges) box.checked = wanted;
  try { localStorage.setItem(KEY, wanted ? "yes" : "no"); } catch { /* as long as the page */ }
}

export class Saves {
  /** box: the row. timeline(): {file, turns, ...} as the server gives it. say(text, kind): "busy", "" or "error".
   * mark: the data attribute of the buttons. */
  constructor(box, { timeline, say, mark = "format" }) {
    Object.assign(this, { box, timeline, say });
    const merge = el("input", { type: "checkbox", checked: remembered() });
    merge.onchange = () => setMerge(merge.checked);
    merges.push(merge);
    this.merge = merge;
    const button = (text, format, title) => el("button", { class: "button small", type: "button", data: { [mark]: format }, title,
      onclick: () => (format === "text" ? this.copy() : this.save(format)) }, text);
    box.replaceChildren(el("span", { class: "muted small" }, "Save as"),
      button("SRT", "srt", "Subtitles"), button("VTT", "vtt", "Subtitles for the web"), button("CSV", "csv", "A table for spreadsheets"),
      button("JSON", "json", "All that is known of it, for programs"), button("RTTM", "rttm", "For scoring tools"),
      button("Audacity", "audacity", "A label track"), button("Praat", "textgrid", "A TextGrid"),
      button("Copy as text", "text", "A line for each turn, on the clipboard"),
      el("label", { class: "check small" }, merge, "Join pauses under 1 s in subtitles and text"));
  }

  async made(format) {
    const form = new FormData();
    form.set("file", new Blob([JSON.stringify(this.timeline())]), "timeline.json");
    const merge = this.merge.checked || !["srt", "vtt", "text"].includes(format) ? "" : "&merge_gaps=0";
    return ask("POST", `/v1/timeline?format=${format}${merge}`, { form, blob: true });
  }

  async save(format) {
    this.say("", "busy");
    try {
      const link = el("a", { href: URL.createObjectURL(await this.made(format)), download: `${this.timeline().file}.${ENDINGS[format] ?? format}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      this.say("", "");
    } catch (problem) {
      this.say(sentence(problem.message), "error");
    }
  }

  async copy() {
    try {
      const text = await (await this.made("text")).text();
      await toClipboard(text, this.box);
      const count = text.split("\n").length - 1;
      this.say(`Copied as text: ${count} ${count === 1 ? "turn" : "turns"}.`, "");
    } catch (problem) {
      this.say(sentence(problem.message), "error");
    }
  }
}

/** Without https, and not on this machine, browsers give no clipboard: the old way then. */
async function toClipboard(text, box) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = el("textarea", { value: text, class: "unseen", ariaHidden: "true" });
  box.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("this browser does not let the page copy.");
}
