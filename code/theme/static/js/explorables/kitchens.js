// The two kitchens, side by side: the same clients, two ways to hold a cook.
import { fresh, h, progress, runtime, say } from "./dom.js";
import { KitchenScene } from "./kitchen-scene.js";
import { Player } from "./player.js";
import { rewrite } from "./rewrite.js";
import { Sliders } from "./sliders.js";
import { Bands, Timeline } from "./timeline.js";
import { Run } from "./trace.js";

const MODULE = "pizzeria.explorables.kitchens";
const HOUSES = [
  { key: "apachehut", title: "Apach’ Hut", creed: "holds the cook all along", counter: "tickets" },
  { key: "nginxopepperoni", title: "Ngin O’ Pepperonix", creed: "lets go of the cook", counter: "to do" },
];
const NUMBERS = { house: "in the house", waiting: "in queues", served: "served", burnt: "burnt", p50: "median stay", p99: "longest 1 %" };
const HINTS = { p50: "p50, from the phone call to the satisfied client", p99: "p99, from the phone call to the satisfied client" };

export const clock = (minutes) => `${Math.floor(minutes / 60)} h ${String(Math.floor(minutes % 60)).padStart(2, "0")} min`;

export default async function mount(box, data, part) {
  const python = await runtime();
  const call = (name) => async (kwargs, tell) => {
    const found = await python.call(`${MODULE}:${name}`, kwargs, progress(tell));
    if (found.error) throw new Error(found.error);
    return found;
  };
  let habit = "urgent", lunch, replay = "";
  const cards = HOUSES.map((house) => card(house));
  const chart = h("figure", { class: "x-chart" });
  const player = new Player({
    name: "The two kitchens", speeds: { "5 min/s": 5, "15 min/s": 15, "45 min/s": 45, "2 h/s": 120 }, speed: 15, format: clock,
    draw(time, dt) {
      timeline.draw(time);
      return cards.map((one) => one.draw(time, dt)).includes(true);
    },
    summary: (time) => `After ${clock(time)}. ${cards.map((one) => one.sentence(time)).join(" ")}`,
  });
  let timeline;

  function open(found) {
    lunch = found;
    const { cooks, ovens } = found.position;
    const runs = [found.runs.apachehut, found.runs[habit]].map((run) => new Run(run, data.unit, data.burnsAfter));
    const end = Math.max(...runs.map((run) => run.end));
    cards.forEach((one, i) => one.load({ run: runs[i], cooks, ovens, agents: data.agents, end, habit }));
    const hours = end / 60, every = [1, 2, 3, 5, 10].find((size) => hours / size <= (innerWidth < 600 ? 5 : 8)) ?? 20;
    timeline = new Timeline({
      title: "Orders in the house over time, in both kitchens", end, ...(innerWidth < 600 ? { width: 360, height: 130 } : { height: 132 }),
      curves: runs.map((run, i) => ({ kind: HOUSES[i].key, points: inTheHouse(run) })),
      ticks: Array.from({ length: Math.floor(hours / every) + 1 }, (_, i) => ({ at: i * every * 60, label: `${i * every} h` })),
    });
    chart.replaceChildren(h("figcaption", {}, "Orders in the house: ",
      h("span", { class: "x-key apachehut" }, "■ Apach’ Hut"), " ", h("span", { class: "x-key nginxopepperoni" }, "● Ngin O’ Pepperonix")), timeline.svg);
    const times = [...new Set(runs.flatMap((run) => run.times))].sort((a, b) => a - b);
    player.load(end, times);
    box.dataset.position = Object.values(found.position).join("-") + replay;
  }

  const sliders = new Sliders({ config: data.sliders, start: data.start, part, call: python && call("lunch"), show: (found) => { replay = ""; open(found); } });
  const id = fresh("habit");
  const habits = h("select", { id, onchange: () => { habit = habits.value; open(lunch); } },
    ...Object.entries(data.habits).map(([value, words]) => h("option", { value }, words)));
  sliders.element.append(h("div", { class: "x-slider" }, h("label", { for: id }, "Tablets show"), habits));
  const again = python && call("rewritten");
  box.append(
    sliders.element, sliders.note, player.element,
    h("div", { class: "x-pair" }, cards.map((one) => one.element)),
    h("p", { class: "x-legend" }, legend("working", "hands on"), legend("waiting", "held, waiting"), legend("idle", "free"),
      h("span", { class: "x-more" }, "A dashed thread ties a waiting cook to an order. ! is a pizza that rings, ✕ one that burnt.")),
    chart, player.status,
    rewrite({
      source: data.source, where: "pizzeria/order.py",
      intro: "One order, in both kitchens. Each async with holds somebody, each await waits.",
      idea: "Try it: move the line await kitchen.bake up into the block above it, and see who stands at the oven.",
      replay: again && (async (source, tell) => {
        const found = await again({ ...lunch.position, source }, tell);
        replay = "-yours";
        open(found);
      }),
      reset: () => { replay = ""; return sliders.load(); }, stop: () => python?.stop(),
    }),
  );
  player.watch(box);
  await sliders.load();
}

const legend = (kind, words) => h("span", { class: `x-swatch ${kind}` }, words);

function inTheHouse(run) {
  const changes = [];
  for (const order of run.orders.values()) changes.push([order.rang, 1], [order.done, -1]);
  changes.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  return [[0, 0], ...changes.filter(([at]) => at < Infinity).map(([at, change]) => [at, (now += change)])];
}

function card({ key, title, creed, counter }) {
  const stage = h("div", { class: "x-stage" }), strip = h("div", { class: "x-strip" });
  const now = h("p", { class: "x-now" });
  const values = Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, h("dd", { "data-number": name })]));
  const numbers = h("dl", { class: "x-numbers" }, Object.entries(NUMBERS).map(([name, words]) => h("div", {}, h("dt", { title: HINTS[name] }, words), values[name])));
  const element = h("section", { class: `x-card ${key}`, "aria-label": title }, h("h4", {}, title, h("small", {}, ` ${creed}`)), stage, now, strip, numbers);
  let scene, bands, run, cooks, shown;
  return {
    element,
    load(given) {
      ({ run, cooks } = given);
      scene = new KitchenScene({ ...given, title, counter });
      bands = new Bands({ title: `What the cooks of ${title} did over time`, end: given.end, total: cooks, bands: shares(run, cooks, scene.stripes) });
      stage.replaceChildren(scene.svg);
      strip.replaceChildren(h("span", {}, "cooks over time"), bands.svg);
      shown = null;
    },
    draw(time, dt) {
      const { moving, doing } = scene.draw(time, dt);
      bands.draw(time);
      say(now, `${doing.working} of ${cooks} cooks work, ${doing.waiting} wait, ${doing.idle} free`);
      // The numbers need no sixty looks a second.
      const stamp = Math.round(time * 2);
      if (stamp !== shown || dt === Infinity) this.count(time);
      shown = stamp;
      return moving;
    },
    count(time) {
      const tally = run.tally(time);
      for (const name of Object.keys(NUMBERS)) {
        const value = tally[name];
        say(values[name], name.startsWith("p") ? (value === null ? "–" : `${Math.round(value)} min`) : String(value));
      }
      numbers.dataset.burnt = tally.burnt > 0;
    },
    sentence(time) {
      const tally = run.tally(time);
      const end = time >= run.end ? ` The last client was satisfied after ${clock(run.end)}.` : "";
      const trips = run.counts.trips && end ? ` ${run.counts.trips} walks of cooks were in vain.` : "";
      return `${title}: ${tally.served} served, ${tally.house} in the house, ${tally.waiting} of them in queues, ${tally.burnt} burnt.${end}${trips}`;
    },
  };
}

// Bands from the top: who is held (working or waiting), and of them who works.
function shares(run, cooks, stripes) {
  const held = [], working = [];
  const hands = new Set(["start", "prepare", "take out", "finish"]);
  for (const time of run.times) {
    let busy = 0, work = 0;
    for (let n = 1; n <= cooks; n += 1) {
      const span = run.actor(`cook ${n}`, time);
      if (!span) continue;
      busy += 1;
      if (hands.has(Run.at(run.orders.get(span.order).steps, time)?.what)) work += 1;
    }
    held.push([time, busy]);
    working.push([time, work]);
  }
  return [{ kind: "waiting", points: held, fill: stripes }, { kind: "working", points: working }];
}
