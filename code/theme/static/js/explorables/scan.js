// One look at a crowd in which one has news, slowed down: who walks through the whole list, and who is told. Times were measured.
import { h, s, say, state } from "./dom.js";
import { phone } from "./pair.js";
import { Player } from "./player.js";
import { Sliders } from "./sliders.js";
import { linkButton, travel } from "./travel.js";

export { sheet } from "./dom.js";

const CELLS = 60; // what one cell stands for is the crowd's sixtieth part

const time = (us) => `${us < 10 ? us.toFixed(1) : Math.round(us).toLocaleString("en")} µs`;

export default async function mount(box, data) {
  let crowd = data.crowds[0];
  const rows = Object.keys(data.costs).map((name) => row(name));
  const told = h("p", { class: "x-then" });
  const player = new Player({
    name: "One look", speeds: { "1 µs/s": 1, "10 µs/s": 10, "50 µs/s": 50, "200 µs/s": 200 }, speed: 10, format: time,
    draw(now) {
      for (const one of rows) one.draw(now);
      return false;
    },
    summary: (now) => rows.map((one) => one.words(now)).join(" "),
    change: () => trip.keep(),
  });

  function row(name) {
    const step = phone.matches ? 6 : 15;
    const cells = Array.from({ length: CELLS }, (_, n) => s("rect", { x: step * n, y: 0, width: step - 1, height: 22, rx: 1.2, class: "x-fd" }));
    const bell = s("text", { x: (step - 1) / 2, y: 16, "text-anchor": "middle", class: "x-fd-news" }, "!");
    const svg = s("svg", { viewBox: `0 0 ${step * CELLS} 22`, class: "x-fds", role: "img", "aria-label": `${name}: the crowd, and how much of it has been looked at` }, cells, bell);
    const said = h("p", { class: "x-now" });
    const cost = () => data.costs[name][crowd];
    const self = {
      element: h("div", { class: data.walks.includes(name) ? "x-scan" : "x-scan x-told" }, h("p", {}, h("strong", {}, name), ` ${data.walks.includes(name) ? "brings the list, and walks it" : "is told who rang"}`), svg, said),
      words(now) {
        const all = cost();
        if (all === undefined) return `${name}: has no room for ${crowd.toLocaleString("en")}.`;
        if (now >= all) return `${name}: done after ${time(all)}.`;
        return data.walks.includes(name) ? `${name}: ${Math.round(crowd * now / all).toLocaleString("en")} of ${crowd.toLocaleString("en")} looked at.` : `${name}: asks.`;
      },
      draw(now) {
        const all = cost(), walked = all === undefined ? 0 : Math.min(1, now / all);
        const seen = data.walks.includes(name) ? Math.floor(walked * CELLS) : Number(walked >= 1);
        cells.forEach((cell, n) => state(cell, all === undefined ? "none" : n < seen ? "seen" : "idle"));
        say(said, self.words(now));
      },
    };
    return self;
  }

  function open() {
    const costs = rows.length ? Object.values(data.costs).map((points) => points[crowd] ?? 0) : [1];
    const end = Math.max(...costs);
    player.load(end, Array.from({ length: 21 }, (_, n) => end * n / 20));
    say(told, `${crowd.toLocaleString("en")} descriptors, one with news.`);
  }

  const sliders = new Sliders({
    config: { crowd: { label: "Descriptors", ready: data.crowds } }, start: { crowd },
    part: (name) => Number(name.slice("crowd".length)), show: (found) => { crowd = found; open(); },
  });
  const trip = travel(data.name, {
    read: () => ({ crowd, t: player.now }),
    write(texts) {
      sliders.set(texts);
      crowd = sliders.position.crowd;
      player.now = Number(texts.t) || 0;
    },
  });
  trip.arrive();
  box.append(h("div", { class: "x-controls" }, sliders.element, player.element), told, ...rows.map((one) => one.element),
    h("div", { class: "x-foot" }, h("p", { class: "x-note" }, `Each cell stands for a ${CELLS}th of the crowd. The times are those measured above.`), linkButton(h, trip)), player.status);
  player.watch(box);
  open();
}
