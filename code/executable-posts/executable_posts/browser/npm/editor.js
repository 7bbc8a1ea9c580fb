// The editor of a block: CodeMirror 6, bundled by esbuild into one file that is fetched on the first Edit.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState } from "@codemirror/state";
import {
  EditorView, drawSelection, highlightActiveLine, highlightSpecialChars, keymap, lineNumbers,
} from "@codemirror/view";
import { tags as t } from "@lezer/highlight";

// Colours are the page's own custom properties, and those of the code that is shown: nothing changes on Edit, and light and
// dark need no second theme.
const colours = HighlightStyle.define([
  { tag: [t.keyword, t.operatorKeyword, t.modifier, t.bool, t.null, t.self], color: "var(--code-keyword)" },
  { tag: [t.string, t.special(t.string), t.character], color: "var(--code-string)" },
  { tag: [t.comment], color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [t.function(t.definition(t.variableName)), t.definition(t.className)], color: "var(--code-name)" },
  { tag: [t.meta, t.processingInstruction], color: "var(--code-meta)" },
]);

const look = EditorView.theme({
  "&": { fontSize: "inherit", backgroundColor: "transparent", color: "var(--ink)" },
  "&.cm-focused": { outline: "3px solid var(--link)", outlineOffset: "-3px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflowX: "auto" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted)", borderRight: "1px solid var(--edge)" },
  ".cm-content": { padding: ".6rem 0", caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--link) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { backgroundColor: "color-mix(in srgb, var(--link) 25%, transparent)" },
});

// Left to itself, a browser that types over a selection keeps the look of what it replaces, as an inline style; the
// page's content policy forbids these, and the editor has no use for them.
const typing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== "insertText" || event.data === null || view.composing || view.state.selection.main.empty) return false;
    event.preventDefault();
    view.dispatch({ ...view.state.replaceSelection(event.data), userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

// Each language comes in a file of its own.
const languages = {
  python: async () => (await import("./grammar-python.js")).default,
  "c++": async () => (await import("./grammar-cpp.js")).default,
};

/**
 * Open an editor in `parent`.
 * options: source, line (number of its first line), language, label (for assistive technology), onRun(), onLeave(), onChange().
 * Tab leaves the editor, as everywhere on a page; Ctrl-M makes it indent instead, and back.
 */
export async function openEditor(parent, { source, line, language, label, onRun, onLeave, onChange }) {
  const grammar = languages[language] ? [await languages[language]()] : [];
  const tab = new Compartment();
  let tabIndents = false;
  const keys = [
    { key: "Mod-Enter", run: () => { onRun(); return true; } },
    { key: "Shift-Enter", run: () => { onRun(); return true; } },
    { key: "Escape", run: () => { onLeave(); return true; } },
    { key: "Ctrl-m", run: (view) => {
      tabIndents = !tabIndents;
      view.dispatch({ effects: tab.reconfigure(keymap.of(tabIndents ? [indentWithTab] : [])) });
      return true;
    } },
  ];
  // In a shadow tree its styles are constructed sheets, which a strict content policy allows; in the document they
  // would be a <style> element, which it does not.
  const root = parent.attachShadow({ mode: "open" });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: source,
      extensions: [
        keymap.of(keys), tab.of([]), keymap.of([...defaultKeymap, ...historyKeymap]),
        lineNumbers({ formatNumber: (n) => String(n + line - 1) }),
        history(), drawSelection(), highlightSpecialChars(), highlightActiveLine(), bracketMatching(), indentOnInput(),
        indentUnit.of("    "), EditorState.tabSize.of(4), ...grammar, syntaxHighlighting(colours), look, typing,
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", tabindex: "0" }),
        EditorView.updateListener.of((update) => { if (update.docChanged) onChange(); }),
      ],
    }),
  });
  return {
    get source() { return view.state.doc.toString(); },
    set source(text) { view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }); },
    focus() { view.focus(); },
    destroy() { view.destroy(); },
  };
}
