// "Rewrite it": a program that the reader may rewrite, and have replayed.
import { fresh, h, say } from "./dom.js";

export function rewrite({ source, where, idea, replay, reset, python }) {
  const id = fresh("source");
  const text = h("textarea", { id, class: "x-source", rows: source.trimEnd().split("\n").length, spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", readonly: !replay });
  text.value = source;
  let editor = null;
  const host = h("div", { class: "x-editor", hidden: true });
  const label = h("label", { for: id }, "One order, in both kitchens: ", h("code", {}, where));
  const said = h("p", { class: "x-said", role: "status" });
  const run = h("button", { type: "button", class: "x-run", onclick: () => start() }, "Replay with this version");
  const halt = h("button", { type: "button", hidden: true, onclick: () => python.stop() }, "Stop");
  const undo = h("button", { type: "button", onclick: () => back() }, "Reset");

  async function start() {
    if (run.disabled) return;
    run.disabled = true;
    halt.hidden = false;
    say(said, "Running your version in the page's Python …");
    try {
      await replay(editor ? editor.source : text.value, (words) => say(said, words));
      say(said, "The kitchen now follows your version.");
    } catch (error) {
      say(said, error.message.startsWith("Stopped") ? "Stopped." : error.message);
    } finally {
      run.disabled = false;
      halt.hidden = true;
    }
  }

  async function back() {
    if (editor) editor.source = source;
    text.value = source;
    say(said, "");
    await reset();
  }

  // The page's editor takes the place of the plain field, if it can be had.
  async function dress() {
    if (!replay || host.childElementCount || editor) return;
    try {
      const { openEditor } = await import(python.address("editor.js"));
      const inside = h("div");
      host.append(inside);
      editor = await openEditor(inside, {
        language: "python",
        source: text.value, line: 1, label: `${where}, to be rewritten; Escape leaves the editor`,
        onRun: start, onLeave: () => run.focus(), onChange: () => {},
      });
      host.hidden = false;
      text.hidden = true;
      label.removeAttribute("for");
    } catch {
      host.replaceChildren(); // the plain field does as well
    }
  }

  // Tab must leave the field, or the keyboard is trapped; Enter keeps the indent of the line.
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !replay) return;
    const line = text.value.slice(0, text.selectionStart).split("\n").at(-1);
    const indent = line.match(/^ */)[0] + (line.trimEnd().endsWith(":") ? "    " : "");
    event.preventDefault();
    text.setRangeText(`\n${indent}`, text.selectionStart, text.selectionEnd, "end");
  });
  const element = h("details", { class: "x-python", ontoggle: () => dress() }, h("summary", {}, "Rewrite it"),
    label, text, host,
    replay ? h("div", { class: "x-buttons" }, run, halt, undo) : h("p", { class: "x-note" }, "To replay a version of your own, the page needs its Python, which is not available here."),
    replay && h("p", { class: "x-note" }, idea), said);
  // Another run is shown: what was said of the reader's version is no longer so.
  return { element, load: (shown) => shown === (editor ? editor.source : text.value) || say(said, "") };
}
