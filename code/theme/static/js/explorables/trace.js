// A packed run of the simulator (pizzeria.explorables.packed), indexed for questions about any moment.

export class Run {
  constructor({ who, what, spans, counts, lines }, unit, burnsAfter = Infinity) {
    this.counts = counts;
    this.lines = lines && Object.fromEntries(Object.entries(lines).map(([order, flat]) => [order, unpacked(flat, unit)]));
    this.orders = new Map();
    this.actors = new Map();
    this.times = new Set([0]);
    let at = 0;
    for (let i = 0; i < spans.length; i += 5) {
      at += spans[i];
      const span = {
        start: at * unit, end: (at + spans[i + 1]) * unit,
        order: spans[i + 2], who: who[spans[i + 3]], what: what[spans[i + 4]],
      };
      this.times.add(span.start).add(span.end);
      this.take(span);
    }
    this.times = [...this.times].sort((a, b) => a - b);
    this.end = this.times.at(-1);
    for (const order of this.orders.values()) {
      const baked = order.steps.findLast((step) => step.what === "bake")?.end;
      const rescued = order.steps.find((step) => step.what === "take out")?.start;
      // A hundredth of grace: the times are rounded.
      order.burns = rescued - baked > burnsAfter + unit / 2 ? baked + burnsAfter : Infinity;
      order.baked = baked ?? Infinity;
    }
    this.done = [...this.orders.values()].filter((order) => order.done < Infinity).sort((a, b) => a.done - b.done);
  }

  take(span) {
    const order = this.orders.get(span.order) ?? { number: span.order, steps: [], held: [], rang: span.start, done: Infinity };
    this.orders.set(span.order, order);
    if (span.what === "in the house") {
      order.rang = span.start;
      order.done = span.end;
    } else if (span.who === "order") order.steps.push(span);
    else {
      order.held.push(span);
      if (!this.actors.has(span.who)) this.actors.set(span.who, []);
      this.actors.get(span.who).push(span);
    }
  }

  // What an order, or somebody, is doing at a moment.
  static at(spans, time) {
    let low = 0, high = spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (spans[middle].start <= time) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i >= Math.max(0, low - 3); i -= 1) if (spans[i].end > time) return spans[i];
    return null;
  }

  actor(name, time) {
    const spans = this.actors.get(name);
    return spans ? Run.at(spans, time) : null;
  }

  // The line of its program at which an order stands, from 0; null before its call and after its end.
  line(number, time) {
    const found = this.lines?.[number]?.findLast(([at]) => at <= time)?.[1] ?? -1;
    return found < 0 ? null : found;
  }

  // Counted at a moment: orders in the house, waiting in a queue, served, burnt; the longest stay so far, of those still
  // there too; minutes that 50 and 99 % stayed.
  tally(time) {
    const stays = [];
    let house = 0, waiting = 0, burnt = 0, longest = 0;
    for (const order of this.orders.values()) {
      if (order.rang > time) continue;
      longest = Math.max(longest, Math.min(order.done, time) - order.rang);
      if (order.burns <= time) burnt += 1;
      if (order.done <= time) stays.push(order.done - order.rang);
      else {
        house += 1;
        if (Run.at(order.steps, time)?.what.startsWith("waiting")) waiting += 1;
      }
    }
    stays.sort((a, b) => a - b);
    const rank = (share) => stays.length ? stays[Math.max(1, Math.ceil(share * stays.length - 1e-9)) - 1] : null;
    return { house, waiting, burnt, longest, served: stays.length, p50: rank(0.5), p99: rank(0.99) };
  }
}

// Two numbers a line: the time since the one before, in parts of the unit, and the line.
function unpacked(flat, unit) {
  const found = [];
  for (let i = 0, at = 0; i < flat.length; i += 2) found.push([(at += flat[i]) * unit, flat[i + 1]]);
  return found;
}
