// The list of people: who is enrolled, how well the voice fits each, and what can be done with them.

import { askUser } from "./ask.js";
import { assignInks, byId, clock, el, initials, inkData, percent } from "./look.js";
import { ask, personPath } from "./server.js";

export class PeopleList {
  /** more(person) adds samples; changed() is called after people were renamed or deleted. */
  constructor({ more, changed }) {
    this.more = more;
    this.changed = changed;
    this.people = [];
    this.inks = new Map();
    this.rows = new Map();
    document.addEventListener("click", (event) => {
      for (const menu of document.querySelectorAll("details.more[open]")) if (!menu.contains(event.target)) menu.open = false;
    });
    byId("people").addEventListener("keydown", (event) => {
      const menu = event.target.closest("details.more[open]");
      if (event.key === "Escape" && menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    });
  }

  get names() { return this.people.map((person) => person.name); }

  async load() {
    this.people = (await ask("GET", "/v1/people")).people;
    this.inks = assignInks(this.people);
    this.draw();
  }

  draw() {
    this.rows.clear();
    byId("people").replaceChildren(...this.people.map((person) => this.row(person)));
    byId("nobody").hidden = this.people.length > 0;
    byId("people-title").textContent = this.people.length ? `People (${this.people.length})` : "People";
  }

  row(person) {
    const share = el("span", { class: "person-share muted" }, this.note(person));
    const fill = el("div", { class: "meter-fill" });
    const mark = el("div", { class: "mark", hidden: true });
    const row = el("li", { class: person.known ? "person" : "person off", data: inkData(this.inks.get(person.name)) },
      el("span", { class: "badge", ariaHidden: "true" }, initials(person.shown)),
      el("div", {},
        el("div", { class: "person-text" }, el("span", { class: "person-name", title: person.shown }, person.shown), share),
        el("div", { class: "meter", ariaHidden: "true" }, fill, mark)),
      this.menu(person));
    this.rows.set(person.name, { row, share, fill, mark });
    return row;
  }

  note(person) {
    if (person.known) return clock(person.speech_s);
    return person.models.length ? "other model" : "no samples yet";
  }

  menu(person) {
    const item = (text, act, danger) => el("button", {
      type: "button", class: danger ? "danger" : "",
      onclick: () => { menu.open = false; act(); },
    }, text);
    const summary = el("summary", { title: "More" }, "\u22ef");
    summary.setAttribute("aria-label", `More about ${person.shown}`);
    const menu = el("details", { class: "more" }, summary, el("div", { class: "menu" },
      item("Add samples", () => this.more(person)),
      item("Rename", () => this.rename(person)),
      item("Delete", () => this.remove(person), true)));
    return menu;
  }

  async rename(person) {
    const done = await askUser({
      title: `Rename ${person.shown}`, name: person.name, yes: "Rename",
      ok: (name) => ask("PATCH", personPath(person.id), { json: { name } }),
    });
    if (done) this.changed();
  }

  async remove(person) {
    const done = await askUser({
      title: `Delete ${person.shown}?`, yes: "Delete", danger: true,
      text: `The voiceprint and ${person.recordings === 1 ? "the recording" : `all ${person.recordings} recordings`} are deleted for good.`,
      ok: () => ask("DELETE", personPath(person.id)),
    });
    if (done) this.changed();
  }

  /** How well the voice of this moment fits each. */
  show(said) {
    for (const person of this.people) {
      const { row, share, fill, mark } = this.rows.get(person.name);
      const value = said?.label == null ? undefined : said.probabilities[person.name];
      row.classList.toggle("speaking", said?.speaker === person.name);
      fill.style.width = `${100 * (value ?? 0)}%`;
      mark.hidden = value === undefined;
      if (value !== undefined) mark.style.left = `${100 * said.needed}%`;
      const text = value === undefined ? this.note(person) : percent(value);
      if (share.textContent !== text) share.textContent = text;
    }
  }
}
