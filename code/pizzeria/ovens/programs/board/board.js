// The board: what the kitchen says on its topics, on one page. It listens only.
import { $, alarming, status, write } from "../../../common/wall/wall.js";
import { Link } from "./mqtt.js";
import { News } from "./news.js";
import { cookShape, ovenShape } from "./shapes.js";

const QUEUE_SHOWN = 6;
const MANY_OVENS = 48;
const TILE = 145, NARROW_TILE = 105, PHONE = 560; // px: what an oven's tile takes at least, and below what width the narrow one
const FREE = new Set(["ready", "done"]);

const kitchen = {
  run: "", epoch: 0, ovens: new Map(), tablets: new Map(), queue: [], waiting: 0, served: 0, burnt: 0, givenBack: 0,
  scale: 0, inside: 0, oldest: 0, longest: 0, lastOut: 0,
};
const news = new News();
const number = (value) => Number(value) || 0;

// Topic pattern -> what the message changes. An empty message (a retained one forgotten) removes.
/** @type {[RegExp, (said: any, name: string) => void][]} */
const HEARD = [
  [/^kitchen\/oven\/([^/]+)\/state$/, (said, name) => place(kitchen.ovens, name, said, `oven ${name}`)],
  [/^kitchen\/tablet\/([^/]+)\/state$/, (said, name) => place(kitchen.tablets, name, said, name)],
  [/^kitchen\/pass\/board$/, pass],
];
const FILTERS = ["kitchen/oven/+/state", "kitchen/tablet/+/state", "kitchen/pass/board"];

function pass(said) {
  const now = {
    run: words(said?.run), epoch: number(said?.epoch),
    queue: Array.isArray(said?.queue) ? said.queue : [],
    waiting: number(said?.waiting), served: number(said?.served), burnt: number(said?.burnt),
    givenBack: number(said?.given_back), scale: number(said?.scale), inside: number(said?.inside),
    oldest: number(said?.oldest), longest: number(said?.longest), lastOut: number(said?.last_out),
  };
  news.pass(kitchen, now);
  Object.assign(kitchen, now);
}

function place(known, name, said, who) {
  if (said === null) return known.delete(name);
  const before = known.get(name);
  const same = before && before.state === said.state && before.order === said.order;
  const run = said.run || before?.run; // a will may not know it yet
  news.station(who, before, said);
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
  const item = cell("li"), says = cell("div");
  says.append(cell("b"), cell("strong"), cell("span"), cell("time"));
  item.append(ovenShape(), says);
  return item;
}

function cook() {
  const item = cell("li"), says = cell("div");
  says.append(cell("strong"), cell("span"));
  item.append(cookShape(), says);
  return item;
}

function row() {
  const item = cell("li");
  item.append(cell("strong"), cell("span"));
  return item;
}

const words = (value) => (value === undefined || value === null ? "" : String(value));
const minutes = (value) => `${Math.round(value)} min`;
const soFar = (since) => {
  const seconds = Math.max(0, (Date.now() - since) / 1000);
  return kitchen.scale ? minutes(seconds / kitchen.scale) : `${Math.floor(seconds)} s`;
};
const orderOf = (said) => (words(said.order) ? `order ${words(said.order)}` : "");

// The last row of tiles is as full as the others, or nearly: none stands alone.
function columns(list, tiles, least) {
  const fit = Math.max(1, Math.floor(list.clientWidth / least)), rows = Math.ceil(tiles / fit);
  list.style.setProperty("--columns", String(Math.max(1, Math.ceil(tiles / rows))));
}

function draw() {
  const ovens = ofThisRun(kitchen.ovens), many = ovens.length > MANY_OVENS;
  $("ovens").classList.toggle("many", many);
  columns($("ovens"), ovens.length, many ? 84 : $("ovens").clientWidth < PHONE ? NARROW_TILE : TILE);
  fill($("ovens"), ovens, ovenTile, (item, [name, said]) => {
    const state = words(said.state);
    if (item.dataset.state !== state) item.dataset.state = state;
    write(item.querySelector("b"), `oven ${name}`);
    write(item.querySelector("time"), state === "empty" ? "" : soFar(said.since));
    write(item.querySelector("strong"), state);
    write(item.querySelector("span"), state === "empty" ? "" : orderOf(said));
  });
  fill($("tablets"), ofThisRun(kitchen.tablets), cook, (item, [name, said]) => {
    const state = FREE.has(said.state) ? "free" : words(said.state), says = item.lastChild;
    if (item.dataset.state !== state) item.dataset.state = state;
    const does = state === "working" ? [words(said.task) || state, orderOf(said)] : [state];
    write(says.firstChild, name);
    write(says.lastChild, does.filter(Boolean).join(", "));
  });
  const waiting = Math.max(kitchen.waiting, kitchen.queue.length); // the queue is only its beginning
  const queue = kitchen.queue.slice(0, QUEUE_SHOWN).map((said) => [orderOf(said ?? {}), words(said?.task)]);
  const rest = waiting - queue.length;
  if (rest > 0) queue.push([`and ${rest} more`, ""]);
  fill($("queue"), queue, row, (item, [order, task]) => {
    write(item.firstChild, order);
    write(item.lastChild, task);
  });
  fill($("news"), news.rows, row, (item, [at, what]) => {
    write(item.firstChild, at);
    write(item.lastChild, what);
  });
  numbers(waiting, ovens);
}

function numbers(waiting, ovens) {
  const out = kitchen.served + kitchen.burnt, { inside } = kitchen;
  write($("last-out"), out ? String(Math.round(kitchen.lastOut)) : "–");
  write($("inside"), inside ? `${inside} still inside` : out ? `nobody is inside: all ${out} are out` : "nobody has rung yet");
  $("inside").parentElement.classList.toggle("over", !inside && out > 0);
  write($("waiting"), words(waiting));
  const first = kitchen.queue[0] ?? {};
  write($("urgent"), waiting ? [words(first.task), orderOf(first)].filter(Boolean).join(", ") || "for a cook" : "nothing waits");
  const oldest = kitchen.scale && kitchen.oldest ? Math.max(0, Date.now() / 1000 - kitchen.oldest) / kitchen.scale : 0;
  const longest = Math.max(oldest, kitchen.longest);
  write($("longest"), longest ? String(Math.round(longest)) : "–");
  write($("whose"), longest && oldest === longest ? "and is still inside" : "from asked for to out");
  write($("served"), words(kitchen.served));
  alarming($("burnt"), kitchen.burnt);
  alarming($("given-back"), kitchen.givenBack);
  const inUse = ovens.filter(([, said]) => ["baking", "baked", "burnt"].includes(said.state)).length;
  write($("in-use"), `${inUse} / ${ovens.length}`);
}

function linked(word, why) {
  status(word, why);
  if (word === "offline") news.left("the broker", `the broker is out of reach: ${why}`);
  if (word === "live") {
    news.back("the broker", "the broker is back");
    kitchen.ovens.clear(), kitchen.tablets.clear(); // the retained state comes anew
  }
  later();
}

const { prefix, ...broker } = await (await fetch("broker.json")).json(); // of several kitchens each has its own
new Link({
  ...broker, status: linked,
  filters: FILTERS.map((filter) => prefix + filter),
  heard: (topic, payload) => topic.startsWith(prefix) && heard(topic.slice(prefix.length), payload),
});
setInterval(later, 1000); // the times in the ovens
addEventListener("resize", later);
draw();
