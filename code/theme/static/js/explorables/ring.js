// The first picture: one lunch in both kitchens, and a telephone. Who rings is one client more, from then on in the other trace.
import { h, say } from "./dom.js";
import { KitchenScene } from "./kitchen-scene.js";
import { Player } from "./player.js";
import { Run } from "./trace.js";

export { sheet } from "./dom.js";

const HOUSES = { apachehut: ["Apach’ Hut", "tickets"], nginxopepperoni: ["Ngin O’ Pepperonix", "to do"] };
const clock = (minutes) => `${Math.floor(minutes / 60)} h ${String(Math.floor(minutes % 60)).padStart(2, "0")} min`;

export default async function mount(box, data, part) {
  let you = null, rung = null;
  const cards = Object.entries(HOUSES).map(([key, [title, counter]]) => card(key, title, counter));
  const said = h("p", { class: "x-said-ring" });
  const player = new Player({
    name: "The lunch", speeds: { "45 min/s": 45 }, speed: 45, format: clock, now: data.opens,
    draw(time, dt, due) {
      if (due) tell(time);
      return cards.map((one) => one.draw(time, dt, due)).includes(true);
    },
    summary: (time) => `After ${clock(time)}. ${cards.map((one) => one.sentence(time)).join(" ")} ${words(time)}`,
  });
  const ring = h("button", { type: "button", class: "x-bell-button", onclick: () => call() }, "Ring");

  function show(lunch) {
    ({ you } = lunch);
    for (const one of cards) one.load(lunch);
    const end = Math.max(...cards.map((one) => one.run.end));
    player.load(end, [...new Set(cards.flatMap((one) => one.run.times))].sort((a, b) => a - b));
  }

  // The reader's call comes at the next moment for which a lunch was computed; too late, and it is the last one again.
  async function call() {
    ring.disabled = true;
    try {
      const moment = data.moments.find((at) => at >= player.now) ?? data.moments.at(-1);
      const lunch = await part(`at${moment}`);
      rung = moment;
      if (player.now > moment) player.seek(moment - 1, true);
      show(lunch);
      if (!player.playing) player.toggle();
    } catch (error) {
      say(said, `Nobody answers: ${error.message}`);
    } finally {
      ring.disabled = false;
    }
  }

  function words(time) {
    if (rung === null) return `${data.clients} clients. Ring, and be one more in both.`;
    return time < rung ? "You ring …" : `You rang at ${clock(rung)}, one more than the ${data.clients}.`;
  }
  const tell = (time) => say(said, words(time));

  function card(key, title, counter) {
    const stage = h("div", { class: "x-stage" }), out = h("dd", { "data-number": "out" });
    const mine = h("p", { class: "x-mine" });
    let scene, counted;
    const self = {
      element: h("div", { class: `x-card ${key}`, role: "group", "aria-label": title }, h("p", { class: "x-title" }, title), stage,
        h("dl", { class: "x-numbers" }, h("div", {}, h("dt", {}, "last client out"), out)), mine),
      run: null,
      load(lunch) {
        self.run = new Run(lunch.runs[key], data.unit, data.burnsAfter);
        scene = new KitchenScene({ title, counter, run: self.run, narrow: true, you: lunch.you, ...data.kitchen });
        stage.replaceChildren(scene.svg);
        counted = null;
      },
      draw(time, dt, due) {
        const { moving } = scene.draw(time, dt);
        if (due && counted !== time) {
          say(out, clock(self.run.end));
          say(mine, `${self.run.tally(time).house} inside now.\n${self.yours(time)}`);
          counted = time;
        }
        return moving;
      },
      sentence: (time) => `${time >= self.run.end ? `${title}: the last client was out after ${clock(self.run.end)}.` : `${title}: ${self.run.tally(time).house} still inside.`} ${self.yours(time)}`,
      yours(time) {
        const order = self.run.orders.get(you);
        if (!order || time < order.rang) return "";
        return order.done <= time ? `You ate after ${clock(order.done - order.rang)}.` : `You have waited ${clock(time - order.rang)}.`;
      },
    };
    return self;
  }

  player.element.replaceChildren(player.playButton, ring, said, player.clock);
  player.element.classList.add("x-short");
  box.append(player.element, h("div", { class: "x-pair x-twins" }, cards.map((one) => one.element)), player.status);
  player.watch(box);
  show(data);
}
