// The two kitchens, side by side: the same clients, two ways to hold a cook.
import { KitchenScene } from "./kitchen-scene.js";
import { inTheHouse, pair } from "./pair.js";
import { rewrite } from "./rewrite.js";

const clock = (minutes) => `${Math.floor(minutes / 60)} h ${String(Math.floor(minutes % 60)).padStart(2, "0")} min`;
const minutes = (value) => `${Math.round(value)} min`;
const staff = {
  who: "cook", title: "cooks over time", count: ({ cooks }) => cooks,
  words: ({ working, waiting, idle }, all, { counts: { trips } }) => `${working} of ${all} cooks work, ${waiting} wait, ${idle} free${trips ? `; ${trips} walks in vain in all` : ""}`,
};

function house(key, title, creed, counter, run) {
  return {
    key, title, creed, staff, run,
    scene: (/** @type {import("./scene.js").Given} */ { position: { cooks, ovens }, data: { agents }, ...given }) => new KitchenScene({ ...given, cooks, ovens, agents, counter }),
    sentence(run, { served, house: inside, waiting, burnt }, time) {
      const end = time >= run.end ? ` The last client was satisfied after ${clock(run.end)}.` : "";
      const trips = run.counts.trips && end ? ` Cooks walked in vain ${run.counts.trips} times.` : "";
      return `${title}: ${served} served, ${inside} in the house, ${waiting} of them in queues, ${burnt} burnt.${end}${trips}`;
    },
  };
}

// The order of both kitchens, to be read, rewritten and replayed.
function program({ data, python, call, sliders, open, shown }) {
  return rewrite({
    source: data.source, where: "pizzeria/order.py",
    intro: "One order, in both kitchens. Each async with holds somebody, each await waits.",
    idea: "Try it: move the line await kitchen.bake up into the block above it, and see who stands at the oven.",
    replay: call && (async (source, tell) => open(await call("rewritten", { ...shown().position, source }, tell), "-yours")),
    reset: () => sliders.load(), python,
  });
}

export { sheet } from "./dom.js";

export default (box, data, part) => pair(box, data, part, {
  name: "The two kitchens", module: "pizzeria.explorables.kitchens", fresh: "lunch", habit: "Tablets show",
  format: clock, speeds: { "5 min/s": 5, "15 min/s": 15, "45 min/s": 45, "2 h/s": 120 }, speed: 15, opens: 130,
  curve: { title: "Orders in the house over time, in both kitchens", words: "Orders in the house:", points: inTheHouse },
  ticks(end, few) {
    const hours = end / 60, every = [1, 2, 3, 5, 10].find((size) => hours / size <= (few ? 5 : 8)) ?? 20;
    return Array.from({ length: Math.floor(hours / every) + 1 }, (_, n) => ({ at: n * every * 60, label: `${n * every} h` }));
  },
  houses: [
    house("apachehut", "Apach’ Hut", "holds the cook all along", "tickets", () => "apachehut"),
    house("nginxopepperoni", "Ngin O’ Pepperonix", "lets go of the cook", "to do", (habit) => habit),
  ],
  numbers: { house: "in the house", waiting: "in queues", served: "served", burnt: "burnt", p50: "median stay", p99: "longest 1 %" },
  show: { p50: minutes, p99: minutes },
  hints: { p50: "p50, from the phone call to the satisfied client", p99: "p99, from the phone call to the satisfied client" },
  legend: [["working", "hands on"], ["waiting", "held, waiting"], ["idle", "free"],
    ["", "A dashed thread ties a waiting cook to an order. ! is a pizza that rings, ✕ one that burnt."]],
  extra: program,
});
