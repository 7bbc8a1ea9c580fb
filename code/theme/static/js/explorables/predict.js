// Say first, then look: the reader's answer, and then the computed or recorded one, drawn beside it.
import { fresh, h, s, say } from "./dom.js";
import { phone } from "./pair.js";

export { sheet } from "./dom.js";

export default async function mount(box, data) {
  const { question, answers, then, unit, choices } = data;
  const id = fresh("guess"), told = h("p", { class: "x-then", role: "status" }), drawn = h("div", { class: "x-answer" });
  const words = h("p", { class: "x-question", id: `${id}-words` }, question);
  const field = choices ? options() : number();
  const see = h("button", { type: "button", class: "x-run", onclick: () => show() }, "See");
  const again = h("button", { type: "button", hidden: true, onclick: () => hide() }, "Guess again");

  function number() {
    const { least, most, log } = data;
    const value = (place) => (log ? Math.round(most ** (place / 100)) : Number(place));
    const input = h("input", { type: "range", id, min: log ? 0 : least, max: log ? 100 : most, step: 1, "aria-labelledby": `${id}-words`, oninput: () => read() });
    const shown = h("output", { for: id });
    const read = () => {
      const text = `${value(input.value).toLocaleString("en")} ${unit}`;
      say(shown, text);
      input.setAttribute("aria-valuetext", text);
    };
    input.value = log ? 66 : Math.round((least + most) / 4);
    read();
    return { element: h("div", { class: "x-guess" }, input, shown), answer: () => value(input.value), draw, lock: (off) => { input.disabled = off; } };
  }

  function options() {
    const inputs = choices.map((choice) => h("input", { type: "radio", name: id, value: choice }));
    return {
      element: h("div", { class: "x-choice", role: "radiogroup", "aria-labelledby": `${id}-words` }, inputs.map((input) => h("label", {}, input, input.value))),
      answer: () => inputs.find((input) => input.checked)?.value,
      draw: (guess) => h("dl", { class: "x-said-rows" }, [["you", guess], ...answers].map(([who, value]) => h("div", { "data-right": String(value === answers[0][1]) }, h("dt", {}, who), h("dd", {}, value)))),
      lock: (off) => inputs.forEach((input) => { input.disabled = off; }),
    };
  }

  // A line of numbers: the guess above it, the answers below.
  function draw(guess) {
    const W = phone.matches ? 360 : 720, L = 12, { least, most, log } = data;
    const x = (value) => L + (W - 2 * L) * (log ? Math.log(value / least) / Math.log(most / least) : (value - least) / (most - least));
    const label = (at, y, kind, text) => s("text", { x: Math.max(4.2 * String(text).length, Math.min(W - 4.2 * String(text).length, at)), y, "text-anchor": "middle", class: kind }, text);
    const svg = s("svg", { viewBox: `0 0 ${W} 96`, class: "x-timeline x-line-of-numbers", role: "img", "aria-label": `You: ${guess}; ${answers.map(([who, value]) => `${who}: ${value}`).join("; ")}` },
      s("path", { class: "x-axis", d: `M${L} 46H${W - L}` }), label(x(least), 38, "x-label", least), label(x(most), 38, "x-label", most.toLocaleString("en")),
      s("path", { class: "x-guess-mark", d: `M${x(guess)} 44l-7-12h14z` }), label(x(guess), 26, "x-guess-name", `you: ${guess.toLocaleString("en")}`));
    answers.forEach(([who, value], n) => {
      const kind = ["apachehut", "nginxopepperoni"][n];
      svg.append(n ? s("circle", { cx: x(value), cy: 52, r: 6, class: `x-mark ${kind}` }) : s("rect", { x: x(value) - 6, y: 46, width: 12, height: 12, class: `x-mark ${kind}` }),
        label(x(value), n ? 90 : 74, `x-key-text ${kind}`, `${who}: ${value.toLocaleString("en")}`));
    });
    return svg;
  }

  function show() {
    const guess = field.answer();
    if (guess === undefined) return say(told, "Say something first.");
    field.lock(true);
    drawn.replaceChildren(field.draw(guess));
    say(told, `${verdict(guess)} ${then}`);
    see.hidden = true;
    again.hidden = false;
    return again.focus({ preventScroll: true });
  }

  function verdict(guess) {
    const [[, right]] = answers;
    if (choices) return guess === right ? "So it is." : `No: ${right}.`;
    const off = Math.max(guess / right, right / guess);
    return off < 1.15 ? "Well guessed." : `You said ${guess.toLocaleString("en")}: ${off.toFixed(off < 10 ? 1 : 0)} times too ${guess > right ? "many" : "few"}.`;
  }

  function hide() {
    field.lock(false);
    drawn.replaceChildren();
    say(told, "");
    see.hidden = false;
    again.hidden = true;
    see.focus({ preventScroll: true });
  }

  box.append(words, h("div", { class: "x-controls x-asked" }, field.element, see, again), drawn, told);
}
