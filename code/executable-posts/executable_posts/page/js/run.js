// Run, stop, edit and reset the blocks of a post. Python itself (python.js) starts with the first Run.
// A block is a .cell with data-run="here|emulated" and data-block; <meta name="python-blocks"> names the file with all
// of them. One in another language is a program (programs.js), whose address is its data-program-src. Without JavaScript, or without a runtime, the page keeps what the build recorded.
import { picture } from "./pictures.js";
import { printed } from "./printed.js";
import { available, runProgram } from "./programs.js";
import { python } from "./python.js";

/** @type {HTMLMetaElement | null} */
const named = document.querySelector('meta[name="python-blocks"]');
const file = named?.content;
const edits = {}; // block index -> the reader's source
const cells = new Map(); // block index -> Cell
let known = null; // the post's blocks, once fetched
let editorModule = null;

function make(tag, className, text = "", attributes = {}) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

async function blocks() {
  known ??= fetch(new URL(file, document.baseURI)).then((response) => {
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return response.json();
  }).then((post) => {
    python.post(post.label, post.blocks);
    return post;
  }).catch((error) => {
    known = null;
    throw new Error(`The page's blocks could not be fetched: ${error.message}. Are you offline?`);
  });
  return known;
}

const WORDS = {
  waiting: () => "Waits for the block that runs",
  loading: (fraction) => `Fetching Python, ${Math.round(fraction * 100)} %`,
  starting: () => "Starting Python",
  running: () => "Running",
};

class Cell {
  constructor(element) {
    this.element = element;
    this.coloured = null; // the nodes of the recorded source, once its editor was open
    this.index = Number(element.dataset.block);
    this.program = element.dataset.programSrc;
    this.source = element.querySelector(".cell-source");
    this.code = this.source.querySelector(".highlight");
    const where = this.source.querySelector(".cell-label a")?.textContent ?? "";
    const name = element.id.startsWith("L") ? `the block at ${where}` : `the block ${element.id}`;
    const button = (text, act) => {
      const made = make("button", "run-button", text, { type: "button", "aria-label": `${text} ${name}` });
      made.addEventListener("click", act);
      return made;
    };
    this.name = name;
    this.runButton = button("Run", () => this.run());
    this.stopButton = button("Stop", () => this.stop());
    this.editButton = button("Edit", () => this.edit());
    this.resetButton = button("Reset", () => this.reset());
    this.stopButton.disabled = true;
    this.resetButton.disabled = true;
    this.state = make("span", "run-state");
    this.bar = make("progress", "run-progress", "", { max: "1", "aria-label": "Python is being fetched" });
    this.bar.hidden = true;
    const emulated = element.dataset.emulated;
    const badge = make("span", "run-badge", emulated ? "emulated here" : "runs here");
    badge.title = emulated
      ? `Runs in this page, on an in-memory ${emulated} that exists only in here`
      : "Runs in this page, in your browser; nothing leaves it";
    this.bar.title = "Fetched once, then kept by your browser";
    const tools = make("div", "run-tools", "", { role: "group", "aria-label": `Run ${name}` });
    tools.append(this.runButton, this.stopButton, this.editButton, this.resetButton, this.bar, this.state, badge);
    if (this.program) this.editButton.remove();
    this.source.append(tools);
  }

  say(text, fraction = null) {
    this.state.textContent = text;
    this.bar.hidden = fraction === null;
    if (fraction) this.bar.value = fraction;
    else this.bar.removeAttribute("value");
  }

  /** Make room for the reader's own output, and fold what was recorded under its name. */
  open() {
    if (!this.mine) {
      const anchor = this.source.closest("details.cell-folded") ?? this.source;
      const recorded = [...this.element.children].slice([...this.element.children].indexOf(anchor) + 1);
      this.mine = make("section", "run-mine", "", { "aria-label": `Output of ${this.name}` });
      this.title = make("p", "run-title");
      this.output = make("div", "run-output", "", { role: "status", "aria-atomic": "false" });
      this.mine.append(this.title, this.output);
      anchor.after(this.mine);
      if (recorded.length) {
        this.recorded = make("details", "run-recorded");
        this.recorded.append(make("summary", "", "Recorded when the site was built"), ...recorded);
        this.element.append(this.recorded);
      }
    }
    this.output.replaceChildren();
    this.pieces = [];
    this.title.textContent = "Yours, running";
  }

  close() {
    if (!this.mine) return;
    this.mine.remove();
    if (this.recorded) {
      this.recorded.replaceWith(...[...this.recorded.children].slice(1));
      this.recorded = null;
    }
    this.mine = null;
  }

  /** Gather output until the next frame: a loop of prints must not keep the page from painting. */
  put(kind, text) {
    this.pieces.push([kind, text]);
    if (this.pieces.length === 1) requestAnimationFrame(() => this.paint());
  }

  paint() {
    for (const [kind, text] of this.pieces.splice(0)) {
      if (kind === "svg") {
        const frame = make("div", "run-picture", "", { tabindex: "0" });
        frame.append(picture(text) ?? make("pre", "run-error", "The picture cannot be read."));
        this.output.append(frame);
        continue;
      }
      const last = this.output.lastElementChild;
      const ends = kind === "result" ? "\n" : "";
      const same = last?.dataset.kind === kind;
      const box = same ? last : make("pre", `run-${kind}`, "", { "data-kind": kind, tabindex: "0" });
      if (!same) this.output.append(box);
      printed(box, text + ends);
    }
  }

  async run() {
    if (this.running) return;
    this.running = true;
    this.runButton.disabled = true;
    this.stopButton.disabled = this.resetButton.disabled = false;
    this.open();
    this.say("");
    if (this.editor) this.keep();
    let begun = performance.now();
    let answer;
    const aborter = this.aborter = new AbortController();
    try {
      const options = {
        signal: aborter.signal,
        onOutput: (kind, text) => this.put(kind, text),
        onStatus: (word, fraction) => {
          if (word === "running") begun = performance.now();
          this.say(WORDS[word]?.(fraction) ?? word, word === "loading" ? fraction : null);
        },
      };
      if (this.program) answer = await runProgram({ address: new URL(this.program, document.baseURI).href }, options);
      else answer = await python.block((await blocks()).label, this.index, edits, options);
    } catch (error) {
      answer = { ok: false, error: error.message };
    }
    this.running = false;
    this.runButton.disabled = false;
    this.stopButton.disabled = true;
    this.say("");
    if (this.mine) this.finish(answer, (performance.now() - begun) / 1000);
  }

  finish(answer, seconds) {
    this.paint();
    if (!answer.ok) this.output.append(make("pre", answer.stopped ? "run-stopped" : "run-error", answer.error, { tabindex: "0" }));
    else if (!this.output.childNodes.length) this.output.append(make("p", "run-silent", "It ran, and printed nothing."));
    const first = answer.ran?.length ? `, after what it needs of the block${answer.ran.length > 1 ? "s" : ""} at line${answer.ran.length > 1 ? "s" : ""} ${answer.ran.join(", ")}` : "";
    const changed = this.index in edits ? " and changed" : "";
    const verdict = answer.ok ? `run in ${seconds < 0.095 ? seconds.toFixed(2) : seconds.toFixed(1)} s` : answer.stopped ? "stopped" : "failed";
    this.title.textContent = `Yours${changed}: ${verdict}${first}`;
  }

  stop() {
    this.say("Stopping");
    this.aborter?.abort();
  }

  async edit() {
    if (this.editor) return this.editor.focus();
    this.editButton.disabled = true;
    this.say("Fetching the editor");
    try {
      const [post, module] = await Promise.all([blocks(), (editorModule ??= import(python.address("editor.js")))]);
      const block = post.blocks.find(({ index }) => index === this.index);
      const host = make("div", "run-editor");
      this.code.after(host);
      this.code.hidden = true;
      this.resetButton.disabled = false;
      this.original = block.source;
      this.coloured ??= [...this.code.querySelector("code").childNodes];
      this.editor = module.openEditor(host, {
        source: block.source,
        line: block.line,
        label: `Source of ${this.name}; Escape leaves the editor`,
        onRun: () => this.run(),
        onLeave: () => this.runButton.focus(),
        onChange: () => this.keep(),
      });
      this.host = host;
      this.editor.focus();
      this.say("Ctrl-Enter runs, Escape leaves");
    } catch (error) {
      editorModule = null;
      this.editButton.disabled = false;
      this.say(`The editor could not be fetched. ${error.message}`);
    }
    return undefined;
  }

  keep() {
    const text = this.editor.source;
    if (text === this.original) delete edits[this.index];
    else edits[this.index] = text;
    this.element.classList.toggle("run-edited", this.index in edits);
    this.code.querySelector("code").textContent = text; // what Copy copies
  }

  reset() {
    this.aborter?.abort();
    this.editor?.destroy();
    this.host?.remove();
    this.editor = this.host = null;
    this.code.hidden = false;
    if (this.coloured) this.code.querySelector("code").replaceChildren(...this.coloured);
    delete edits[this.index];
    this.element.classList.remove("run-edited");
    this.close();
    this.editButton.disabled = false;
    this.resetButton.disabled = true;
    this.say("");
    this.runButton.focus();
  }
}

/** Fetch the style of what is made here, where the page's own sheet has none of it. */
function dressed() {
  if (document.querySelector('link[rel="stylesheet"][href$="/page.css"]')) return Promise.resolve();
  return new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("./run.css", import.meta.url).href;
    link.addEventListener("load", done);
    link.addEventListener("error", done);
    document.head.append(link);
  });
}

/** Give every block of the page that can run its tools; those that have them keep them, under the index that they have now. */
function look() {
  const [before, edited] = [new Map([...cells.values()].map((cell) => [cell.element, cell])), { ...edits }];
  cells.clear();
  for (const index of Object.keys(edits)) delete edits[index];
  for (const element of runnable()) {
    const cell = before.get(element) ?? new Cell(element);
    if (cell.index in edited) edits[Number(element.dataset.block)] = edited[cell.index];
    cell.index = Number(element.dataset.block);
    cell.program = element.dataset.programSrc;
    cells.set(cell.index, cell);
  }
}

/** @type {(element: HTMLElement) => unknown} */
const canRun = ({ dataset }) => (dataset.programSrc ? available : file && python.available);
/** @type {() => any[]} */
const runnable = () => [...document.querySelectorAll(".cell[data-block]")].filter(canRun);

if (runnable().length) {
  await dressed();
  look();
  document.addEventListener("executable-posts:changed", () => {
    known = null; // the blocks are others, too
    look();
  });
}
