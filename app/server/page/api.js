// The API's description, drawn from /openapi.json: nothing is fetched from anywhere else.

import { byId, el, sentence } from "./look.js";
import { ask, findToken } from "./server.js";

const METHODS = ["get", "post", "patch", "put", "delete"];

function resolve(description, schema) {
  let found = schema ?? {};
  while (found.$ref) found = found.$ref.split("/").slice(1).reduce((node, key) => node[key], description);
  return found;
}

/** An example of a schema: the one it brings, or one made of its types. */
function exampleOf(description, schema, depth = 0) {
  const found = resolve(description, schema);
  if (found.examples?.length) return found.examples[0];
  if (found.example !== undefined) return found.example;
  if (found.anyOf) return exampleOf(description, found.anyOf[0], depth);
  if (depth > 4) return null;
  if (found.type === "array") return [exampleOf(description, found.items, depth + 1)];
  if (found.properties) {
    return Object.fromEntries(Object.entries(found.properties).map(([key, one]) => [key, exampleOf(description, one, depth + 1)]));
  }
  return found.enum?.[0] ?? { string: "", number: 0, integer: 0, boolean: true }[found.type] ?? null;
}

function typeOf(description, schema) {
  const found = resolve(description, schema);
  if (found.contentMediaType || found.format === "binary") return "file";
  if (found.enum) return found.enum.map((one) => JSON.stringify(one)).join(" or ");
  if (found.anyOf) return found.anyOf.map((one) => typeOf(description, one)).join(" or ");
  return found.type ?? "";
}

/** A description's paragraphs, lists and `code`, the few marks of Markdown that it uses. */
function prose(text) {
  return text.trim().split(/\n\s*\n/).map((part) => {
    const items = part.split(/^\* /m).slice(1);
    return items.length ? el("ul", {}, ...items.map((item) => el("li", {}, ...inline(item)))) : el("p", {}, ...inline(part));
  });
}

function inline(text) {
  const plain = text.replaceAll("**", "").replace(/\s+/g, " ").trim();
  return plain.split("`").map((part, i) => (i % 2 ? el("code", {}, part) : part));
}

function table(head, rows) {
  return el("div", { class: "wide" }, el("table", {},
    el("thead", {}, el("tr", {}, ...head.map((text) => el("th", { scope: "col" }, text)))),
    el("tbody", {}, ...rows.map((cells) => el("tr", {}, ...cells.map((cell) => el("td", {}, ...(typeof cell === "string" ? inline(cell) : [cell]))))))));
}

function inputs(description, operation) {
  const rows = (operation.parameters ?? []).map((one) => [el("code", {}, one.name), `${one.in}, ${typeOf(description, one.schema)}${one.required ? ", required" : ""}`, one.description ?? ""]);
  for (const [media, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
    const found = resolve(description, schema);
    for (const [name, one] of Object.entries(found.properties ?? {})) {
      rows.push([el("code", {}, name), `${media === "application/json" ? "json" : "form"}, ${typeOf(description, one)}${found.required?.includes(name) ? ", required" : ""}`, one.description ?? ""]);
    }
  }
  return rows;
}

function curl(path, method, operation) {
  const words = ["curl"];
  if (method !== "get" && !(method === "post" && operation.requestBody)) words.push(`-X ${method.toUpperCase()}`);
  if (!operation.security || operation.security.length) words.push('-H "Authorization: Bearer $TOKEN"');
  const content = operation.requestBody?.content ?? {};
  if (content["application/json"]) words.push(`-H "Content-Type: application/json" -d '{"name": "Ana"}'`);
  if (content["multipart/form-data"]) words.push(path.endsWith("verify") ? "-F a=@one.wav -F b=@other.wav" : "-F file=@talk.wav");
  const where = path.replace("{person}", "Ana").replace("{sample}", "001");
  return `${words.join(" ")} ${location.origin}${where}`;
}

function operationView(description, path, method, operation) {
  const body = el("div", { class: "operation-body" }, ...prose(operation.description ?? ""), el("pre", {}, curl(path, method, operation)));
  const given = inputs(description, operation);
  if (given.length) body.append(el("div", {}, el("h3", {}, "Takes"), table(["Name", "Where and what", ""], given)));
  const answers = Object.entries(operation.responses).map(([status, one]) => [el("code", {}, status), one.description ?? ""]);
  body.append(el("div", {}, el("h3", {}, "Answers"), table(["Status", ""], answers)));
  const success = Object.entries(operation.responses).find(([status]) => status < "300")?.[1].content?.["application/json"];
  if (success) body.append(el("div", {}, el("h3", {}, "Example"), el("pre", {}, JSON.stringify(exampleOf(description, success.schema), null, 2))));
  return el("details", { class: "operation" }, el("summary", {}, el("span", { class: `method ${method}` }, method.toUpperCase()), el("code", {}, path), el("span", { class: "muted" }, (operation.description ?? "").split(/[.;:\n]/)[0])), body);
}

async function draw() {
  const box = byId("api");
  findToken();
  let description;
  try {
    description = await ask("GET", "/openapi.json");
  } catch (error) {
    box.replaceChildren(el("p", { class: "card" }, sentence(error.message), " ", el("a", { href: "/" }, "Sign in on the page first.")));
    return;
  }
  const groups = new Map();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const method of METHODS.filter((one) => methods[one])) {
      const tag = methods[method].tags?.[0] ?? "other";
      groups.set(tag, [...(groups.get(tag) ?? []), operationView(description, path, method, methods[method])]);
    }
  }
  const error = { error: { code: "no_such_person", message: "nobody here is called that.", details: {} } };
  box.replaceChildren(
    el("section", { class: "card" }, el("div", { class: "prose" }, ...prose(description.info.description)),
      el("h3", {}, "Every error"), el("pre", {}, JSON.stringify(error, null, 2))),
    ...[...groups].map(([tag, views]) => el("section", { class: "card" }, el("h2", {}, tag[0].toUpperCase() + tag.slice(1)), ...views)));
}

draw();
