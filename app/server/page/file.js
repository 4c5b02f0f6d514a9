// A recording: who spoke when in it, and that as a file.

import { byId, clock, el, marked, sentence, shownLabel, timeLeft, wholePercent } from "./look.js";
import { Saves } from "./saves.js";
import { askTimeline } from "./server.js";
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
    byId("file-cancel").onclick = () => this.cancel();
    this.saves = new Saves(byId("file-saves"), { timeline: () => this.result, say: (text, kind) => this.say(text, kind) });
  }

  async analyse(file) {
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.file = file;
    byId("file-result").hidden = false;
    for (const id of ["file-saves", "file-table"]) byId(id).hidden = true;
    byId("file-turns").replaceChildren();
    this.showProgress(null);
    this.report(`Sending ${file.name}\u2026`, "");
    try {
      const result = await askTimeline(this.form(), { signal: running.signal, on: (progress) => this.showProgress(progress) });
      this.result = result;
      this.show(result);
      this.say("", "");
    } catch (problem) {
      if (running.signal.aborted) return; // somebody else shows what comes after it
      this.report(`${file.name}: ${problem.message}`, "error");
    }
    this.end(running);
  }

  /** Its bar is no longer needed, unless it is that of another recording by now. */
  end(running) {
    if (this.running !== running) return;
    this.running = null;
    if (byId("file-progress").contains(document.activeElement)) byId("file").focus(); // which would be nowhere
    byId("file-progress").hidden = true;
  }

  cancel() {
    const running = this.running;
    running?.abort();
    this.report(`${this.file.name}: cancelled. Nothing of it was kept.`, "");
    this.end(running);
  }

  /** How far the server is; null while the recording is being sent. */
  showProgress(progress) {
    const bar = byId("file-bar");
    const { share = null, left_s: leftS = null, heard_s: heardS = 0 } = progress ?? {};
    if (progress) {
      this.report(progress.waiting ? "Waiting: other recordings are analysed first." : `Analysing ${this.file.name}\u2026`, "");
    }
    byId("file-progress").hidden = false;
    bar.classList.toggle("unsure", share === null);
    byId("file-fill").style.width = share === null ? "" : `${100 * share}%`;
    if (share === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(Math.floor(100 * share)));
    const left = leftS === null ? "" : `, ${timeLeft(leftS)} left`;
    byId("file-far").textContent = share !== null ? `${wholePercent(share)}${left}` : heardS ? `${clock(heardS)} analysed` : "";
  }

  /** What a screen reader says, once. */
  report(text, kind) {
    const status = byId("file-status");
    if (status.textContent !== text) status.textContent = text;
    status.className = kind;
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
      el("td", {}, clock(turn.start_s)), el("td", {}, clock(turn.end_s)), el("td", {}, marked(shownLabel(turn.speaker), turn.certainty)))));
    for (const id of ["file-saves", "file-table"]) byId(id).hidden = false;
  }

  /** What goes on, in place of what the recording holds; nothing: that again. */
  say(text, kind) {
    this.report(text || (kind === "busy" ? byId("file-status").textContent : this.summary), kind);
  }
}
