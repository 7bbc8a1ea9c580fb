// Say first, then look: the reader's answer, and then the computed or recorded one, on the same scale. Nothing grows meanwhile.
import { cover } from "./cover.js";
import { fresh, h, s, say } from "./dom.js";

export { sheet } from "./dom.js";

const LOOKS = ["apachehut", "nginxopepperoni"];
const words = (value) => value.toLocaleString("en");

export default async function mount(box, data) {
  const { name, question, answers, then, unit, choices, covers = [] } = data;
  const id = fresh("guess"), told = h("p", { class: "x-then", role: "status" });
  const field = choices ? options() : number();
  const see = h("button", { type: "button", class: "x-run", onclick: () => show() }, "See");
  const again = h("button", { type: "button", hidden: true, onclick: () => hide() }, "Guess again");
  const asked = document.getElementById(name);
  const lift = asked && covers.length ? cover(asked, covers, answers.map(([, value]) => value)) : () => {};

  function number() {
    const { least, most, log } = data;
    const value = (place) => (log ? Math.round(most ** (place / 100)) : Number(place));
    const input = h("input", { type: "range", id, min: log ? 0 : least, max: log ? 100 : most, step: 1, "aria-labelledby": `${id}-words`, oninput: () => read() });
    const shown = h("output", { for: id });
    const read = () => {
      const text = `${words(value(input.value))} ${unit}`;
      say(shown, text);
      input.setAttribute("aria-valuetext", text);
    };
    input.value = log ? 66 : Math.round((least + most) / 4);
    read();
    const line = scale(data);
    return {
      shown, element: h("div", { class: "x-guess" }, input, h("div", { class: "x-answer" }, line.svg)), answer: () => value(input.value), draw: line.draw, clear: line.clear,
      lock: (off) => { input.disabled = off; }, longest: [least, most].map(verdict),
    };
  }

  function options() {
    const inputs = choices.map((choice) => h("input", { type: "radio", name: id, value: choice }));
    const rows = (guess) => h("dl", { class: "x-said-rows" }, [["you", guess], ...answers].map(([who, value]) => h("div", { "data-right": String(value === answers[0][1]) }, h("dt", {}, who), h("dd", {}, value))));
    const drawn = h("div", { class: "x-answer" }), clear = () => drawn.replaceChildren(), held = rows(choices[0]);
    held.setAttribute("aria-hidden", "true");
    return {
      shown: h("div", { class: "x-choice", role: "radiogroup", "aria-labelledby": `${id}-words` }, inputs.map((input) => h("label", {}, input, input.value))),
      element: h("div", { class: "x-stack" }, held, drawn), answer: () => inputs.find((input) => input.checked)?.value, draw: (guess) => drawn.replaceChildren(rows(guess)), clear,
      lock: (off) => inputs.forEach((input) => { input.disabled = off; }), longest: choices.map(verdict),
    };
  }

  function show() {
    const guess = field.answer();
    if (guess === undefined) return say(told, "Say something first.");
    field.lock(true);
    field.draw(guess);
    say(told, `${verdict(guess)} ${then}`);
    see.hidden = true;
    again.hidden = false;
    lift();
    return again.focus({ preventScroll: true });
  }

  function verdict(guess) {
    const [[, right]] = answers;
    if (choices) return guess === right ? "So it is." : `No: ${right}.`;
    const off = Math.max(guess / right, right / guess);
    return off < 1.15 ? "Well guessed." : `You said ${words(guess)}: ${off.toFixed(off < 10 ? 1 : 0)} times too ${guess > right ? "many" : "few"}.`;
  }

  function hide() {
    field.lock(false);
    field.clear();
    say(told, "");
    see.hidden = false;
    again.hidden = true;
    see.focus({ preventScroll: true });
  }

  // What will be said keeps its place: the longest of it stands there, unseen.
  const most = field.longest.reduce((a, b) => (a.length > b.length ? a : b));
  box.append(h("p", { class: "x-question", id: `${id}-words` }, question), h("div", { class: "x-controls x-asked" }, field.shown, see, again), field.element,
    h("div", { class: "x-stack" }, h("p", { class: "x-then", "aria-hidden": "true" }, `${most} ${then}`), told));
  if (covers.length) told.append(h("span", { class: "x-hint" }, "Below, the answer is blurred until you press See, or scroll on."));
}

// A line of numbers as wide as the slider's way: ticks from the beginning, and the answers once they are asked for.
function scale({ least, most, log, answers }) {
  const share = (value) => (log ? Math.log(value / least) / Math.log(most / least) : (value - least) / (most - least));
  const x = (value) => `${(100 * share(value)).toFixed(2)}%`, side = (value, few = 0.25) => (share(value) < few ? "start" : share(value) > 1 - few ? "end" : "middle");
  const decades = Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, n) => 10 ** n), step = [5, 10, 20, 50, 100].find((size) => most / size <= 5) ?? most;
  const told = log ? decades : [least, ...Array.from({ length: Math.floor(most / step) }, (_, n) => step * (n + 1))];
  const small = log ? decades.flatMap((one) => [2, 3, 4, 5, 6, 7, 8, 9].map((times) => times * one)).filter((value) => value < most) : [];
  const tick = (value, length) => s("line", { class: "x-axis", x1: x(value), x2: x(value), y1: 8, y2: 8 + length });
  const drawn = s("g"), svg = s("svg", { class: "x-timeline x-line-of-numbers", "data-rows": answers.length },
    s("line", { class: "x-axis", x1: 0, x2: "100%", y1: 8, y2: 8 }), small.map((value) => tick(value, 4)), told.map((value) => [tick(value, 7), s("text", { class: "x-label", x: x(value), y: 28, ...(value === most && most > 999 ? { dx: 12, "text-anchor": "end" } : { "text-anchor": "middle" }) }, words(value))]), drawn);
  const clear = () => {
    drawn.replaceChildren();
    svg.removeAttribute("role");
    svg.removeAttribute("aria-label");
    svg.setAttribute("aria-hidden", "true");
  };
  clear();
  return {
    svg, clear,
    draw(guess) {
      svg.removeAttribute("aria-hidden");
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", `You: ${guess}; ${answers.map(([who, value]) => `${who}: ${value}`).join("; ")}`);
      const at = (value, shape) => s("svg", { x: x(value), y: 8, overflow: "visible" }, shape);
      drawn.replaceChildren(at(guess, s("path", { class: "x-guess-mark", d: "M0-1l-6-9h12z" })), ...answers.flatMap(([who, value], n) => [
        at(value, n ? s("circle", { r: 6, class: `x-mark ${LOOKS[n]}` }) : s("rect", { x: -6, y: -6, width: 12, height: 12, class: `x-mark ${LOOKS[n]}` })),
        s("text", { x: x(value), y: 48 + 20 * n, "text-anchor": side(value), class: `x-key-text ${LOOKS[n]}` }, `${"■●"[n]} ${who}: ${words(value)}`)]));
    },
  };
}
