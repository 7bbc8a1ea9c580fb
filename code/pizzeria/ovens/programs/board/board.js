// The board: what the kitchen says on its topics, on one page. It listens only.
import { Link } from "./mqtt.js";

const SIGNS = { empty: "○", baking: "♨", baked: "✓", burnt: "✗", gone: "?" };
const QUEUE_SHOWN = 12;
const MANY_OVENS = 48;

const kitchen = { run: "", ovens: new Map(), tablets: new Map(), queue: [], waiting: 0, served: 0, burnt: 0 };

// Topic pattern -> what the message changes. An empty message (a retained one forgotten) removes.
/** @type {[RegExp, (said: any, name: string) => void][]} */
const HEARD = [
  [/^kitchen\/oven\/([^/]+)\/state$/, (said, name) => place(kitchen.ovens, name, said)],
  [/^kitchen\/tablet\/([^/]+)\/state$/, (said, name) => place(kitchen.tablets, name, said)],
  [/^kitchen\/pass\/board$/, (said) => Object.assign(kitchen, {
    run: words(said?.run),
    queue: Array.isArray(said?.queue) ? said.queue : [],
    waiting: Number(said?.waiting) || 0,
    served: Number(said?.served) || 0,
    burnt: Number(said?.burnt) || 0,
  })],
];
const FILTERS = ["kitchen/oven/+/state", "kitchen/tablet/+/state", "kitchen/pass/board"];

function place(known, name, said) {
  if (said === null) return known.delete(name);
  const before = known.get(name);
  const same = before && before.state === said.state && before.order === said.order;
  const run = said.run || before?.run; // a will may not know it yet
  return known.set(name, { ...said, run, since: same ? before.since : Date.now() });
}

// What an earlier run left on the broker is not of this kitchen.
const ofThisRun = (known) => [...known].filter(([, said]) => !kitchen.run || said.run === kitchen.run).sort(byName);

function heard(topic, payload) {
  for (const [pattern, change] of HEARD) {
    const match = pattern.exec(topic);
    if (!match) continue;
    let said;
    try {
      said = payload === "" ? null : JSON.parse(payload);
    } catch {
      return; // the expediter tells the dead-letter topic; a board just goes on
    }
    if (said !== null && (typeof said !== "object" || Array.isArray(said))) return;
    change(said, match[1]);
    later();
    return;
  }
}

let drawing = false;
function later() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => { drawing = false; draw(); });
}

const $ = (id) => document.getElementById(id);
const write = (node, words) => { if (node.textContent !== words) node.textContent = words; };
const byName = ([a], [b]) => a.localeCompare(b, "en", { numeric: true });
const cell = (tag) => document.createElement(tag);

// Make a list's children agree with the rows; each child is made once and then only rewritten.
function fill(list, rows, make, show) {
  while (list.children.length > rows.length) list.lastChild.remove();
  rows.forEach((row, n) => {
    const item = list.children[n] ?? list.appendChild(make());
    show(item, row);
  });
}

function ovenTile() {
  const item = cell("li"), head = cell("b");
  head.append(cell("i"), cell("time"));
  head.firstChild.className = "name";
  item.append(head, cell("strong"), cell("span"));
  return item;
}

function row() {
  const item = cell("li");
  item.append(cell("strong"), cell("span"));
  return item;
}

const words = (value) => (value === undefined || value === null ? "" : String(value));
const seconds = (since) => `${Math.floor((Date.now() - since) / 1000)} s`;
const orderOf = (said) => (words(said.order) ? `order ${words(said.order)}` : "");

function draw() {
  const ovens = ofThisRun(kitchen.ovens);
  $("ovens").classList.toggle("many", ovens.length > MANY_OVENS);
  fill($("ovens"), ovens, ovenTile, (item, [name, said]) => {
    const state = words(said.state);
    if (item.dataset.state !== state) item.dataset.state = state;
    write(item.querySelector(".name"), `oven ${name}`);
    write(item.querySelector("time"), state === "empty" ? "" : seconds(said.since));
    write(item.querySelector("strong"), `${SIGNS[state] ?? "·"} ${state}`);
    write(item.querySelector("span"), state === "empty" ? "" : orderOf(said));
  });
  fill($("tablets"), ofThisRun(kitchen.tablets), row, (item, [name, said]) => {
    item.dataset.state = words(said.state);
    write(item.firstChild, name);
    write(item.lastChild, [words(said.task) || words(said.state), orderOf(said)].filter(Boolean).join(", "));
  });
  const waiting = Math.max(kitchen.waiting, kitchen.queue.length); // the queue is only its beginning
  const rest = waiting - QUEUE_SHOWN;
  const queue = kitchen.queue.slice(0, QUEUE_SHOWN).map((said) => [orderOf(said ?? {}), words(said?.task)]);
  if (rest > 0) queue.push([`and ${rest} more`, ""]);
  fill($("queue"), queue, row, (item, [order, task]) => {
    write(item.firstChild, order);
    write(item.lastChild, task);
  });
  write($("served"), words(kitchen.served));
  write($("burnt"), words(kitchen.burnt));
  $("burnt").parentElement.classList.toggle("some", kitchen.burnt > 0);
  write($("waiting"), words(waiting));
  const inUse = ovens.filter(([, said]) => ["baking", "baked", "burnt"].includes(said.state)).length;
  write($("in-use"), `${inUse} / ${ovens.length}`);
}

function status(word, why) {
  const line = $("status");
  line.dataset.status = word;
  const says = { live: "live", connecting: "connecting …", offline: `offline: ${why}; trying again` };
  // "connecting" after a failure would hide its reason, so that stays until it is mended.
  if (word === "connecting" && line.textContent.startsWith("offline")) {
    line.dataset.status = "offline";
  } else {
    write(line, says[word]);
  }
  if (word === "live") kitchen.ovens.clear(), kitchen.tablets.clear(), later(); // the retained state comes anew
}

const broker = await (await fetch("broker.json")).json();
new Link({ ...broker, filters: FILTERS, heard, status });
setInterval(later, 1000); // the times in the ovens
draw();
