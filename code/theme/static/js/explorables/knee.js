// Requests a second against clients: the formulas' ceilings, which follow the sliders, over what was measured, which does not.
import { h, s, say } from "./dom.js";
import { phone } from "./pair.js";
import { Sliders } from "./sliders.js";
import { linkButton, travel } from "./travel.js";

export { sheet } from "./dom.js";

const NAMES = { pool: "a pool of", threads: "a thread each", loop: "our loop", asyncio: "asyncio" };
const SHAPES = { pool: "M-4-4h8v8h-8z", threads: "M0-5l5 9h-10z", loop: "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0", asyncio: "M0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z" };
const TITLE = "Requests a second against clients, both on logarithmic scales: lines by the formula, marks measured; the numbers are in the table of the block above";

export default async function mount(box, data) {
  const { settings, provenance, points } = data.measured;
  const W = phone.matches ? 360 : 720, H = phone.matches ? 300 : 290, L = 44, R = 12, T = 10, B = 40;
  const log = (value, low, high) => (Math.log10(value) - low) / (high - low);
  const x = (clients) => L + (W - L - R) * log(clients, 0, 3.7), y = (rate) => H - B - (H - T - B) * log(Math.max(rate, 1), 0, 3.1);
  const svg = s("svg", { viewBox: `0 0 ${W} ${H}`, class: "x-timeline x-model", role: "img", "aria-label": TITLE });
  for (const rate of [1, 10, 100, 1000]) svg.append(s("path", { class: "x-grid", d: `M${L} ${y(rate)}H${W - R}` }), s("text", { class: "x-label", x: L - 6, y: y(rate) + 4, "text-anchor": "end" }, rate));
  for (const clients of [1, 10, 100, 1000]) svg.append(s("text", { class: "x-label", x: x(clients), y: H - B + 17, "text-anchor": "middle" }, clients.toLocaleString("en")));
  svg.append(s("text", { class: "x-label", x: L, y: H - 4 }, "clients at once"));
  const marks = s("g", { class: "x-measured" });
  for (const [name, found] of Object.entries(points)) for (const [clients, rate] of found) marks.append(s("path", { class: name, d: SHAPES[name], transform: `translate(${x(clients)} ${y(rate)})` }));
  const lines = { pool: s("path", { class: "x-curve apachehut" }), loop: s("path", { class: "x-curve nginxopepperoni" }) };
  const knee = s("path", { class: "x-knee" }), name = s("text", { class: "x-knee-name", "text-anchor": "middle" });
  svg.append(...Object.values(lines), marks, knee, name);
  const note = h("p", { class: "x-note" }), told = h("p", { class: "x-then", role: "status" });

  function draw(/** @type {any} */ { pool, wait, compute }) {
    const service = (wait + compute + data.disk) / 1000, core = 1000 / compute;
    const ceiling = { pool: (n) => Math.min(Math.min(n, pool) / service, core), loop: (n) => Math.min(n / service, core) };
    for (const [which, rate] of Object.entries(ceiling)) {
      lines[which].setAttribute("d", Array.from({ length: 75 }, (_, n) => `${n ? "L" : "M"}${x(10 ** (n / 20)).toFixed(1)} ${y(rate(10 ** (n / 20))).toFixed(1)}`).join(""));
    }
    const full = Math.round(core * service), at = Math.min(pool, full);
    knee.setAttribute("d", `M${x(at).toFixed(1)} ${y(ceiling.pool(at)).toFixed(1)}V${H - B}`);
    name.setAttribute("x", x(at).toFixed(1));
    name.setAttribute("y", (y(ceiling.pool(at)) - 12).toFixed(1));
    say(name, `${at.toLocaleString("en")}`);
    say(told, `The pool bends at ${at.toLocaleString("en")} clients, ${Math.round(ceiling.pool(at)).toLocaleString("en")} a second; the loop at ${full.toLocaleString("en")}, ${Math.round(core).toLocaleString("en")} a second.`);
    const same = wait === settings.credentials_ms && compute === settings.compute_ms && pool === settings.workers;
    marks.classList.toggle("is-other", !same);
    say(note, `Measured ${provenance}, with a pool of ${settings.workers}, ${settings.credentials_ms} ms of credentials and ${settings.compute_ms} ms of computing${same ? ", as the sliders have it" : "; the sliders say otherwise, so these marks stay where they are while the lines move"}.`);
  }

  // Lines are formulas: they follow at once, and nothing is fetched.
  const sliders = new Sliders({ config: data.sliders, start: data.start, call: (position) => position, show: draw, moved: (position) => draw(position) });
  const trip = travel(data.name, { read: () => sliders.position, write: (texts) => sliders.set(texts) });
  trip.arrive();
  sliders.element.addEventListener("change", trip.keep);
  draw(sliders.position);
  const sign = (kind, ...parts) => s("svg", { viewBox: "-13 -7 26 14", class: `x-sign ${kind}`, "aria-hidden": "true" }, parts);
  const key = (title, signs) => h("div", {}, h("dt", {}, title), signs.map(([picture, words]) => h("dd", {}, picture, words)));
  box.append(sliders.element, told,
    h("dl", { class: "x-signs" },
      key("formulas", [["apachehut", "the pool"], ["nginxopepperoni", "the loop"]].map(([kind, words]) => [sign("", s("path", { class: `x-curve ${kind}`, d: "M-12 0H12" })), words])),
      key("measured", Object.keys(points).map((which) => [sign("x-measured", s("path", { class: which, d: SHAPES[which] })), which === "pool" ? `${NAMES.pool} ${settings.workers}` : NAMES[which]]))),
    h("figure", { class: "x-chart" }, h("figcaption", {}, "Requests a second"), svg),
    h("details", { class: "x-legend", open: !phone.matches }, h("summary", {}, "Why marks lie below the lines"), h("p", { class: "x-now" }, `The formulas give a request ${settings.compute_ms} ms of a core of its server’s own. A measured one took the loop ${data.measured.cpu_ms.toFixed(1)} ms, and server, clients and credentials service shared ${data.measured.cores} cores: once those are full, nobody climbs on.`), note),
    h("div", { class: "x-foot" }, linkButton(h, trip, "Copy link to these settings")));
}
