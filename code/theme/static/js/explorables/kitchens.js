// Two kitchens, side by side: the same clients, two ways to hold a cook, or two habits of the tablets.
import { KitchenScene } from "./kitchen-scene.js";
import { inTheHouse, legend, pair } from "./pair.js";

export const clock = (minutes) => `${Math.floor(minutes / 60)} h ${String(Math.floor(minutes % 60)).padStart(2, "0")} min`;
const staff = {
  who: "cook", title: "cooks over time", count: ({ cooks }) => cooks,
  words: ({ working, waiting, idle }, all, { counts: { trips } }) => `${working} of ${all} cook${all > 1 ? "s" : ""} work${working === 1 ? "s" : ""}, ${waiting} wait, ${idle} free${trips ? `; ${trips} walks in vain in all` : ""}`,
};

export function house({ counter }) {
  return {
    staff,
    scene: (/** @type {import("./scene.js").Given} */ { position: { cooks, ovens }, data: { agents }, ...given }) => new KitchenScene({ ...given, cooks, ovens, agents, counter }),
    sentence(run, { served, house: inside, waiting, burnt }, time, title) {
      const end = time >= run.end ? ` The last client was satisfied after ${clock(run.end)}.` : "";
      const trips = run.counts.trips && end ? ` Cooks walked in vain ${run.counts.trips} times.` : "";
      return `${title}: ${served} served, ${inside} in the house, ${waiting} of them in queues, ${burnt} burnt.${end}${trips}`;
    },
  };
}

export const KITCHEN = {
  title: "The two kitchens", module: "pizzeria.explorables.kitchens", fresh: "lunch", habit: "The other shows", house,
  format: clock, speeds: { "5 min/s": 5, "15 min/s": 15, "45 min/s": 45, "2 h/s": 120 }, speed: 15,
  numbers: { waiting: "waiting now", longest: "longest so far", served: "served", burnt: "burnt" },
  show: { longest: (value) => clock(value).replace(" min", "") },
  legend: () => legend([["working", "hands on"], ["waiting", "held, waiting"], ["idle", "free"],
    ["", "A dashed thread ties a waiting cook to an order. ! is a pizza that rings, ✕ one that burnt."]]),
};

export { sheet } from "./dom.js";

export default (box, data, part) => pair(box, data, part, {
  ...KITCHEN,
  curve: { title: "Orders in the house over time, in both kitchens", words: "Orders in the house:", points: inTheHouse },
  ticks(end, few) {
    const hours = end / 60, every = [1, 2, 3, 5, 10].find((size) => hours / size <= (few ? 5 : 8)) ?? 20;
    return Array.from({ length: Math.floor(hours / every) + 1 }, (_, n) => ({ at: n * every * 60, label: `${n * every} h` }));
  },
});
