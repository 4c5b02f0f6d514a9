// A recording: who spoke when in it, and that as a file.

import { byId, clock, el, sentence, shownLabel } from "./look.js";
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
    for (const button of byId("file-saves").querySelectorAll("button")) button.onclick = () => this.save(button.dataset.format);
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
      status.className = "";
      this.show(result);
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
    byId("file-status").textContent = turns.length
      ? `${this.file.name}: ${turns.length} ${turns.length === 1 ? "turn" : "turns"} of ${names.length} ${names.length === 1 ? "voice" : "voices"}, ${clock(spoken)} of speech.`
      : `${this.file.name}: no speech was heard in it.`;
    if (!turns.length) return;
    drawTurns(byId("file-turns"), turns, { fromS: 0, toS: Math.max(...turns.map((turn) => turn.end_s)), inkOf: this.inkOf, talkS: talk_time_s });
    byId("file-rows").replaceChildren(...turns.map((turn) => el("tr", {},
      el("td", {}, clock(turn.start_s)), el("td", {}, clock(turn.end_s)), el("td", {}, shownLabel(turn.speaker)))));
    for (const id of ["file-saves", "file-table"]) byId(id).hidden = false;
  }

  async save(format) {
    const status = byId("file-status");
    const before = status.textContent;
    status.className = "busy";
    try {
      let text = await ask("POST", `/v1/identify?timeline=1&format=${format}`, { form: this.form() });
      if (typeof text !== "string") text = JSON.stringify(text, null, 2) + "\n";
      const link = el("a", { href: URL.createObjectURL(new Blob([text])), download: this.file.name.replace(/\.[^.]*$/, "") + `.${format}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      status.textContent = before;
      status.className = "";
    } catch (problem) {
      status.className = "error";
      status.textContent = sentence(problem.message);
    }
  }
}
