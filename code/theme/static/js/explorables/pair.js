// Two houses, side by side, on one clock: the same clients, two ways to hold whoever serves them.
import { fresh, h, progress, runtime, say } from "./dom.js";
import { Player } from "./player.js";
import { Sliders } from "./sliders.js";
import { Bands, Timeline } from "./timeline.js";
import { Run } from "./trace.js";

// about: {name, module, fresh, again, habit, format, speeds, speed, curve: {title, words, points(run)}, ticks(end, few),
// houses: [{key, title, creed, run(habit), scene(given), staff: {words, who, count(position), title}}],
// numbers: {key: words}, show: {key: format}, legend, extra(box, api), hints}.
export async function pair(box, data, part, about) {
  const python = await runtime();
  const call = python && (async (name, kwargs, tell) => {
    const found = await python.call(`${about.module}:${name}`, kwargs, progress(tell));
    if (found.error) throw new Error(found.error);
    return found;
  });
  const cards = about.houses.map((house) => card(house, about));
  const chart = h("figure", { class: "x-chart" });
  const few = innerWidth < 600;
  let habit = Object.keys(data.habits)[0], shown, timeline, mark = "";

  const player = new Player({
    name: about.name, speeds: about.speeds, speed: about.speed, format: about.format, now: about.opens,
    draw(time, dt, due) {
      timeline.draw(time);
      return cards.map((one) => one.draw(time, dt, due)).includes(true);
    },
    summary: (time) => `After ${about.format(time)}. ${cards.map((one) => one.sentence(time)).join(" ")}`,
  });

  function open(found, whose = "") {
    shown = found;
    mark = whose;
    const runs = about.houses.map((house) => new Run(found.runs[house.run(habit)], data.unit, data.burnsAfter));
    const end = Math.max(...runs.map((run) => run.end));
    cards.forEach((one, n) => one.load({ run: runs[n], position: found.position, end, data }));
    timeline = new Timeline({
      title: about.curve.title, end, ...(few ? { width: 360, height: 130 } : { height: 132 }), ticks: about.ticks(end, few),
      curves: runs.map((run, n) => ({ kind: about.houses[n].key, points: about.curve.points(run) })),
    });
    chart.replaceChildren(h("figcaption", {}, about.curve.words, " ",
      about.houses.map(({ key, title }, n) => [h("span", { class: `x-key ${key}` }, `${"■●"[n]} ${title}`), " "])), timeline.svg);
    player.load(end, [...new Set(runs.flatMap((run) => run.times))].sort((a, b) => a - b));
    box.dataset.position = Object.values(found.position).join("-") + mark;
    extra?.load(found, habit, mark);
  }

  const sliders = new Sliders({
    config: data.sliders, start: data.start, part, show: open,
    call: call && ((position, tell) => call(about.fresh, position, tell)),
  });
  const id = fresh("habit");
  const habits = h("select", { id, onchange: () => { habit = habits.value; open(shown, mark); } },
    Object.entries(data.habits).map(([value, words]) => h("option", { value }, words)));
  sliders.element.append(h("div", { class: "x-slider" }, h("label", { for: id }, about.habit), habits));
  const extra = about.extra?.({ data, python, call, sliders, open, shown: () => shown });
  box.append(
    sliders.element, sliders.note, player.element,
    h("div", { class: "x-pair" }, cards.map((one) => one.element)),
    h("p", { class: "x-legend" }, about.legend.map(([kind, words]) => h("span", { class: kind ? `x-swatch ${kind}` : "" }, words))),
    chart, player.status, ...(extra ? [extra.element] : []),
  );
  player.watch(box);
  await sliders.load();
}

function card(house, { numbers, show, hints }) {
  const { key, title, creed, staff } = house;
  const stage = h("div", { class: "x-stage" }), strip = h("div", { class: "x-strip" });
  const now = h("p", { class: "x-now" });
  const values = Object.fromEntries(Object.keys(numbers).map((name) => [name, h("dd", { "data-number": name })]));
  const list = h("dl", { class: "x-numbers" }, Object.entries(numbers).map(([name, words]) => h("div", {}, h("dt", { title: hints[name] }, words), values[name])));
  const element = h("section", { class: `x-card ${key}`, "aria-label": title }, h("h4", {}, title, h("small", {}, ` ${creed}`)), stage, now, strip, list);
  let scene, bands, run, total, counted;
  return {
    element,
    load(given) {
      ({ run } = given);
      total = staff.count(given.position);
      scene = house.scene({ ...given, title });
      bands = new Bands({ title: `${title}: ${staff.title}`, end: given.end, total, bands: shares(run, staff.who, total, scene) });
      stage.replaceChildren(scene.svg);
      strip.replaceChildren(h("span", {}, staff.title), bands.svg);
      counted = null;
    },
    draw(time, dt, due) {
      const { moving, doing } = scene.draw(time, dt);
      bands.draw(time);
      if (due && counted !== time) {
        say(now, staff.words(doing, total, run));
        this.count(time);
        counted = time;
      }
      return moving;
    },
    count(time) {
      const tally = run.tally(time);
      for (const name of Object.keys(numbers)) {
        const text = show[name] ? (tally[name] === null ? "–" : show[name](tally[name])) : String(tally[name]);
        say(values[name], text);
      }
      list.dataset.burnt = tally.burnt > 0;
    },
    sentence: (time) => house.sentence(run, run.tally(time), time),
  };
}

// Bands from the top: who is held (working or waiting), and of them who works.
function shares(run, who, total, scene) {
  const held = [], working = [];
  for (const time of run.times) {
    let busy = 0, work = 0;
    for (let n = 1; n <= total; n += 1) {
      const span = run.actor(`${who} ${n}`, time);
      if (!span) continue;
      busy += 1;
      if (scene.constructor.works(Run.at(run.orders.get(span.order).steps, time)?.what)) work += 1;
    }
    held.push([time, busy]);
    working.push([time, work]);
  }
  return [{ kind: "waiting", points: held, fill: scene.stripes }, { kind: "working", points: working }];
}

export function inTheHouse(run) {
  const changes = [];
  for (const order of run.orders.values()) changes.push([order.rang, 1], [order.done, -1]);
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  return [[0, 0], ...changes.filter(([at]) => at < Infinity).map(([at, change]) => [at, (now += change)])];
}

export const served = (run) => [[0, 0], ...run.done.map((order, n) => [order.done, n + 1])];
