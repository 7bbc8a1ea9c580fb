// One order in three forms that let go: the line each stands at, and what is kept of it, side by side, step by step.
import { fresh, h, say } from "./dom.js";
import { Player } from "./player.js";

export { sheet } from "./dom.js";

export default async function mount(box, data) {
  const { titles, minutes, forms } = data;
  const last = titles.length - 1;
  const at = (time) => Math.min(last, Math.floor(time + 1e-6));
  const then = h("p", { class: "x-then" });
  const panes = forms.map((form) => pane(form));
  let shown = -1;

  const player = new Player({
    name: "The order", speeds: { "slow": 0.4, "usual": 0.7, "fast": 1.5 }, speed: 0.7,
    format: (time) => `step ${at(time)} of ${last}`,
    draw(time) {
      if (at(time) !== shown) show(at(time));
      return false;
    },
    summary: (time) => words(at(time)),
  });

  const told = (step) => `Minute ${minutes[step]}: ${titles[step]}.`;
  const words = (step) => `${told(step)} ${forms.map((form) => {
    const { line, bytes } = form.steps[step];
    return `The ${form.name} ${line === null ? "has ended" : `stands at line ${form.first + line}`}, ${bytes} bytes`;
  }).join("; ")}.`;

  function show(step) {
    say(then, told(step));
    for (const one of panes) one(step, shown);
    shown = step;
  }

  // Words that differ from the step shown before are marked, with a sign besides the colour.
  function pane(form) {
    const lines = form.source.map((line, n) => h("div", { class: "x-line" },
      h("span", { class: "x-gutter" }, form.first + n), h("code", {}, line || " ")));
    const kept = h("dl", { class: "x-kept" });
    const size = h("span", { class: "x-size" });
    box.append(h("section", { class: "x-form", "data-form": form.name },
      h("p", { class: "x-name" }, h("strong", {}, form.name), ` ${form.language}, `, size),
      h("div", { class: "x-loop" },
        h("div", { class: "x-listing", role: "group", "aria-label": `The ${form.name}; the marked line is where it stands`, tabindex: "0" }, lines),
        kept)));
    return (step, before) => {
      const { line, bytes, state } = form.steps[step];
      const was = before < 0 ? state : form.steps[before].state;
      say(size, line === null && !bytes ? "freed" : `${bytes} bytes`);
      lines.forEach((row, n) => row.classList.toggle("is-now", n === line));
      kept.replaceChildren(...state.map(([name, value], n) => {
        const changed = !was[n] || was[n][1] !== value;
        return h("div", { "data-changed": String(changed) }, h("dt", {}, name || `word ${n}`), h("dd", {}, value));
      }));
      if (!state.length) kept.replaceChildren(h("div", { class: "x-nobody" }, h("dt", {}, "nothing"), h("dd", {}, "–")));
    };
  }

  // On a phone one form at a time; beside each other where there is room.
  const group = fresh("form");
  const choice = h("div", { class: "x-choice x-forms", role: "radiogroup", "aria-label": "Form" }, forms.map(({ name }, n) => {
    const input = h("input", { type: "radio", name: group, value: name, onchange: () => { box.dataset.form = String(n); } });
    input.checked = n === 0;
    return h("label", {}, input, name);
  }));
  box.dataset.form = "0";
  box.prepend(h("p", { class: "x-now" }, "One order, written three ways, goes on step by step. The lit line is where each way stands; the boxes are what it keeps meanwhile, and how many bytes that takes. ● has changed in this step."),
    player.element, then, choice);
  box.append(player.status);
  player.watch(box);
  player.load(last, titles.map((_, n) => n));
}
