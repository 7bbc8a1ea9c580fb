// One kitchen and the order that drives it, side by side: the line at which an order stands is lit. The reader may rewrite it.
import { fresh, h, progress, runtime, say } from "./dom.js";
import { KITCHEN, house } from "./kitchens.js";
import { card, phone } from "./pair.js";
import { Player } from "./player.js";
import { rewrite } from "./rewrite.js";
import { Sliders } from "./sliders.js";
import { Run } from "./trace.js";
import { linkButton, travel } from "./travel.js";

export { sheet } from "./dom.js";

export default async function mount(box, data, part) {
  const python = await runtime();
  const call = python && (async (name, kwargs, tell) => {
    const found = await python.call(`${KITCHEN.module}:${name}`, kwargs, progress(tell));
    if (found.error) throw new Error(found.error);
    return found;
  });
  let which = 0, followed = 7, shown, run, current;
  const stage = h("div"), lines = listing(data.source);
  const player = new Player({
    name: "The kitchen", speeds: KITCHEN.speeds, speed: 15, format: KITCHEN.format, now: data.opens,
    draw(time, dt, due) {
      lines.light(run, followed, time);
      if (due) say(told, words(time));
      return current.draw(time, dt, due);
    },
    summary: (time) => `After ${KITCHEN.format(time)}. ${current.sentence(time)} ${words(time)}`,
    change: () => trip.keep(),
  });
  const trip = travel(data.name, {
    read: () => ({ ...sliders.position, house: data.houses[which].key, order: followed, t: player.now }),
    write(texts) {
      sliders.set(texts);
      which = Math.max(0, data.houses.findIndex(({ key }) => key === texts.house));
      followed = Number(texts.order) || followed;
      if (Number.isFinite(Number(texts.t))) player.now = Number(texts.t);
    },
  });
  const told = h("p", { class: "x-then" });

  function words(time) {
    const order = run.orders.get(followed), line = run.line(followed, time);
    if (!order || time < order.rang) return `Order ${followed} has not rung yet.`;
    return line === null ? `Order ${followed} was served after ${KITCHEN.format(order.done - order.rang)}.` : `Order ${followed} stands at: ${lines.source.split("\n")[line].trim()}`;
  }

  function open(found, source = data.source) {
    shown = found;
    const given = data.houses[which];
    lines.show(source);
    run = new Run(found.runs[given.run], data.unit, data.burnsAfter);
    current = card({ ...given, ...house(given) }, data.numbers, KITCHEN);
    follow.max = run.orders.size;
    current.load({ run, position: found.position, end: run.end, data, narrow: phone.matches, you: followed, pick: (order) => pick(order.number) });
    stage.replaceChildren(current.element);
    player.load(run.end, run.times);
    box.dataset.position = Object.values(found.position).join("-") + (source === data.source ? "" : "-yours");
    editor.load(source);
  }

  function pick(number) {
    followed = Math.max(1, Math.min(run.orders.size, number));
    follow.value = followed;
    current.scene().you = followed;
    player.seek(player.now);
    player.announce();
  }

  phone.addEventListener("change", () => shown && open(shown, lines.source));

  const sliders = new Sliders({
    config: data.sliders, start: data.start, part, show: (found) => open(found),
    call: call && ((position, tell) => call("rewritten", { ...data.fixed, ...position, source: data.source }, tell)),
  });
  const id = fresh("house"), other = fresh("order");
  const houses = h("select", { id, onchange: () => { which = houses.selectedIndex; open(shown, lines.source); } },
    data.houses.map(({ key, title }) => h("option", { value: key }, title)));
  const follow = h("input", { id: other, type: "number", min: 1, max: 40, value: followed, onchange: () => pick(Number(follow.value) || 1) });
  sliders.element.append(h("div", { class: "x-slider" }, h("label", { for: id }, "House"), houses),
    h("div", { class: "x-slider" }, h("label", { for: other }, "Follow order"), follow));
  const editor = rewrite({
    source: data.source, where: "pizzeria/order.py", python,
    idea: "Try it: move the line await kitchen.bake up into the block above it, and see who stands at the oven.",
    replay: call && (async (source, tell) => open(await call("rewritten", { ...shown.position, source }, tell), source)),
    reset: () => sliders.load(),
  });
  if (trip.arrive()) Object.assign(houses, { selectedIndex: which }), follow.value = followed;
  box.append(h("div", { class: "x-controls" }, sliders.element, player.element), sliders.note, told,
    h("div", { class: "x-loop x-beside" }, stage, h("div", {}, lines.element, editor.element)),
    h("div", { class: "x-foot" }, h("p", { class: "x-note" }, "Tap an order in the picture to follow it. The small numbers count who stands at a line."), linkButton(h, trip)),
    player.status);
  player.watch(box);
  await sliders.load();
}

// The program, a row a line: lit where the followed order stands, and how many stand at each.
function listing(first) {
  const element = h("div", { class: "x-listing", role: "group", "aria-label": "The order; the marked line is where the followed one stands", tabindex: "0" });
  const self = { element, source: null, show, light };
  let rows = [];
  function show(source) {
    if (self.source === source) return;
    self.source = source;
    rows = source.trimEnd().split("\n").map((line) => {
      const gutter = h("span", { class: "x-gutter" });
      return { gutter, row: h("div", { class: "x-line" }, gutter, h("code", {}, line || " ")) };
    });
    element.replaceChildren(...rows.map(({ row }) => row));
  }
  function light(run, number, time) {
    const counts = {};
    for (const order of run.orders.keys()) {
      const line = run.line(order, time);
      if (line !== null) counts[line] = (counts[line] ?? 0) + 1;
    }
    const now = run.line(number, time);
    rows.forEach(({ gutter, row }, n) => {
      say(gutter, String(counts[n] ?? ""));
      if (row.classList.contains("is-now") === (n === now)) return;
      row.classList.toggle("is-now", n === now);
      // Where the program is longer than its place, the lit line stays in sight.
      if (n === now && element.scrollHeight > element.clientHeight) element.scrollTop = row.offsetTop - element.offsetTop - element.clientHeight / 2;
    });
  }
  show(first);
  return self;
}
