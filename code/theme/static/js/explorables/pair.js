// Two houses, side by side, on one clock: the same clients, two ways to hold whoever serves them. What can be set, what is
// counted and who the two houses are is the figure's data.
import { fresh, h, progress, runtime, say } from "./dom.js";
import { Player } from "./player.js";
import { Sliders } from "./sliders.js";
import { Bands, Timeline } from "./timeline.js";
import { Run } from "./trace.js";
import { linkButton, travel } from "./travel.js";

export const phone = matchMedia("(max-width: 42.7rem)"); // then pictures are small, and stand side by side all the same

// about: {title, module, fresh, format, speeds, speed, curve: {title, words, points(run)}, ticks(end, few), habit,
// house(given): {run(habit), scene(given), staff: {words, who, count(position), title}, sentence(run, tally, time, title)},
// numbers: {key: words}, show: {key: format}, legend}.
// data: {name, sliders, start, fixed, houses, numbers, opens, free, habits}. habits: what the house whose run is one of them may
// show instead, its names by run.
export async function pair(box, data, part, about) {
  const python = data.free ? await runtime() : null;
  const call = python && (async (name, kwargs, tell) => {
    const found = await python.call(`${about.module}:${name}`, kwargs, progress(tell));
    if (found.error) throw new Error(found.error);
    return found;
  });
  const houses = data.houses.map((given) => ({ ...given, ...about.house(given) }));
  const cards = houses.map((house) => card(house, data.numbers, about));
  const chart = h("figure", { class: "x-chart" });
  let habit = Object.keys(data.habits ?? { "": "" })[0], shown, timeline;

  const player = new Player({
    name: about.title, speeds: about.speeds, speed: data.speed ?? about.speed, format: about.format, now: data.opens,
    draw(time, dt, due) {
      timeline.draw(time);
      return cards.map((one) => one.draw(time, dt, due)).includes(true);
    },
    summary: (time) => `After ${about.format(time)}. ${cards.map((one) => one.sentence(time)).join(" ")}`,
    change: () => trip.keep(),
  });
  const trip = travel(data.name, {
    read: () => ({ ...sliders.position, ...(data.habits ? { habit } : {}), t: player.now }),
    write(texts) {
      sliders.set(texts);
      if (data.habits?.[texts.habit]) habits.value = habit = texts.habit;
      if (Number.isFinite(Number(texts.t))) player.now = Number(texts.t);
    },
  });

  function open(found) {
    shown = found;
    const now = houses.map((house) => (data.habits?.[house.run] ? { ...house, ...data.habits[habit], run: habit } : house));
    const runs = now.map(({ run }) => new Run(found.runs[run], data.unit, data.burnsAfter));
    const end = Math.max(...runs.map((run) => run.end)), few = phone.matches;
    cards.forEach((one, n) => one.load({ title: now[n].title, creed: now[n].creed, run: runs[n], position: found.position, end, data, narrow: few }));
    timeline = new Timeline({
      title: about.curve.title, end, ...(few ? { width: 360, height: 108 } : { height: 96 }), ticks: about.ticks(end, few),
      curves: runs.map((run, n) => ({ kind: houses[n].key, points: about.curve.points(run) })),
    });
    chart.replaceChildren(h("figcaption", {}, about.curve.words, " ",
      now.map(({ key, title }, n) => [h("span", { class: `x-key ${key}` }, `${"■●"[n]} ${title}`), " "])), timeline.svg);
    player.load(end, [...new Set(runs.flatMap((run) => run.times))].sort((a, b) => a - b));
    box.dataset.position = Object.values(found.position).join("-");
  }
  phone.addEventListener("change", () => shown && open(shown));

  const sliders = new Sliders({
    config: data.sliders, start: data.start, part, show: open,
    call: call && ((position, tell) => call(about.fresh, { ...data.fixed, ...position }, tell)),
  });
  const id = fresh("habit");
  const habits = h("select", { id, onchange: () => { habit = habits.value; open(shown); } },
    Object.entries(data.habits ?? {}).map(([value, { title }]) => h("option", { value }, title.toLowerCase())));
  if (data.habits) sliders.element.append(h("div", { class: "x-slider" }, h("label", { for: id }, about.habit), habits));
  trip.arrive();
  box.append(
    h("div", { class: "x-controls" }, sliders.element, player.element), sliders.note,
    h("div", { class: "x-pair" }, cards.map((one) => one.element)), chart,
    h("div", { class: "x-foot" }, about.legend(data), linkButton(h, trip)), player.status,
  );
  player.watch(box);
  await sliders.load();
}

// What the signs mean: folded on a phone, where there is no room for it.
export const legend = (signs) => h("details", { class: "x-legend", open: !phone.matches }, h("summary", {}, "The signs"),
  h("p", {}, signs.map(([kind, words]) => h("span", { class: kind ? `x-swatch ${kind}` : "" }, words))));

export function card(house, counted, { numbers, show }) {
  const { key, staff } = house;
  const stage = h("div", { class: "x-stage" }), strip = h("div", { class: "x-strip" });
  const now = h("p", { class: "x-now" });
  const values = Object.fromEntries(counted.map((name) => [name, h("dd", { "data-number": name })]));
  const list = h("dl", { class: "x-numbers" }, counted.map((name) => h("div", {}, h("dt", {}, numbers[name]), values[name])));
  const heading = h("p", { class: "x-title" });
  const element = h("div", { class: `x-card ${key}`, role: "group" }, heading, stage, list, now, strip);
  let scene, bands, run, total, told, title;
  return {
    element,
    scene: () => scene,
    load(given) {
      ({ run } = given);
      ({ title = house.title } = given);
      heading.replaceChildren(title, h("small", {}, ` ${given.creed ?? house.creed}`));
      element.setAttribute("aria-label", title);
      total = staff.count(given.position);
      scene = house.scene({ ...given, title });
      bands = new Bands({ title: `${title}: ${staff.title}`, end: given.end, total, bands: shares(run, staff.who, total, scene) });
      stage.replaceChildren(scene.svg);
      strip.replaceChildren(h("span", {}, staff.title), bands.svg);
      told = null;
    },
    draw(time, dt, due) {
      const { moving, doing } = scene.draw(time, dt);
      bands.draw(time);
      if (due && told !== time) {
        say(now, staff.words(doing, total, run));
        this.count(time);
        told = time;
      }
      return moving;
    },
    count(time) {
      const tally = run.tally(time);
      for (const name of counted) say(values[name], show[name] ? (tally[name] === null ? "–" : show[name](tally[name])) : String(tally[name]));
      list.dataset.burnt = tally.burnt > 0;
    },
    sentence: (time) => house.sentence(run, run.tally(time), time, title),
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
