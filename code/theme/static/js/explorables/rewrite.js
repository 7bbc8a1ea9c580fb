// "Show the Python that drives this": a program that the reader may rewrite, and have replayed.
import { fresh, h, say } from "./dom.js";

export function rewrite({ source, where, intro, idea, replay, reset, stop }) {
  const id = fresh("source");
  const text = h("textarea", { id, class: "x-source", rows: source.trimEnd().split("\n").length, spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", readonly: !replay });
  text.value = source;
  const said = h("p", { class: "x-said", role: "status" });
  const run = h("button", { type: "button", class: "x-run" }, "Replay with this version");
  const halt = h("button", { type: "button", hidden: true }, "Stop");
  const undo = h("button", { type: "button" }, "Reset");
  run.addEventListener("click", async () => {
    run.disabled = true;
    halt.hidden = false;
    say(said, "Running your version in the page's Python …");
    try {
      await replay(text.value, (words) => say(said, words));
      say(said, "The kitchens above now follow your version.");
    } catch (error) {
      say(said, error.message.startsWith("Stopped") ? "Stopped." : error.message);
    } finally {
      run.disabled = false;
      halt.hidden = true;
    }
  });
  halt.addEventListener("click", stop);
  undo.addEventListener("click", async () => {
    text.value = source;
    say(said, "");
    await reset();
  });
  // Tab must leave the field, or the keyboard is trapped; Enter keeps the indent of the line.
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const line = text.value.slice(0, text.selectionStart).split("\n").at(-1);
    const indent = line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
    event.preventDefault();
    text.setRangeText(`\n${indent}`, text.selectionStart, text.selectionEnd, "end");
  });
  return h("details", { class: "x-python" }, h("summary", {}, "Show the Python that drives this"),
    h("label", { for: id }, intro, " ", h("code", {}, where)), text,
    replay ? h("div", { class: "x-buttons" }, run, halt, undo) : h("p", { class: "x-note" }, "To replay a version of your own, the page needs its Python, which is not available here."),
    replay && h("p", { class: "x-note" }, idea), said);
}
