// Two servers, side by side: a pool of threads and an event loop, or a loop and another, with the data centre's figures.
import { legend, pair, served } from "./pair.js";
import { ServerScene } from "./server-scene.js";

const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const milliseconds = (ms) => `${Math.round(ms).toLocaleString("en")} ms`;

function house({ title, counter, run: name }) {
  const count = (/** @type {any} */ { pool }) => ({ pool, hired: 2 * pool }[name] ?? 1);
  return {
    staff: {
      who: "cook", title: "threads over time", count,
      words: ({ working, waiting, idle }, all) => `${all} thread${all === 1 ? "" : "s"}: ${working} compute${working === 1 ? "s" : ""}, ${waiting} held and waiting, ${idle} free`,
    },
    scene: (/** @type {import("./scene.js").Given} */ { position, data: { rounds }, ...given }) => new ServerScene({ ...given, threads: count(position), clients: position.clients, rounds, queue: counter }),
    sentence(run, { served: done, waiting }, time) {
      const end = time >= run.end ? ` All were served after ${seconds(run.end)}.` : "";
      return `${title}: ${done} requests served, ${waiting} in queues.${end}`;
    },
  };
}

export { sheet } from "./dom.js";

export default (box, data, part) => pair(box, data, part, {
  title: "The two servers", module: "pizzeria.explorables.servers", fresh: "rush", house,
  format: seconds, speeds: { "0.05 s/s": 50, "0.1 s/s": 100, "0.3 s/s": 300, "real time": 1000, "4 s/s": 4000 }, speed: 300,
  curve: { title: "Requests served over time, by both servers", words: "Requests served:", points: served },
  ticks(end, few) {
    const every = [100, 200, 500, 1000, 2000, 5000, 10000].find((size) => end / size <= (few ? 4 : 8)) ?? 20000;
    return Array.from({ length: Math.floor(end / every) + 1 }, (_, n) => ({ at: n * every, label: `${(n * every) / 1000} s` }));
  },
  numbers: { waiting: "waiting now", longest: "slowest", served: "served" },
  show: { longest: milliseconds },
  legend: ({ rounds }) => legend([["working", "computing"], ["waiting", "held, waiting"], ["idle", "free"],
    ["", `Every dot is a client; each orders ${rounds === 2 ? "twice" : `${rounds} times`}, one request after the other.`]]),
});
