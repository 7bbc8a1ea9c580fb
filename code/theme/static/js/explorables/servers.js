// Two servers, side by side: a pool of threads and an event loop, with the data centre's figures.
import { h, s, say } from "./dom.js";
import { pair, served } from "./pair.js";
import { ServerScene } from "./server-scene.js";

const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const milliseconds = (ms) => `${Math.round(ms).toLocaleString("en")} ms`;
const threads = (count) => `${count} thread${count === 1 ? "" : "s"}`;

function server(key, title, creed, queue, run, count) {
  return {
    key, title, creed, run,
    staff: {
      who: "cook", title: "threads over time", count,
      words: ({ working, waiting, idle }, all) => `${threads(all)}: ${working} compute${working === 1 ? "s" : ""}, ${waiting} held and waiting, ${idle} free`,
    },
    scene: (/** @type {import("./scene.js").Given} */ { position, data: { rounds }, ...given }) => new ServerScene({ ...given, threads: count(position), clients: position.clients, rounds, queue }),
    sentence(run, { served: done, waiting }, time) {
      const end = time >= run.end ? ` All were served after ${seconds(run.end)}.` : "";
      return `${title}: ${done} requests served, ${waiting} in queues.${end}`;
    },
  };
}

// Requests a second against clients: the formulas' curves, the simulator's two points, and what was measured.
function model({ data }) {
  const { settings, provenance, points } = data.measured;
  const W = innerWidth < 600 ? 360 : 720, H = 250, L = 44, R = 12, T = 10, B = 40;
  const log = (value, low, high) => (Math.log10(value) - low) / (high - low);
  const x = (clients) => L + (W - L - R) * log(clients, 0, 3.7), y = (rate) => H - B - (H - T - B) * log(Math.max(rate, 1), 0, 3.1);
  const svg = s("svg", { viewBox: `0 0 ${W} ${H}`, class: "x-timeline x-model", role: "img", "aria-label": "Requests a second against clients, both on logarithmic scales: lines by the formula, large marks from the simulation, small marks measured; the numbers are in the table of the block above" });
  for (const rate of [1, 10, 100, 1000]) svg.append(s("path", { class: "x-grid", d: `M${L} ${y(rate)}H${W - R}` }), s("text", { class: "x-label", x: L - 6, y: y(rate) + 4, "text-anchor": "end" }, rate));
  for (const clients of [1, 10, 100, 1000]) svg.append(s("text", { class: "x-label", x: x(clients), y: H - B + 17, "text-anchor": "middle" }, clients.toLocaleString("en")));
  svg.append(s("text", { class: "x-label", x: L, y: H - 4 }, "clients at once"));
  const shapes = { pool: "M-4-4h8v8h-8z", threads: "M0-5l5 9h-10z", loop: "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0", asyncio: "M0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z" };
  const marks = s("g", { class: "x-measured" });
  for (const [name, found] of Object.entries(points)) for (const [clients, rate] of found) marks.append(s("path", { class: name, d: shapes[name], transform: `translate(${x(clients)} ${y(rate)})` }));
  const lines = { pool: s("path", { class: "x-curve apachehut" }), loop: s("path", { class: "x-curve nginxopepperoni" }) };
  const dots = { pool: s("rect", { x: -7, y: -7, width: 14, height: 14, class: "x-dot apachehut" }), loop: s("circle", { r: 7.5, class: "x-dot nginxopepperoni" }) };
  svg.append(...Object.values(lines), marks, ...Object.values(dots));
  const note = h("p", { class: "x-note" });
  const words = h("figcaption", {}, "Requests a second. Lines: the formulas’ ceilings; ", h("b", {}, "□ ○"), " this simulation, in its stride; ■ pool of 10, ▲ a thread each, ● our loop, ◆ asyncio: measured.");
  return {
    element: h("figure", { class: "x-chart" }, words, svg, note),
    load({ position: { pool, clients, wait, compute }, runs }, habit) {
      const service = (wait + compute + data.disk) / 1000, core = 1000 / compute;
      const ceiling = { pool: (n) => Math.min(Math.min(n, pool) / service, core), loop: (n) => Math.min(n / service, core) };
      for (const [name, rate] of Object.entries(ceiling)) {
        lines[name].setAttribute("d", Array.from({ length: 75 }, (_, n) => `${n ? "L" : "M"}${x(10 ** (n / 20)).toFixed(1)} ${y(rate(10 ** (n / 20))).toFixed(1)}`).join(""));
        const { rate: simulated } = runs[name === "pool" ? "pool" : habit].counts;
        dots[name].setAttribute("transform", `translate(${x(clients)} ${y(simulated)})`);
      }
      const same = wait === settings.credentials_ms && compute === settings.compute_ms && pool === settings.workers;
      marks.classList.toggle("is-other", !same);
      say(note, `Measured ${provenance}, with a pool of ${settings.workers}, ${settings.credentials_ms} ms of credentials and ${settings.compute_ms} ms of computing${same ? ", as the sliders have it" : "; the sliders say otherwise, so these marks stay where they are while the lines move"}.`);
    },
  };
}

export { sheet } from "./dom.js";

export default (box, data, part) => pair(box, data, part, {
  name: "The two servers", module: "pizzeria.explorables.servers", fresh: "rush", habit: "Loop takes first",
  format: seconds, speeds: { "0.1 s/s": 100, "0.3 s/s": 300, "real time": 1000, "4 s/s": 4000 }, speed: 300, opens: 520,
  curve: { title: "Requests served over time, by both servers", words: "Requests served:", points: served },
  ticks(end, few) {
    const every = [100, 200, 500, 1000, 2000, 5000, 10000].find((size) => end / size <= (few ? 4 : 8)) ?? 20000;
    return Array.from({ length: Math.floor(end / every) + 1 }, (_, n) => ({ at: n * every, label: `${(n * every) / 1000} s` }));
  },
  houses: [
    server("apachehut", "The pool", "holds a thread all along", "queue", () => "pool", ({ pool }) => pool),
    server("nginxopepperoni", "The loop", "one thread, lets go", "ready, in line for the thread", (habit) => habit, () => 1),
  ],
  numbers: { house: "in flight", waiting: "in queues", served: "served", p50: "median", p99: "slowest 1 %" },
  show: { p50: milliseconds, p99: milliseconds },
  hints: { p50: "p50, from the request to its answer", p99: "p99, from the request to its answer" },
  legend: [["working", "computing"], ["waiting", "held, waiting"], ["idle", "free"],
    ["", `Every dot is a client; each orders ${data.rounds === 2 ? "twice" : `${data.rounds} times`}, one request after the other.`]],
  extra: model,
});
