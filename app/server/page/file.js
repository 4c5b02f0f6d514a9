// A recording: who spoke when in it, and that as a file.

import { byId, clock, el, sentence, shownLabel } from "./look.js";
import { Saves } from "./saves.js";
import { ask } from "./server.js";
import { drawTurns } from "./turns.js";

export class FileCard {
  /** inkOf(name): a person's colour, or "". */
  constructor({ inkOf }) {
    this.inkOf = inkOf;
    const [drop, input] = [byId("drop"), byId("file")];
    input.onchange = () => { if (input.files[0]) this.analyse(input.files[0]); input.value = ""; };
    for (const kind of ["dragenter", "dragover"]) {
      drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("over"); });
    }
    for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      if (event.dataTransfer.files[0]) this.analyse(event.dataTransfer.files[0]);
    });
    this.saves = new Saves(byId("file-saves"), { timeline: () => this.result, say: (text, kind) => this.say(text, kind) });
  }

  async analyse(file) {
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.file = file;
    const status = byId("file-status");
    byId("file-result").hidden = false;
    for (const id of ["file-saves", "file-table"]) byId(id).hidden = true;
    byId("file-turns").replaceChildren();
    status.className = "busy";
    status.textContent = `Listening to ${file.name}\u2026`;
    try {
      const result = await ask("POST", "/v1/identify?timeline=1", { form: this.form(), signal: running.signal });
      this.result = result;
      this.show(result);
      this.say("", "");
    } catch (problem) {
      if (problem.name === "AbortError") return;
      status.className = "error";
      status.textContent = `${file.name}: ${problem.message}`;
    }
  }

  form() {
    const form = new FormData();
    form.set("file", this.file, this.file.name);
    return form;
  }

  show({ turns, talk_time_s }) {
    const names = Object.keys(talk_time_s);
    const spoken = Object.values(talk_time_s).reduce((sum, seconds) => sum + seconds, 0);
    this.summary = turns.length
      ? `${this.file.name}: ${turns.length} ${turns.length === 1 ? "turn" : "turns"} of ${names.length} ${names.length === 1 ? "voice" : "voices"}, ${clock(spoken)} of speech.`
      : `${this.file.name}: no speech was heard in it.`;
    if (!turns.length) return;
    drawTurns(byId("file-turns"), turns, { fromS: 0, toS: Math.max(...turns.map((turn) => turn.end_s)), inkOf: this.inkOf, talkS: talk_time_s });
    byId("file-rows").replaceChildren(...turns.map((turn) => el("tr", {},
      el("td", {}, clock(turn.start_s)), el("td", {}, clock(turn.end_s)), el("td", {}, shownLabel(turn.speaker)))));
    for (const id of ["file-saves", "file-table"]) byId(id).hidden = false;
  }

  /** What goes on, in place of what the recording holds; nothing: that again. */
  say(text, kind) {
    const status = byId("file-status");
    status.className = kind;
    if (text || kind !== "busy") status.textContent = text || this.summary;
  }
}
