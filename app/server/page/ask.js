// Small questions: sure? what name? One dialog, with focus and Escape as the browser keeps them.

import { byId, sentence } from "./look.js";

/** Ask; ok(text) does what was asked and may throw: then its message is shown and the dialog stays. True if done. */
export function askUser({ title, text = "", name = null, yes, danger = false, ok }) {
  const dialog = byId("ask");
  byId("ask-title").textContent = title;
  byId("ask-text").textContent = text;
  byId("ask-text").hidden = !text;
  byId("ask-error").textContent = "";
  byId("ask-label").hidden = name === null;
  const input = byId("ask-input");
  input.value = name ?? "";
  const button = byId("ask-yes");
  button.textContent = yes;
  button.className = danger ? "button bad" : "button primary";
  button.disabled = false;
  return new Promise((resolve) => {
    let done = false;
    byId("ask-no").onclick = () => dialog.close();
    dialog.onclose = () => resolve(done);
    byId("ask-form").onsubmit = async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        await ok(input.value);
        done = true;
        dialog.close();
      } catch (error) {
        byId("ask-error").textContent = sentence(error.message);
        button.disabled = false;
        input.focus();
      }
    };
    dialog.showModal();
    if (name !== null) input.select();
    else byId("ask-no").focus();
  });
}
