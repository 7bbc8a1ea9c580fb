// One kitchen, drawn: where every order is, and what every cook does, at any moment of a run.
import { s, say, state } from "./dom.js";
import { Scene } from "./scene.js";
import { Run } from "./trace.js";

const WIDTH = 360, HEIGHT = 300;
const HANDS_ON = new Set(["start", "prepare", "take out", "finish"]);
const ROWS = { phone: 24, counter: 66, cooks: 124, ovens: 196, road: 272 };

export class KitchenScene extends Scene {
  constructor({ title, counter, agents, ovens, cooks, run }) {
    super({ title, width: WIDTH, height: HEIGHT, run });
    this.floor(counter);
    this.holds = s("g", { class: "x-holds" });
    this.people(agents, cooks);
    this.ovenRow(ovens);
    this.orders = s("g");
    this.svg.append(this.holds, this.orders);
    this.more = { phone: this.label(350, ROWS.phone + 4, "", "end"), counter: this.label(350, ROWS.counter + 13, "", "end") };
  }

  static works(what) {
    return HANDS_ON.has(what);
  }

  floor(counter) {
    for (const [y, height] of [[4, 38], [46, 44], [94, 66], [164, 72], [240, 56]]) this.svg.append(s("rect", { x: 4, y, width: 352, height, rx: 7, class: "x-floor" }));
    this.label(11, ROWS.phone + 4, "phone");
    this.label(11, ROWS.counter + 5, counter);
    this.label(11, 109, "cooks");
    this.label(11, ROWS.ovens - 19, "warehouse");
    this.label(122, ROWS.ovens - 19, "ovens");
    this.label(11, 255, "delivery");
    this.svg.append(s("path", { d: `M20 ${ROWS.road + 9}H312`, class: "x-road" }),
      s("path", { d: `M317 ${ROWS.road + 11}v-15l15-11 15 11v15z`, class: "x-house" }));
    this.served = this.label(332, ROWS.road + 7, "0", "middle", "x-served");
  }

  people(agents, cooks) {
    this.agents = Array.from({ length: agents }, (_, i) => {
      const x = 62 + 34 * i;
      const figure = s("g", { class: "x-agent", transform: `translate(${x} ${ROWS.phone})` },
        s("path", { d: "M-9 13c0-8 4-11 9-11s9 3 9 11z" }), s("circle", { cy: -4, r: 5.5 }), s("path", { class: "x-phones", d: "M-6.5-4c0-9 13-9 13 0" }));
      this.svg.append(figure);
      return { name: `agent ${i + 1}`, x: x + 15, y: ROWS.phone + 5, figure };
    });
    const gap = Math.min(56, 296 / cooks);
    this.cooks = Array.from({ length: cooks }, (_, i) => {
      const x = 204 + (i - (cooks - 1) / 2) * gap, y = ROWS.cooks - 6;
      const words = s("text", { y: cooks > 6 ? 31 + 9 * (i % 2) : 33, "text-anchor": "middle", class: "x-doing" });
      const body = s("path", { class: "x-body", d: "M-12 20c0-13 5-18 12-18s12 5 12 18z" });
      const figure = s("g", { class: "x-cook", transform: `translate(${x} ${y})` },
        body, s("circle", { class: "x-head", cy: -5, r: 7 }),
        s("path", { class: "x-hat", d: "M-6-10v-4c-5-1-4-9 1-8 1-4 9-4 10 0 5-1 6 7 1 8v4z" }),
        s("path", { class: "x-book", d: "M-8 6l8 2.5 8-2.5v8l-8 2.5-8-2.5zM0 8.5v8" }), words);
      const hold = s("path", { class: "x-hold" });
      this.holds.append(hold);
      this.svg.append(figure);
      return { name: `cook ${i + 1}`, x, y, figure, body, words, hold };
    });
  }

  ovenRow(ovens) {
    const columns = ovens > 12 ? Math.ceil(ovens / 2) : ovens, gap = Math.min(26, 222 / Math.max(1, columns - 1));
    this.ovens = Array.from({ length: ovens }, (_, i) => {
      const x = 131 + (i % columns) * gap, y = ROWS.ovens + 3 + Math.floor(i / columns) * 24 - (ovens > columns ? 7 : 0);
      const bell = s("text", { y: -9.5, x: 8, "text-anchor": "middle", class: "x-bell" }, "!");
      const figure = s("g", { class: "x-oven", transform: `translate(${x} ${y})` },
        s("rect", { x: -8.6, y: -10, width: 17.2, height: 20, rx: 3.5 }), bell);
      this.svg.append(figure);
      return { name: `oven ${i + 1}`, x, y, figure };
    });
  }

  // Draw the moment; dt is the time since the last picture in seconds (Infinity: nothing glides).
  draw(time, dt) {
    const { run } = this, ease = this.ease(dt);
    const queues = { phone: [], counter: [], stock: [], oven: [] };
    const places = new Map();
    for (const order of run.orders.values()) {
      if (order.rang > time || order.done <= time) continue;
      places.set(order, this.place(order, time, queues));
    }
    this.lineUp(queues, places);
    let moving = false;
    for (const [order, token] of this.tokens) if (!places.has(order)) moving = this.leave(order, token, time, ease) || moving;
    for (const [order, spot] of places) moving = this.move(order, spot, time, ease) || moving;
    say(this.served, String(run.done.filter((order) => order.done <= time).length));
    const doing = this.staff(time);
    return { moving, doing };
  }

  place(order, time, queues) {
    const step = Run.at(order.steps, time), held = order.held.filter((span) => span.start <= time && time < span.end);
    const find = (kind, all) => {
      const span = held.find((one) => one.who.startsWith(kind));
      return span && all.find((one) => one.name === span.who);
    };
    const what = step?.what ?? "waiting for cook";
    const oven = find("oven", this.ovens);
    if (oven) return oven;
    if (what === "deliver") return { x: 24 + 284 * (time - step.start) / (step.end - step.start), y: ROWS.road };
    const agent = find("agent", this.agents);
    if (agent) return agent;
    const cook = find("cook", this.cooks);
    if (cook && HANDS_ON.has(what)) return { x: cook.x + 13, y: cook.y + 15 };
    const queue = { "waiting for agent": "phone", restock: "stock", "waiting for oven": "oven" }[what] ?? "counter";
    queues[queue].push({ order, since: step?.start ?? order.rang });
    return null;
  }

  lineUp(queues, places) {
    const put = (queue, spot) => queue.sort((a, b) => a.since - b.since || a.order.number - b.order.number)
      .forEach(({ order }, rank) => places.set(order, spot(rank)));
    const last = { phone: 14, counter: 33 };
    put(queues.phone, (n) => ({ x: 144 + 14.5 * Math.min(n, last.phone - 1), y: ROWS.phone + 1, hidden: n >= last.phone }));
    put(queues.counter, (n) => ({ x: 74 + 15 * (Math.min(n, last.counter) % 17), y: ROWS.counter - 6 + 17 * Math.floor(Math.min(n, last.counter) / 17), hidden: n > last.counter }));
    put(queues.stock, (n) => ({ x: 18 + 15 * (n % 6), y: ROWS.ovens - 2 + 15 * Math.floor(n / 6), hidden: n > 11 }));
    put(queues.oven, (n) => ({ x: 166 + 13 * Math.min(n, 13), y: ROWS.ovens - 23, hidden: n > 13 }));
    say(this.more.phone, queues.phone.length > last.phone ? `+${queues.phone.length - last.phone}` : "");
    say(this.more.counter, queues.counter.length > last.counter + 1 ? `+${queues.counter.length - last.counter - 1}` : "");
  }

  token(order) {
    const shape = s("g", { class: "x-order" },
      s("rect", { class: "x-ticket", x: -5, y: -6, width: 10, height: 12, rx: 1.5 }), s("path", { class: "x-lines", d: "M-3-2.5h6M-3 0h6M-3 2.5h4" }),
      s("circle", { class: "x-pizza", r: 6 }), s("path", { class: "x-topping", d: "M-2-2h.1M2-1h.1M-1 2.2h.1" }),
      s("path", { class: "x-cross", d: "M-2.6-2.6l5.2 5.2M2.6-2.6l-5.2 5.2" }));
    const token = { shape, x: -8, y: ROWS.phone };
    this.orders.append(shape);
    this.tokens.set(order, token);
    return token;
  }

  move(order, spot, time, ease) {
    const token = this.tokens.get(order) ?? this.token(order);
    const prepared = order.prepared ??= order.steps.find((step) => step.what === "prepare")?.end ?? Infinity;
    state(token.shape, order.burns <= time ? "burnt" : order.baked <= time ? "baked" : prepared <= time ? "raw" : "ticket");
    if (token.hidden !== Boolean(spot.hidden)) token.shape.classList.toggle("x-hidden", (token.hidden = Boolean(spot.hidden)));
    return this.glide(token, spot, ease);
  }

  // Served: into the house and gone. Before its call (time was turned back): gone at once.
  leave(order, token, time, ease) {
    const moving = time >= order.done && this.glide(token, { x: 332, y: ROWS.road }, ease);
    if (moving) return true;
    token.shape.remove();
    this.tokens.delete(order);
    return false;
  }

  staff(time) {
    const doing = { working: 0, waiting: 0, idle: 0 };
    for (const agent of this.agents) state(agent.figure, this.run.actor(agent.name, time) ? "working" : "idle");
    for (const cook of this.cooks) {
      const span = this.run.actor(cook.name, time), order = span && this.run.orders.get(span.order);
      const step = order && Run.at(order.steps, time);
      const is = !span ? "idle" : HANDS_ON.has(step?.what) ? "working" : "waiting";
      doing[is] += 1;
      state(cook.figure, is);
      cook.body.setAttribute("fill", is === "waiting" ? this.stripes : "");
      say(cook.words, { working: "works", waiting: "waits", idle: "free" }[is]);
      this.tie(cook, is === "waiting" && this.tokens.get(order));
    }
    for (const oven of this.ovens) {
      const span = this.run.actor(oven.name, time), order = span && this.run.orders.get(span.order);
      state(oven.figure, !span ? "cold" : order.baked <= time ? "ringing" : "hot");
    }
    return doing;
  }

  // The thread that ties a waiting cook to an order somewhere else.
  tie(cook, token) {
    const d = token ? `M${cook.x} ${cook.y + 37}Q${cook.x} ${(cook.y + token.y) / 2 + 24} ${token.x.toFixed(1)} ${(token.y - 6).toFixed(1)}` : "";
    if (cook.tied !== d) cook.hold.setAttribute("d", (cook.tied = d));
  }
}
