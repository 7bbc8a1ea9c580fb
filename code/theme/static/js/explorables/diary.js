// Who did what when, recorded: rows of bars, uncovered by the clock.
import { h, s, say } from "./dom.js";
import { Player } from "./player.js";
import { phone } from "./pair.js";
import { linkButton, travel } from "./travel.js";

export { sheet } from "./dom.js";

export default async function mount(box, data) {
  const { rows, bars, kinds, end, title, flags = [] } = data;
  const W = phone.matches ? 360 : 720, LEFT = 62, ROW = 30, H = rows.length * ROW + 26;
  const x = (time) => LEFT + (W - LEFT - 10) * time / end;
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => end / size <= (phone.matches ? 5 : 9)) ?? 1000;
  const svg = s("svg", { viewBox: `0 0 ${W} ${H}`, class: "x-timeline x-diary", role: "img", "aria-label": `${title}; what it shows is told below` });
  const cover = s("svg", { x: 0, y: 0, width: LEFT, height: H, overflow: "hidden" }), head = s("path", { class: "x-head-line", d: `M0 2V${H - 22}` });
  rows.forEach((name, n) => svg.append(s("text", { x: LEFT - 8, y: n * ROW + 20, "text-anchor": "end", class: "x-row" }, name), s("path", { class: "x-grid", d: `M${LEFT} ${(n + 1) * ROW}H${W - 10}` })));
  for (let at = 0; at <= end; at += every) svg.append(s("text", { class: "x-label", x: x(at), y: H - 6, "text-anchor": "middle" }, at));
  for (const [row, start, stop, kind, words] of bars) {
    const width = Math.max(kind === "waits" ? 5 : 1.5, x(stop) - x(start)); // what was cut short must be found
    cover.append(s("rect", { x: x(start), y: row * ROW + 5, width, height: 20, rx: 3, class: `x-bar ${kind}` }));
    if (words && width > 7.2 * words.length) cover.append(s("text", { x: x(start) + 4, y: row * ROW + 19, class: "x-bar-words" }, words));
  }
  const planted = flags.map(([row, at, words]) => s("g", { class: "x-flag" }, s("title", {}, words), s("path", { d: `M${x(at)} ${row * ROW + 28}V${row * ROW + 1}h13l-4 5 4 5h-13` }), s("text", { x: x(at) + 17, y: row * ROW + 19 }, "kill -9")));
  svg.append(cover, head, ...planted);
  const now = h("p", { class: "x-then" });
  const at = (time) => rows.flatMap((name, n) => {
    const bar = bars.find(([row, start, stop]) => row === n && start <= time && time < stop);
    if (!bar) return [];
    return data.now ? `${name} ${data.now[bar[3]].replace("{}", bar[4])}` : `${name}: ${bar[4] ? `${bar[4]}, ` : ""}${kinds[bar[3]]}`;
  });
  const flag = (time) => flags.filter(([, moment]) => moment <= time && time < moment + end / 50).map(([, , told]) => told);
  const words = (time) => (time >= end ? "All is done." : [...flag(time), ...at(time)].join("; ") || "Nobody does anything.");
  const player = new Player({
    name: title, speeds: { "1 min/s": 1, "5 min/s": 5, "20 min/s": 20 }, speed: 5, format: (time) => `minute ${Math.round(time)}`, now: data.opens ?? end,
    draw(time, dt, due) {
      cover.setAttribute("width", x(time).toFixed(1));
      flags.forEach(([, at], n) => planted[n].setAttribute("visibility", at <= time ? "visible" : "hidden"));
      head.setAttribute("transform", `translate(${x(time).toFixed(1)} 0)`);
      if (due) say(now, words(time));
      return false;
    },
    summary: (time) => `Minute ${Math.round(time)}. ${words(time)}`,
    change: () => trip.keep(),
  });
  const trip = travel(data.name, { read: () => ({ t: player.now }), write: ({ t }) => { player.now = Number(t) || 0; } });
  trip.arrive();
  box.append(player.element, now, svg, h("div", { class: "x-foot" },
    h("p", { class: "x-note x-kinds" }, Object.entries(kinds).map(([kind, told]) => h("span", { class: `x-swatch bar-${kind}` }, told)), " Kitchen minutes from left to right."), linkButton(h, trip)), player.status);
  player.watch(box);
  player.load(end, [...new Set(bars.flatMap(([, start, stop]) => [start, stop]))].sort((a, b) => a - b));
}
