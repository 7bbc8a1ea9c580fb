// A kitchen, or a server, of the reader's own: set up, run by the page's Python, and judged by a goal. The result is a link.
import { fresh, h, progress, runtime, say } from "./dom.js";
import { KitchenScene } from "./kitchen-scene.js";
import { ServerScene } from "./server-scene.js";
import { clock } from "./kitchens.js";
import { inTheHouse, phone } from "./pair.js";
import { Player } from "./player.js";
import { Timeline } from "./timeline.js";
import { Run } from "./trace.js";
import { linkButton, travel } from "./travel.js";

export { sheet } from "./dom.js";

const ms = (value) => `${Math.round(value).toLocaleString("en")} ms`;
const TOLD = {
  orders: ({ served, burnt, cooks, last }) => `${served} served by ${cooks} cook${cooks === 1 ? "" : "s"}, ${burnt} burnt, the last client out after ${clock(last)}.`,
  requests: ({ served, p50, p99, last }) => `${served} served; half within ${ms(p50)}, 99 % within ${ms(p99)}; the last after ${ms(last)}.`,
};

/**
 * What became of the order that a killed cook had in hand.
 * @param {any} asked
 * @param {any} found
 */
function told({ house }, { killed }) {
  if (!killed?.order) return "";
  const { order, part, at, again } = killed, who = ` The cook killed after ${clock(at)} had order ${order} (${part})`;
  if (again) return `${who}: the lease ran out, and after ${clock(again)} another took over.`;
  return house === "apachehut" ? `${who}: nobody else knows of it, so its client waits for ever.` : `${who}: the lease ran out, but nobody is left.`;
}

export default async function mount(box, data) {
  const python = await runtime();
  const nothing = { who: [], what: [], spans: [], counts: {}, lines: undefined };
  let goal = Object.keys(data.goals)[0];
  const fields = Object.fromEntries(Object.entries(data.controls).map(([key, controls]) => [key, Object.fromEntries(Object.entries(controls).map(([name, about]) => [name, field(name, about, data.start[key][name])]))]));
  const group = fresh("goal");
  const goals = Object.entries(data.goals).map(([value, words]) => {
    const input = h("input", { type: "radio", name: group, value, onchange: () => choose(value) });
    return h("label", {}, input, words);
  });
  const place = h("div", { class: "x-sliders" }), stage = h("div", { class: "x-sand" });
  const verdict = h("p", { class: "x-then", role: "status" });
  const bar = h("progress", { class: "x-coming", max: 1, "aria-label": "Getting ready" });
  let ran = false;
  const run = h("button", { type: "button", class: "x-run", disabled: !python, onclick: () => play() }, "Run it");
  const trip = travel(data.name, {
    read: () => ({ goal, ...given() }),
    write(texts) {
      if (data.goals[texts.goal]) ({ goal } = texts);
      for (const [name, one] of Object.entries(fields[goal])) if (texts[name] !== undefined) one.set(texts[name]);
      say(verdict, "A set-up that came with the link. Run it.");
    },
  });
  const given = () => Object.fromEntries(Object.entries(fields[goal]).map(([name, one]) => [name, one.get()]));

  function field(name, { label, options, least, most, needs, unit = "", per = 1 }, start) {
    const id = fresh(name);
    if (options) {
      const input = h("select", { id }, Object.entries(options).map(([value, words]) => h("option", { value }, words)));
      input.value = start;
      return { input, needs, element: h("div", { class: "x-slider" }, h("label", { for: id }, label), input), get: () => input.value, set: (text) => { if (options[text]) input.value = text; } };
    }
    if (least === undefined) {
      const input = h("input", { id, type: "checkbox" });
      input.checked = start;
      return { element: h("div", { class: "x-check" }, input, h("label", { for: id }, label)), get: () => input.checked, set: (text) => { input.checked = text === "true"; } };
    }
    const shown = h("output", { for: id });
    const input = h("input", { id, type: "range", min: least, max: most, step: 1, "data-key": name, oninput: () => tell() });
    const tell = () => {
      say(shown, `${(Number(input.value) / per).toLocaleString("en")}${unit}`);
      input.setAttribute("aria-valuetext", shown.textContent);
    };
    const set = (value) => { if (Number.isFinite(Number(value))) input.value = value; tell(); };
    set(start);
    return { input, needs, element: h("div", { class: "x-slider" }, h("label", { for: id }, label), shown, input), get: () => Number(input.value), set };
  }

  function choose(value) {
    goal = value;
    for (const label of goals) label.firstChild.checked = label.firstChild.value === goal;
    place.replaceChildren(...Object.values(fields[goal]).map((one) => one.element));
    ran = false;
    changed();
  }

  // What does nothing in the house that was chosen is off; until something was run, the house stands there, empty.
  function changed() {
    for (const { input, needs } of Object.values(fields[goal])) if (needs) input.disabled = fields[goal].house.get() !== needs;
    if (ran) return;
    const scene = picture({ goal, ...given() }, new Run(nothing, 1));
    scene.draw(0, Infinity);
    stage.replaceChildren(h("p", { class: "x-now" }, goal === "orders" ? "Your kitchen, before it opens:" : "Your server, before anybody comes:"), scene.svg);
  }

  /** @returns {any} the scene of either kind */
  function picture(asked, run) {
    if (asked.goal === "orders") return new KitchenScene({ title: "Your kitchen", counter: "to do", agents: data.agents, cooks: asked.cooks, ovens: asked.ovens, run, you: undefined, pick: undefined });
    const pool = asked.house === "pool";
    return new ServerScene({ title: "Your server", threads: pool ? asked.pool : 1, clients: run.orders.size, rounds: 1, queue: pool ? "queue" : "ready, in line for the thread", run, crowd: true });
  }

  async function play() {
    run.disabled = true;
    bar.dataset.busy = "true";
    const asked = { goal, ...given() };
    try {
      const found = await python.call("pizzeria.explorables.sandbox:play", asked, progress((words, share) => {
        say(verdict, words);
        if (share === null) bar.removeAttribute("value");
        else bar.value = share;
      }));
      show(asked, found);
      box.dataset.met = found.met;
      say(verdict, `${found.met ? "✓ Goal met" : "✗ Not yet"}: ${TOLD[asked.goal](found.numbers)}${told(asked, found)}`);
      trip.keep();
    } catch (error) {
      say(verdict, error.message);
    } finally {
      run.disabled = false;
      delete bar.dataset.busy;
    }
  }

  // What was run, to be looked at again: as a picture, and as a curve of who is inside.
  function show(asked, found) {
    ran = true;
    const lunch = new Run(found.run, found.unit, data.burnsAfter), kitchen = asked.goal === "orders", few = phone.matches;
    const format = kitchen ? clock : ms;
    const every = [20, 50, 100, 200, 500, 1000].find((size) => lunch.end / size <= 6) ?? 2000;
    const hours = [2, 4, 8].find((size) => lunch.end / 60 / size <= 6) ?? 12;
    const ticks = kitchen ? Array.from({ length: Math.floor(lunch.end / 60 / hours) + 1 }, (_, n) => ({ at: 60 * hours * n, label: `${hours * n} h` }))
      : Array.from({ length: Math.floor(lunch.end / every) + 1 }, (_, n) => ({ at: every * n, label: `${every * n} ms` }));
    const curve = new Timeline({ title: "Who is inside, over time", end: lunch.end, height: few ? 90 : 110, ...(few ? { width: 360 } : {}), ticks, curves: [{ kind: "nginxopepperoni", points: inTheHouse(lunch) }] });
    const scene = picture(asked, lunch);
    const { killed } = found, dead = kitchen && killed?.order && scene.cooks.find(({ name }) => name === killed.who);
    const player = new Player({
      name: "Your run", speeds: kitchen ? { "15 min/s": 15, "45 min/s": 45, "2 h/s": 120 } : { "50 ms/s": 50, "0.2 s/s": 200, "real time": 1000 }, speed: kitchen ? 45 : 200, format, now: 0.4 * lunch.end,
      draw(time, dt) {
        curve.draw(time);
        const { moving } = scene.draw(time, dt);
        if (dead && time >= killed.at) say(dead.words, "killed");
        return moving;
      },
      summary(time) {
        const { served, house, burnt } = lunch.tally(time);
        return `After ${format(time)}: ${served} served, ${house} inside${kitchen ? `, ${burnt} burnt` : ""}.`;
      },
    });
    stage.replaceChildren(player.element, scene.svg, h("figure", { class: "x-chart" }, h("figcaption", {}, "Who is inside:"), curve.svg), player.status);
    player.watch(stage);
    player.load(lunch.end, lunch.times);
  }

  const came = trip.arrive();
  place.addEventListener("input", changed);
  choose(goal);
  if (!came) say(verdict, python ? "Reach the goal, and send somebody the link." : "This needs the page's Python, which is not available here.");
  box.append(h("div", { class: "x-choice", role: "radiogroup", "aria-label": "Goal" }, goals), place,
    h("div", { class: "x-buttons" }, run, linkButton(h, trip, "Copy link to this set-up")), verdict, bar, stage);
}
