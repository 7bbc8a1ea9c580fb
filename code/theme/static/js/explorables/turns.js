// The event loop, turn by turn: who is ready, who runs, who sleeps until when, and the line each order is at.
import { h, say, still } from "./dom.js";
import { Player } from "./player.js";
import { linkButton, travel } from "./travel.js";

export { sheet } from "./dom.js";

export default async function mount(box, data) {
  const { turns, source, words: said } = data;
  const Moment = said.moment[0].toUpperCase() + said.moment.slice(1), One = said.one[0].toUpperCase() + said.one.slice(1);
  const orders = data.calls.map((_, n) => n + 1);
  const chip = (number, extra = "") => h("span", { class: "x-chip", "data-order": number, "data-chip": `${number}${extra}` }, number);
  const lines = source.map((line) => {
    const gutter = h("span", { class: "x-gutter" });
    return { gutter, row: h("div", { class: "x-line" }, gutter, h("code", {}, line || " ")) };
  });
  const boxes = Object.fromEntries(Object.entries({
    ready: "Ready queue", running: "Ran this turn", line: `In line for ${said.scarce}`, done: "Done",
  }).map(([key, title]) => [key, { title, place: h("div", { class: "x-chips" }) }]));
  const pending = h("ol", { class: "x-pending" });
  const then = h("p", { class: "x-then" });
  let shown = -1;

  const player = new Player({
    name: "The event loop", speeds: { "slow": 0.6, "1 turn/s": 1, "2 turns/s": 2, "4 turns/s": 4 }, speed: 1,
    format: (time) => `turn ${Math.floor(time + 1e-6)} of ${turns.length - 1}`,
    draw(time) {
      const turn = Math.min(turns.length - 1, Math.floor(time + 1e-6));
      if (turn !== shown) show(turn);
      return false;
    },
    summary: (time) => words(Math.min(turns.length - 1, Math.floor(time + 1e-6))),
    change: () => trip.keep(),
  });
  const trip = travel(data.name, {
    read: () => ({ t: Math.floor(player.now + 1e-6) }),
    write: ({ t }) => { player.now = Math.max(0, Math.min(turns.length - 1, Number(t) || 0)); },
  });
  trip.arrive();

  function words(turn) {
    const { now, runs, then: next, ready, line, pending: later } = turns[turn];
    const list = (numbers) => numbers.length ? numbers.join(", ") : "nobody";
    return `${Moment} ${now}. ${runs ? `${One} ${runs} ran, and ${next}` : `Nobody has run; ${next}`}. Ready: ${list(ready)}. Pending: ${later.map(([due, number]) => `${said.one} ${number} at ${said.moment} ${due}`).join(", ") || "nothing"}. In line: ${list(line)}.`;
  }

  function show(turn) {
    const before = places();
    shown = turn;
    const { now, runs, from, then: next, ready, line, pending: later, lines: at } = turns[turn];
    boxes.ready.place.replaceChildren(...ready.map((number) => chip(number)));
    boxes.line.place.replaceChildren(...line.map((number) => chip(number)));
    const ended = orders.filter((number) => turn > 0 && at[number] === null);
    boxes.done.place.replaceChildren(...ended.map((number) => chip(number)));
    boxes.running.place.replaceChildren(runs ? chip(runs, "r") : h("span", { class: "x-nobody" }, "nobody"));
    pending.replaceChildren(...later.map(([due, number]) => h("li", {}, chip(number), ` wakes at ${said.moment} ${due}`)));
    if (!later.length) pending.replaceChildren(h("li", { class: "x-nobody" }, "nothing"));
    say(then, `${Moment} ${now}. ${runs ? `${One} ${runs} ran and ${next}.` : `${next[0].toUpperCase()}${next.slice(1)}.`}`);
    lines.forEach(({ gutter, row }, n) => {
      row.classList.toggle("is-now", Boolean(runs) && at[runs] === n);
      row.classList.toggle("was-now", Boolean(runs) && from === n && at[runs] !== n);
      gutter.replaceChildren(...orders.filter((number) => at[number] === n && (n > 0 || turn === 0 || !ended.includes(number))).map((number) => chip(number, "s")));
    });
    glide(before);
  }

  const places = () => new Map([...box.querySelectorAll("[data-chip]")].map((one) => [one.dataset.chip, one.getBoundingClientRect()]));

  // What moved glides from where it was.
  function glide(before) {
    if (still()) return;
    for (const one of box.querySelectorAll("[data-chip]")) {
      const was = before.get(one.dataset.chip), is = one.getBoundingClientRect();
      if (!was || !is.width) continue;
      const dx = was.left - is.left, dy = was.top - is.top;
      if (Math.abs(dx) + Math.abs(dy) < 1) continue;
      one.animate([{ transform: `translate(${dx}px, ${dy}px)` }, { transform: "none" }], { duration: 320, easing: "cubic-bezier(.3, 0, .2, 1)" });
    }
  }

  const cell = (key) => h("section", { class: `x-cell ${key}` }, h("h4", {}, boxes[key].title), boxes[key].place);
  box.append(player.element, then, h("div", { class: "x-loop" },
    h("div", { class: "x-listing", role: "group", "aria-label": "The program; a number marks the line that each is at", tabindex: "0" }, lines.map(({ row }) => row)),
    h("div", { class: "x-cells" }, cell("ready"), cell("running"), h("section", { class: "x-cell pending" }, h("h4", {}, "Pending operations"), pending), cell("line"), cell("done"))),
  h("div", { class: "x-foot" }, h("span"), linkButton(h, trip)), player.status);
  player.watch(box);
  player.load(turns.length - 1, turns.map((_, n) => n));
}
