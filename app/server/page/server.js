// The server: its token, REST, and the live connection.

const KEY = "heard-token";
const stored = (store) => { try { return store.getItem(KEY); } catch { return null; } };
let token = "";

/** The token of the address (#token=...), which is taken out of it, or the one that this browser remembers. */
export function findToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    keepToken(given, false);
    history.replaceState(null, "", location.pathname + location.search);
  } else {
    token = stored(sessionStorage) ?? stored(localStorage) ?? "";
  }
  return token;
}

export function keepToken(given, remember) {
  token = given.trim();
  try {
    sessionStorage.setItem(KEY, token);
    if (remember) localStorage.setItem(KEY, token);
  } catch { /* without storage it lasts as long as the page */ }
}

export function forgetToken() {
  token = "";
  for (const store of [sessionStorage, localStorage]) { try { store.removeItem(KEY); } catch { /* nothing kept */ } }
}

export class Refused extends Error {
  constructor(status, code, message, details) {
    super(message);
    Object.assign(this, { status, code, details: details ?? {} });
  }
}

/** Ask the server. Gives back JSON, text, null for nothing, or with `blob` the bytes; throws Refused, with a message for people. */
export async function ask(method, path, { blob, ...request } = {}) {
  const answer = await answerTo(method, path, request);
  if (answer.status === 204) return null;
  if (blob) return answer.blob();
  return isJson(answer) ? answer.json() : answer.text();
}

const isJson = (answer) => (answer.headers.get("content-type") ?? "").startsWith("application/json");

async function answerTo(method, path, { json, form, signal } = {}) {
  const headers = { Authorization: `Bearer ${token}` };
  if (json) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(path, { method, headers, body: json ? JSON.stringify(json) : form, signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "unreachable", "the server cannot be reached.");
  }
  if (!answer.ok) {
    const error = isJson(answer) ? (await answer.json()).error : { code: "http", message: `the server answered ${answer.status}.` };
    if (answer.status === 401) document.dispatchEvent(new CustomEvent("signed-out"));
    throw new Refused(answer.status, error.code, error.message, error.details);
  }
  return answer;
}

/** Who spoke when in a recording. on({share, left_s, heard_s, waiting}) is called while it is analysed. Rejects like `ask`. */
export async function askTimeline(form, { signal, on }) {
  const answer = await answerTo("POST", "/v1/identify?timeline=1&progress=1", { form, signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    let part;
    try {
      part = await reader.read();
    } catch (error) {
      if (error.name === "AbortError") throw error;
      part = { done: true };
    }
    if (part.done) throw new Refused(0, "unreachable", "the connection to the server was lost.");
    const lines = (rest + part.value).split("\n");
    rest = lines.pop();
    for (const event of lines.map((line) => JSON.parse(line))) {
      if (event.type === "progress") on(event);
      else if (event.type === "timeline") return event.timeline;
      else throw new Refused(event.status, event.code, event.message, event.details);
    }
  }
}

/** What live connections tell: on(event) for each, until the server ends or is gone. Rejects like `ask`. */
export async function askEvents({ shown, on }) {
  const answer = await answerTo("GET", `/v1/events${shown ? "?shown=true" : ""}`);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    let part;
    try {
      part = await reader.read();
    } catch {
      throw new Refused(0, "unreachable", "the connection to the server was lost.");
    }
    if (part.done) return;
    const lines = (rest + part.value).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line.startsWith("data: ")) on(JSON.parse(line.slice(6)));
  }
}

export const personPath = (id) => `/v1/people/${encodeURIComponent(id)}`;

/** A live connection: send(Int16Array) in, channels side by side, on(event) out, over(reason) once, "" after end(). */
export class Live {
  constructor({ rate, channels }, { on, over }) {
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/live?rate=${rate}&channels=${channels}`;
    this.socket = new WebSocket(address, ["heard.v1", `heard.token.${token}`]);
    this.socket.binaryType = "arraybuffer";
    this.skipped = 0;
    let why = "";
    let opened = false;
    this.socket.onopen = () => { opened = true; };
    this.socket.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      if (event.type === "enrolled") this.waiting?.resolve();
      if (event.type === "error") {
        if (this.waiting) this.waiting.reject(new Refused(0, event.code, event.message));
        else why = event.message;
      }
      if (event.type === "enrolled" || event.type === "error") this.waiting = null;
      on(event);
    };
    this.socket.onclose = ({ code }) => {
      if (!opened) why ||= "the server did not open a live connection: it may have too many, or your token is old.";
      else if (code === 1012) why ||= "the server was stopped.";
      else if (code !== 1000 && code !== 1005) why ||= "the connection to the server was lost.";
      over(this.ending ? "" : why);
    };
  }

  send(pcm) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    if (this.socket.bufferedAmount > 2_000_000) { this.skipped += pcm.length; return; } // a network too slow for sound
    this.socket.send(pcm);
  }

  /** Make an unknown voice a person; resolves when the server has done it, and rejects with its reason. */
  enrol(label, name) {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.send(JSON.stringify({ type: "enrol", label, name }));
    });
  }

  end() {
    this.ending = true;
    if (this.socket.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ type: "end" }));
      setTimeout(() => this.socket.close(), 3000);
    } else {
      this.socket.close();
    }
  }
}
