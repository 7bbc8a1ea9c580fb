// One server, drawn: where every request is, and what every thread does, at any moment of a run.
import { s, say, state } from "./dom.js";
import { Scene } from "./scene.js";
import { Run } from "./trace.js";

import { LAYOUTS } from "./server-layout.js";

export class ServerScene extends Scene {
  /** @param {{title: string, threads: number, clients: number, rounds: number, queue: string, run: Run, narrow?: boolean, crowd?: boolean}} given crowd: hundreds, who come one by one */
  constructor({ title, threads, clients, rounds, queue, run, narrow, crowd }) {
    const at = LAYOUTS[crowd ? "crowd" : narrow ? "narrow" : "wide"];
    super({ title, width: at.width, height: at.height, run });
    this.at = at;
    this.clients = clients;
    this.rounds = rounds;
    if (narrow) this.svg.classList.add("x-narrow");
    const words = { queue: narrow ? queue.split(",")[0] : queue, threads: threads > 1 ? "threads" : "the one thread", core: "core", waiting: narrow ? "credentials" : "credentials service", disk: "disk", served: "served" };
    for (const [key, [x, y, width, height]] of Object.entries(at.floors)) {
      this.svg.append(s("rect", { x, y, width, height, rx: narrow ? 5 : 7, class: "x-floor" }));
      this.label(x + at.label[0], y + at.label[1], words[key]);
    }
    const [x, y, size] = at.core;
    this.core = s("g", { class: "x-core", transform: `translate(${x} ${y}) scale(${size})` },
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
    const { x: left, y: top, columns, most, span, size, row, alone } = this.at.threads;
    const per = Math.min(count, columns), gap = Math.min(most, span / per);
    this.staff = Array.from({ length: count }, (_, n) => {
      const one = count === 1, side = one ? alone[2] : size;
      const x = one ? alone[0] + side / 2 - 10 : left + (n % per) * gap, y = one ? alone[1] + 4 : top + Math.floor(n / per) * row;
      const box = s("rect", { x: -side / 2, y: -side / 2, width: side, height: side, rx: 3 });
      const figure = s("g", { class: "x-thread", transform: `translate(${x} ${y})` }, box);
      if (one) figure.append((this.doing = s("text", { x: side / 2 + 8, y: 5, class: "x-doing" })));
      this.svg.append(figure);
      return { name: `cook ${n + 1}`, figure, box };
    });
  }

  draw(time, dt) {
    const ease = this.ease(dt), rows = { queue: [], waiting: [], disk: [], core: [], served: [] };
    const places = new Map();
    for (let client = 1; client <= this.clients; client += 1) {
      const order = this.current(client, time);
      if (order && order.rang > time) {
        this.tokens.get(client)?.shape.remove();
        this.tokens.delete(client);
        continue;
      }
      const step = order && Run.at(order.steps, time);
      const where = !order ? "served" : step?.what === "prepare" ? "core" : { restock: "waiting", bake: "disk" }[step?.what] ?? "queue";
      rows[where].push({ client, since: step?.start ?? order?.done ?? time });
    }
    const line = (row, spot) => row.sort((a, b) => a.since - b.since || a.client - b.client).forEach(({ client }, n) => places.set(client, spot(n)));
    const grid = (/** @type {number[]} */ [x, y, columns, step]) => (n) => ({ x: x + (n % columns) * step, y: y + Math.floor(n / columns) * step });
    for (const [where, spots] of Object.entries(this.at.rows)) line(rows[where], grid(spots));
    line(rows.core, () => ({ x: this.at.core[0], y: this.at.core[1] }));
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
      token = { shape: s("circle", { class: "x-request", r: this.at.dot }), ...spot };
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
    if (this.doing) say(this.doing, doing.working ? "computes" : this.at !== LAYOUTS.narrow ? "free: it asks for the next event" : "asks");
    return doing;
  }
}
