// One server, drawn: where every request is, and what every thread does, at any moment of a run.
import { s, say, state } from "./dom.js";
import { Scene } from "./scene.js";
import { Run } from "./trace.js";

const WIDTH = 360, HEIGHT = 304;
const COLUMNS = 25;

export class ServerScene extends Scene {
  constructor({ title, threads, clients, rounds, queue, run }) {
    super({ title, width: WIDTH, height: HEIGHT, run });
    this.clients = clients;
    this.rounds = rounds;
    for (const [y, height, words] of [[4, 62, queue], [70, 84, threads > 1 ? "threads" : "the one thread"], [158, 72, "credentials service"], [234, 62, "served"]]) {
      this.svg.append(s("rect", { x: 4, y, width: words === "credentials service" ? 248 : words.includes("thread") ? 288 : 352, height, rx: 7, class: "x-floor" }));
      this.label(11, y + 14, words);
    }
    this.svg.append(s("rect", { x: 256, y: 158, width: 100, height: 72, rx: 7, class: "x-floor" }), s("rect", { x: 296, y: 70, width: 60, height: 84, rx: 7, class: "x-floor" }));
    this.label(263, 172, "disk");
    this.label(303, 84, "core");
    this.core = s("g", { class: "x-core", transform: "translate(326 116)" },
      s("path", { d: "M-20-10h-6M-20 0h-6M-20 10h-6M20-10h6M20 0h6M20 10h6M-10-20v-6M0-20v-6M10-20v-6M-10 20v6M0 20v6M10 20v6" }), s("rect", { x: -20, y: -20, width: 40, height: 40, rx: 5 }));
    this.svg.append(this.core);
    this.threads(threads);
    this.requests = s("g");
    this.svg.append(this.requests);
  }

  static works(what) {
    return what === "prepare";
  }

  threads(count) {
    const per = Math.min(count, 15), size = count > 1 ? 14 : 34, gap = count > 1 ? Math.min(24, 272 / per) : 0;
    this.staff = Array.from({ length: count }, (_, n) => {
      const x = 22 + (n % per) * gap, y = (count > 1 ? 98 : 110) + Math.floor(n / per) * 16;
      const box = s("rect", { x: count > 1 ? -size / 2 : -10, y: -size / 2 + (count > 1 ? 0 : 4), width: size, height: size, rx: 3 });
      const figure = s("g", { class: "x-thread", transform: `translate(${x} ${y})` }, box);
      if (count === 1) figure.append((this.doing = s("text", { x: 34, y: 9, class: "x-doing" })));
      this.svg.append(figure);
      return { name: `cook ${n + 1}`, figure, box };
    });
  }

  draw(time, dt) {
    const ease = this.ease(dt), rows = { queue: [], waiting: [], disk: [], core: [], served: [] };
    const places = new Map();
    for (let client = 1; client <= this.clients; client += 1) {
      const order = this.current(client, time);
      const step = order && Run.at(order.steps, time);
      const where = !order ? "served" : step?.what === "prepare" ? "core" : { restock: "waiting", bake: "disk" }[step?.what] ?? "queue";
      rows[where].push({ client, since: step?.start ?? order?.done ?? time });
    }
    const line = (row, spot) => row.sort((a, b) => a.since - b.since || a.client - b.client).forEach(({ client }, n) => places.set(client, spot(n)));
    const grid = (x, y, columns, step) => (n) => ({ x: x + (n % columns) * step, y: y + Math.floor(n / columns) * step });
    line(rows.queue, grid(16, 27, COLUMNS, 11.5));
    line(rows.waiting, grid(15, 182, 22, 10.6));
    line(rows.disk, grid(267, 183, 8, 11));
    line(rows.core, () => ({ x: 326, y: 116 }));
    line(rows.served, grid(16, 256, COLUMNS, 11.5));
    let moving = false;
    for (const [client, spot] of places) moving = this.move(client, spot, rows, ease) || moving;
    for (const [where, row] of Object.entries(rows)) for (const { client } of row) state(this.tokens.get(client).shape, where);
    state(this.core, rows.core.length ? "working" : "idle");
    return { moving, doing: this.work(time) };
  }

  // A client's request at a moment: the one that is under way, or null when all have been served.
  current(client, time) {
    for (let round = 0; round < this.rounds; round += 1) {
      const order = this.run.orders.get(round * this.clients + client);
      if (order && order.done > time) return order;
    }
    return null;
  }

  move(client, spot, rows, ease) {
    let token = this.tokens.get(client);
    if (!token) {
      token = { shape: s("circle", { class: "x-request", r: 4.2 }), ...spot };
      this.tokens.set(client, token);
      this.requests.append(token.shape);
    }
    return this.glide(token, spot, ease);
  }

  work(time) {
    const doing = { working: 0, waiting: 0, idle: 0 };
    for (const { name, figure, box } of this.staff) {
      const span = this.run.actor(name, time), order = span && this.run.orders.get(span.order);
      const is = !span ? "idle" : ServerScene.works(Run.at(order.steps, time)?.what) ? "working" : "waiting";
      doing[is] += 1;
      state(figure, is);
      box.setAttribute("fill", is === "waiting" ? this.stripes : "");
    }
    if (this.doing) say(this.doing, doing.working ? "computes" : "free: it asks for the next event");
    return doing;
  }
}
