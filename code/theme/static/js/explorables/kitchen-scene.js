// One kitchen, drawn: where every order is, and what every cook does, at any moment of a run.
import { s, say, state } from "./dom.js";
import { Scene } from "./scene.js";
import { LAYOUTS, place, room } from "./kitchen-layout.js";
import { Run } from "./trace.js";

const HANDS_ON = new Set(["start", "prepare", "take out", "finish"]);

export class KitchenScene extends Scene {
  /**
   * you: the number of an order that is marked; pick(order): what a tap on an order does.
   * @param {{title: string, counter: string, agents: number, ovens: number, cooks: number, run: Run, narrow?: boolean, you?: number, pick?: (order: any) => void}} given
   */
  constructor({ title, counter, agents, ovens, cooks, run, narrow, you, pick }) {
    const at = LAYOUTS[narrow ? "narrow" : "wide"];
    super({ title, width: at.width, height: at.height, run });
    this.at = at;
    this.you = you;
    this.pick = pick;
    if (narrow) this.svg.classList.add("x-narrow");
    this.floor(counter);
    this.holds = s("g", { class: "x-holds" });
    this.people(agents, cooks);
    this.ovenRow(ovens);
    this.orders = s("g");
    this.svg.append(this.holds, this.orders, this.house, this.served); // who is served goes in behind the door
    this.more = { phone: this.label(at.more.x, at.more.phone, "", "end"), counter: this.label(at.more.x, at.more.counter, "", "end") };
  }

  static works(what) {
    return HANDS_ON.has(what);
  }

  floor(counter) {
    const { width, floors, labels, road } = this.at;
    for (const [y, height] of floors) this.svg.append(s("rect", { x: 4, y, width: width - 8, height, rx: 7, class: "x-floor" }));
    for (const [x, y, words] of labels(counter)) this.label(x, y, words);
    this.svg.append(s("path", { d: `M${road.from - 4} ${road.y + 9}H${road.to + 4}`, class: "x-road" }));
    this.house = s("path", { d: `M${road.house - 15} ${road.y + 11}v-15l15-11 15 11v15z`, class: "x-house" });
    this.served = this.label(road.house, road.y + 7, "0", "middle", "x-served");
  }

  // A figure of its own, scaled as this picture is.
  figure(kind, x, y, ...parts) {
    const { size } = this.at, scale = size === 1 ? "" : ` scale(${size})`;
    const figure = s("g", { class: kind, transform: `translate(${x} ${y})${scale}` }, parts);
    this.svg.append(figure);
    return figure;
  }

  people(agents, cooks) {
    const { agents: desk, cooks: row } = this.at;
    this.agents = Array.from({ length: agents }, (_, i) => {
      const x = desk.x + desk.gap * i;
      const figure = this.figure("x-agent", x, desk.y,
        s("path", { d: "M-9 13c0-8 4-11 9-11s9 3 9 11z" }), s("circle", { cy: -4, r: 5.5 }), s("path", { class: "x-phones", d: "M-6.5-4c0-9 13-9 13 0" }));
      return { name: `agent ${i + 1}`, x: x + 15 * this.at.size, y: desk.y + 5, figure };
    });
    const gap = Math.min(row.gap, row.span / cooks);
    this.cooks = Array.from({ length: cooks }, (_, i) => {
      const x = row.middle + (i - (cooks - 1) / 2) * gap, { y } = row, under = row.words(cooks, i);
      const words = s("text", { y: under ?? 0, "text-anchor": "middle", class: "x-doing" });
      const body = s("path", { class: "x-body", d: "M-12 20c0-13 5-18 12-18s12 5 12 18z" });
      const hold = s("path", { class: "x-hold" });
      this.holds.append(hold);
      const figure = this.figure("x-cook", x, y,
        body, s("circle", { class: "x-head", cy: -5, r: 7 }),
        s("path", { class: "x-hat", d: "M-6-10v-4c-5-1-4-9 1-8 1-4 9-4 10 0 5-1 6 7 1 8v4z" }),
        s("path", { class: "x-book", d: "M-8 6l8 2.5 8-2.5v8l-8 2.5-8-2.5zM0 8.5v8" }), under === null ? null : words);
      return { name: `cook ${i + 1}`, x, y, figure, body, words, hold };
    });
  }

  ovenRow(ovens) {
    const { from, to, y: top, gap: most, columns: across, row, up } = this.at.ovens;
    const columns = across(ovens), gap = Math.min(most, (to - from) / Math.max(1, columns - 1));
    this.ovens = Array.from({ length: ovens }, (_, i) => {
      const x = from + (i % columns) * gap, y = top + Math.floor(i / columns) * row - (ovens > columns ? up : 0);
      const bell = s("text", { y: -9.5, x: 8, "text-anchor": "middle", class: "x-bell" }, "!");
      const figure = this.figure("x-oven", x, y, s("rect", { x: -8.6, y: -10, width: 17.2, height: 20, rx: 3.5 }), bell);
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
    const { road, size } = this.at;
    if (what === "deliver") return { x: road.from + (road.to - road.from) * (time - step.start) / (step.end - step.start), y: road.y };
    const agent = find("agent", this.agents);
    if (agent) return agent;
    const cook = find("cook", this.cooks);
    if (cook && HANDS_ON.has(what)) return { x: cook.x + 13 * size, y: cook.y + 15 * size };
    const queue = { "waiting for agent": "phone", restock: "stock", "waiting for oven": "oven" }[what] ?? "counter";
    queues[queue].push({ order, since: step?.start ?? order.rang });
    return null;
  }

  lineUp(queues, places) {
    const put = (queue, spot) => queue.sort((a, b) => a.since - b.since || a.order.number - b.order.number)
      .forEach(({ order }, rank) => places.set(order, spot(rank)));
    const { calls, counter, stock, line } = this.at;
    put(queues.phone, (n) => place(calls, n));
    put(queues.counter, (n) => place(counter, n));
    put(queues.stock, (n) => place(stock, n));
    put(queues.oven, (n) => place(line, n));
    const over = (queue, rows) => (queue.length > room(rows) ? `+${queue.length - room(rows)}` : "");
    say(this.more.phone, over(queues.phone, calls));
    say(this.more.counter, over(queues.counter, counter));
  }

  token(order) {
    const shape = s("g", { class: "x-order" },
      s("rect", { class: "x-ticket", x: -5, y: -6, width: 10, height: 12, rx: 1.5 }), s("path", { class: "x-lines", d: "M-3-2.5h6M-3 0h6M-3 2.5h4" }),
      s("circle", { class: "x-pizza", r: 6 }), s("path", { class: "x-topping", d: "M-2-2h.1M2-1h.1M-1 2.2h.1" }),
      s("path", { class: "x-cross", d: "M-2.6-2.6l5.2 5.2M2.6-2.6l-5.2 5.2" }),
      s("circle", { class: "x-halo", r: 9.5 }));
    if (this.pick) shape.addEventListener("click", () => this.pick(order));
    const token = { shape, x: -8, y: this.at.agents.y };
    this.orders.append(shape);
    this.tokens.set(order, token);
    return token;
  }

  move(order, spot, time, ease) {
    const token = this.tokens.get(order) ?? this.token(order);
    const prepared = order.prepared ??= order.steps.find((step) => step.what === "prepare")?.end ?? Infinity;
    state(token.shape, order.burns <= time ? "burnt" : order.baked <= time ? "baked" : prepared <= time ? "raw" : "ticket");
    if (token.hidden !== Boolean(spot.hidden)) token.shape.classList.toggle("x-hidden", (token.hidden = Boolean(spot.hidden)));
    const yours = order.number === this.you;
    if (token.yours !== yours) token.shape.classList.toggle("x-yours", (token.yours = yours));
    return this.glide(token, spot, ease);
  }

  // Served: into the house and gone. Before its call (time was turned back): gone at once.
  leave(order, token, time, ease) {
    const moving = time >= order.done && this.glide(token, { x: this.at.road.house, y: this.at.road.y }, ease);
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
    const d = token ? `M${cook.x} ${cook.y + 37 * this.at.size}Q${cook.x} ${(cook.y + token.y) / 2 + 24} ${token.x.toFixed(1)} ${(token.y - 6).toFixed(1)}` : "";
    if (cook.tied !== d) cook.hold.setAttribute("d", (cook.tied = d));
  }
}
