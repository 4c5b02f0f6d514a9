// Enrolment: a name, then a few short recordings with what was heard after each. The server judges them.

import { byId, decibels, el, sentence } from "./look.js";
import { ask, Live, personPath } from "./server.js";
import { Microphone, wav } from "./sound.js";

const SAMPLES = 3;
const WANTED_S = 6;
const PAUSE_S = 0.7;
const MOST_S = 12;
const LONGEST_S = 30;

export class Enrolment {
  /** deviceId() says which microphone; before() and after() stop and resume what else listens. */
  constructor({ deviceId, before, after }) {
    Object.assign(this, { deviceId, before, after });
    this.dialog = byId("enrol");
    this.dialog.addEventListener("cancel", (event) => { event.preventDefault(); this.leave(); });
    byId("enrol-form").addEventListener("submit", (event) => { event.preventDefault(); this.submit?.(); });
  }

  /** Begin, for somebody new, or for a person who gets more samples. */
  async begin(person = null) {
    this.before();
    Object.assign(this, { person, created: false, kept: 0, step: 0, prompts: [] });
    this.dialog.showModal();
    if (person) await this.plan();
    else this.askName();
  }

  // ------------------------------------------------------------ pages of the dialog

  askName() {
    const input = el("input", { id: "enrol-name", maxLength: 120, autocomplete: "off", required: true });
    const error = el("p", { class: "error", role: "alert" });
    this.page("Add a person", [
      el("p", {}, "Three short recordings make a voice known: near the microphone, a step back, and softly. It takes about half a minute."),
      el("label", { class: "field" }, el("span", {}, "Name, as it is to be shown"), input), error,
    ], [this.button("Cancel", () => this.leave()), this.button("Next", null, true)]);
    this.submit = async () => {
      try {
        this.person = await ask("POST", "/v1/people", { json: { name: input.value } });
        this.created = true;
        await this.plan();
      } catch (problem) {
        error.textContent = problem.code === "invalid_request" ? "Type a name first." : sentence(problem.message);
        input.focus();
      }
    };
    input.focus();
  }

  async plan() {
    const language = chosen() ?? navigator.languages.join(",");
    const query = new URLSearchParams({ samples: SAMPLES, recorded_before: this.person.recordings, language });
    try {
      this.reading = await ask("GET", `/v1/prompts?${query}`);
      this.prompts = this.reading.prompts;
      this.askSample();
    } catch (problem) {
      this.trouble(problem);
    }
  }

  askSample() {
    const prompt = this.prompts[this.step];
    this.page(`${this.person.name}: sample ${this.step + 1} of ${this.prompts.length}`, [
      this.steps(), el("p", {}, el("strong", {}, prompt.instruction)),
      el("p", { class: "muted" }, "Press Record, then read this, or say anything else, in any language:"),
      this.sentence(prompt), this.talk(prompt), this.languages(),
    ], [this.button("Cancel", () => this.leave()), this.button("Record", null, true)]);
    this.submit = () => this.record(prompt);
    byId("enrol-buttons").lastChild.focus();
    this.say(`Sample ${this.step + 1} of ${this.prompts.length}. ${prompt.instruction}`);
  }

  async record(prompt) {
    this.submit = null;
    const fill = el("div", { class: "meter-fill" });
    const level = el("div", { class: "meter-fill" });
    const heard = el("span", {}, "Getting the microphone\u2026");
    const meter = el("div", { class: "meter", role: "meter", ariaLabel: "Input level", ariaValueMin: "-60", ariaValueMax: "0" }, level);
    this.page(`${this.person.name}: sample ${this.step + 1} of ${this.prompts.length}`, [
      this.steps(), el("p", {}, el("strong", {}, prompt.instruction)),
      this.sentence(prompt), this.talk(prompt),
      el("div", { class: "progress" }, el("div", { class: "progress-text" }, heard, el("span", { class: "muted" }, `of ${WANTED_S} s`)),
        el("div", { class: "meter tall" }, fill)),
      el("div", {}, el("div", { class: "progress-text" }, el("span", { class: "muted" }, "Input level")), meter),
    ], [this.button("Cancel", () => this.leave()), this.button("Stop", () => this.finish?.(), true)]);
    try {
      const { sound, device } = await this.listen((speechS, soundLevel) => {
        heard.textContent = `${speechS.toFixed(1)} s of speech`;
        fill.style.width = `${Math.min(100, (100 * speechS) / WANTED_S)}%`;
        level.style.width = `${Math.max(0, Math.min(100, 100 + soundLevel * (100 / 60)))}%`;
        meter.setAttribute("aria-valuenow", String(Math.round(soundLevel)));
      });
      if (!this.dialog.open) return;
      await this.send(sound, device, prompt);
    } catch (problem) {
      if (this.dialog.open) this.trouble(problem);
    }
  }

  /** Record until enough was said. The live connection counts speech; it keeps nothing. */
  async listen(progress) {
    const blocks = [];
    let [speechS, level, speaking, soundS, silenceS, spokenForS, problem] = [0, -60, false, 0, 0, 0, ""];
    let live = null;
    const over = new Promise((resolve) => { this.finish = resolve; });
    const microphone = await Microphone.open({
      deviceId: this.deviceId(),
      lost: () => this.finish(),
      block: ({ pcm, level: loud }) => {
        blocks.push(pcm);
        live?.send(pcm.slice());
        soundS += 0.05;
        level = Math.max(loud, level - 2);
        progress(speechS, level);
        silenceS = speaking ? 0 : silenceS + 0.05;
        if (speechS) spokenForS += 0.05;
        const enough = speechS >= WANTED_S && silenceS >= PAUSE_S;
        if (enough || spokenForS >= MOST_S || (!speechS && soundS >= LONGEST_S)) this.finish?.();
      },
    });
    this.say("Recording. Speak now.");
    live = new Live(microphone, {
      on: (event) => {
        if (event.type !== "identification") return;
        speaking = event.speech_probability >= 0.5;
        if (speaking) speechS += 0.25;
      },
      over: (why) => { problem = why; },
    });
    await over;
    this.finish = null;
    microphone.close();
    live.end();
    if (!blocks.length) throw new Error(problem || "no sound came from the microphone.");
    return { sound: wav(blocks, microphone), device: microphone.label };
  }

  async send(sound, device, prompt, accept = false) {
    this.page(`${this.person.name}: sample ${this.step + 1} of ${this.prompts.length}`, [this.steps(), el("p", { class: "busy" }, "Listening to it\u2026")], []);
    const form = new FormData();
    form.set("file", sound, `${prompt.position}.wav`);
    form.set("position", prompt.position);
    form.set("device", device.slice(0, 200));
    form.set("accept_flawed", String(accept));
    try {
      const { sample } = await ask("POST", `${personPath(this.person.id)}/samples`, { form });
      this.kept++;
      this.good(sample);
    } catch (problem) {
      if (problem.code === "poor_sample") this.poor(problem, sound, device, prompt);
      else this.trouble(problem);
    }
  }

  good(sample) {
    const last = this.step + 1 === this.prompts.length;
    this.step++;
    this.page(last ? `${this.person.name} is enrolled` : "Good", [
      this.steps(), el("div", { class: "verdict" }, el("strong", {}, "Kept."), el("span", {}, describe(sample.quality))),
      el("p", {}, last ? "The voice is known from now on." : "On to the next one."),
    ], [this.button(last ? "Done" : "Next", null, true)]);
    this.submit = () => (last ? this.leave() : this.askSample());
    byId("enrol-buttons").lastChild.focus();
    this.say(last ? `${this.person.name} is enrolled.` : `Kept: ${describe(sample.quality)}`);
  }

  poor(problem, sound, device, prompt) {
    const { problems, usable, quality } = problem.details;
    const buttons = [this.button("Cancel", () => this.leave())];
    const who = problems.map((one) => one.who).find(Boolean);
    if (usable && who) buttons.push(this.button(`Add to ${who}`, () => this.addTo(who, sound, device, prompt)));
    if (usable) buttons.push(this.button("Keep it anyway", () => this.send(sound, device, prompt, true)));
    buttons.push(this.button("Record again", null, true));
    this.page("Not good enough yet", [
      this.steps(), el("div", { class: "verdict poor" },
        el("ul", {}, ...problems.map((one) => el("li", {}, sentence(one.text)))),
        el("span", { class: "muted small" }, `Heard ${describe(quality)}`)),
    ], buttons);
    this.submit = () => this.askSample();
    byId("enrol-buttons").lastChild.focus();
    this.say(problems.map((one) => sentence(one.text)).join(" "));
  }

  /** The voice has a name already: the recording is that person's, and what follows, too. */
  async addTo(name, sound, device, prompt) {
    try {
      const other = (await ask("GET", "/v1/people")).people.find((one) => one.name === name);
      if (!other) throw new Error(`${name} is not here any more.`);
      if (this.created && !this.kept) await ask("DELETE", personPath(this.person.id));
      Object.assign(this, { person: other, created: false });
      await this.send(sound, device, prompt, true);
    } catch (problem) {
      this.trouble(problem);
    }
  }

  trouble(problem) {
    this.page("That did not work", [el("p", { class: "error" }, sentence(problem.message))],
      [this.button("Close", () => this.leave()), this.button("Try again", null, true)]);
    this.submit = () => (this.prompts.length ? this.askSample() : this.plan());
    this.say(problem.message);
  }

  // ------------------------------------------------------------ parts

  page(title, body, buttons) {
    byId("enrol-title").textContent = title;
    byId("enrol-body").replaceChildren(...body);
    byId("enrol-buttons").replaceChildren(...buttons);
  }

  steps() {
    const bars = this.prompts.map((_, i) => el("i", { class: i < this.step ? "done" : i === this.step ? "here" : "" }));
    return el("div", { class: "steps", ariaHidden: "true" }, ...bars);
  }

  /** Something to read, written from the right where it is written so. */
  sentence(prompt) {
    return el("blockquote", { class: "sentence", dir: this.direction, lang: this.reading.language }, prompt.sentence);
  }

  /** Questions, for those who would rather talk. */
  talk(prompt) {
    return el("p", { class: "muted" }, "Or just talk: ", el("bdi", { dir: this.direction, lang: this.reading.language }, prompt.questions.join(" ")));
  }

  get direction() { return this.reading.right_to_left ? "rtl" : "ltr"; }

  /** The language of the sentences; the choice is remembered. */
  languages() {
    const options = this.reading.languages.map(({ code, name }) => el("option", { value: code, lang: code, selected: code === this.reading.language }, name));
    const select = el("select", { id: "enrol-language", onchange: () => { choose(select.value); this.plan(); } }, ...options);
    return el("label", { class: "field" }, el("span", {}, "Language of the sentences"), select);
  }

  button(text, act, primary = false) {
    const button = el("button", { class: primary ? "button primary" : "button", type: act ? "button" : "submit" }, text);
    if (act) button.onclick = act;
    return button;
  }

  say(text) { byId("enrol-said").textContent = text; }

  /** End; somebody who was just created and has no sample is not left behind. */
  async leave() {
    this.dialog.close();
    this.finish?.();
    if (this.created && !this.kept) {
      try { await ask("DELETE", personPath(this.person.id)); } catch { /* the list shows the name, and can delete it */ }
    }
    this.after();
  }
}

let choice = null; // where nothing can be kept, as long as the page
const chosen = () => { try { return choice ?? localStorage.getItem("language"); } catch { return choice; } };

function choose(language) {
  choice = language;
  try { localStorage.setItem("language", language); } catch { /* nothing is kept */ }
}

function describe(quality) {
  const parts = [`${quality.speech_s.toFixed(1)} s of speech`];
  if (quality.speech_s) {
    parts.push(`level ${decibels(quality.level_db)}`);
    if (quality.snr_db != null) parts.push(`${decibels(quality.snr_db)} above the noise`);
    parts.push(quality.clipped ? `${(100 * quality.clipped).toFixed(1)} % clipped` : "no clipping");
  }
  return `${parts.join(", ")}.`;
}
