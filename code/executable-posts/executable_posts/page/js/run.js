// Run, stop, edit, send and reset the blocks of a post. Python itself (python.js) starts with the first Run.
// A block is a .cell with data-run="here|emulated" and data-block; <meta name="python-blocks"> names the file with all
// of them. One in another language is a program (programs.js), whose address is its data-program-src; what a reader makes of
// it is compiled in the page (compilers.js). Without JavaScript, or without a runtime, the page keeps what the build recorded.
import { compile, isHere } from "./compilers.js";
import { copied, earlier, edits, keep, link, sent } from "./edits.js";
import { available, runProgram } from "./programs.js";
import { python } from "./python.js";
import { Result, make } from "./result.js";

/** @type {HTMLMetaElement | null} */
const named = document.querySelector('meta[name="python-blocks"]');
const file = named?.content;
const touch = matchMedia("(pointer: coarse)").matches;
let known = null; // the post's blocks, once fetched
let editorModule = null;

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

const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
const WORDS = {
  waiting: () => "Waits for the block that runs",
  loading: (fraction) => `Fetching Python, ${Math.round(fraction * 100)} %`,
  fetching: (fraction) => `Fetching the compiler, ${Math.round(fraction * 100)} %`,
  compiling: () => "Compiling",
  starting: () => "Starting Python",
  running: () => "Running",
};

class Cell {
  constructor(element) {
    this.element = element;
    this.index = Number(element.dataset.block);
    this.program = element.dataset.programSrc;
    this.source = element.querySelector(".cell-source");
    this.code = this.source.querySelector(".highlight");
    this.listing = this.code.querySelector("code");
    this.coloured = [...this.listing.childNodes];
    this.original = this.listing.textContent.replace(/\n$/, "");
    this.waiting = null; // an edit that somebody sent, until its Run is pressed
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
    this.linkButton = button("Copy link", async () => copied(this.linkButton, await link(this.element.id, this.text)));
    this.stopButton.disabled = this.resetButton.disabled = true;
    this.linkButton.hidden = true;
    this.editButton.hidden = !(file && python.available);
    this.state = make("span", "run-state");
    this.bar = make("progress", "run-progress", "", { max: "1", "aria-label": "What runs this block is being fetched" });
    this.bar.hidden = true;
    const emulated = element.dataset.emulated;
    const badge = make("span", "run-badge", emulated ? "emulated here" : "runs here");
    badge.title = emulated
      ? `Runs in this page, on an in-memory ${emulated} that exists only in here`
      : "Runs in this page, in your browser; nothing leaves it";
    this.bar.title = "Fetched once, then kept by your browser";
    this.tools = make("div", "run-tools", "", { role: "group", "aria-label": `Run ${name}` });
    this.tools.append(this.runButton, this.stopButton, this.editButton, this.resetButton, this.linkButton, this.bar, this.state, badge);
    this.source.append(this.tools);
  }

  /** The source as it stands here: the reader's, a sender's, or the post's. */
  get text() {
    return this.waiting ?? edits[this.index] ?? this.original;
  }

  say(text, fraction = null) {
    this.state.textContent = text;
    this.bar.hidden = fraction === null;
    if (fraction) this.bar.value = fraction;
    else this.bar.removeAttribute("value");
  }

  async run() {
    if (this.running) return;
    this.running = true;
    this.runButton.disabled = true;
    this.stopButton.disabled = this.resetButton.disabled = false;
    if (this.mine) this.mine.begin();
    else this.mine = new Result(this.element, this.source, this.name);
    this.say("");
    if (this.waiting !== null) this.keep(this.waiting); // now it is the reader's own
    const { mine } = this;
    let begun = performance.now();
    let answer;
    const aborter = this.aborter = new AbortController();
    const options = {
      signal: aborter.signal,
      onOutput: (kind, text) => mine.put(kind, text),
      onStatus: (word, fraction) => {
        if (word === "running") begun = performance.now();
        this.say(WORDS[word]?.(fraction) ?? word, ["loading", "fetching"].includes(word) ? fraction : null);
      },
    };
    try {
      if (!this.program) answer = await python.block((await blocks()).label, this.index, edits, options);
      else if (this.index in edits) answer = await this.compiled(options);
      else answer = await runProgram({ address: new URL(this.program, document.baseURI).href }, options);
    } catch (error) {
      answer = { ok: false, error: error.message };
    }
    this.running = false;
    this.runButton.disabled = false;
    this.stopButton.disabled = true;
    this.say("");
    if (this.mine === mine) mine.finish(answer, (performance.now() - begun) / 1000, this.index in edits);
  }

  /** Compile what the reader made of a program, and run it. */
  async compiled(options) {
    const post = await blocks();
    const block = post.programs?.find(({ index }) => index === this.index);
    if (!block) throw new Error("This page has no compiler.");
    const made = await compile(this.compiler(post).base, { ...block, label: post.label, source: edits[this.index] }, options);
    if (!made.program) return { ok: false, stopped: made.stopped, error: made.error ?? made.said };
    if (made.said) options.onOutput("stderr", made.said); // its warnings
    return runProgram({ bytes: made.program }, options);
  }

  /** Where this block's compiler is, and what it is called. */
  compiler(post) {
    const found = post.compilers?.[this.element.dataset.language];
    return found && { ...found, base: new URL(`../${found.folder}/`, python.address("./")).href };
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
      const { line } = [...post.blocks, ...post.programs ?? []].find(({ index }) => index === this.index);
      const host = make("div", "run-editor");
      this.editor = await module.openEditor(host, {
        source: this.text,
        line,
        language: this.element.dataset.language,
        label: `Source of ${this.name}; Escape leaves the editor`,
        onRun: () => this.run(),
        onLeave: () => this.runButton.focus(),
        onChange: () => this.keep(this.editor.source),
      });
      this.code.after(host);
      this.code.hidden = true;
      this.resetButton.disabled = false;
      this.host = host;
      this.editor.focus();
      const compiler = this.program && this.compiler(post);
      const fetches = compiler && !(await isHere(compiler.base)) ? ` fetches ${compiler.title} (${megabytes(compiler.size)}, once), then` : "";
      this.say(touch ? `Run${fetches} runs what you wrote` : `Ctrl-Enter${fetches} runs, Escape leaves`);
    } catch (error) {
      editorModule = null;
      this.editButton.disabled = false;
      this.say(`The editor could not be fetched. ${error.message}`);
    }
    return undefined;
  }

  /** Note what the source is now, and show that it is the reader's. */
  keep(text) {
    this.waiting = null;
    keep(this.index, text === this.original ? null : text, this.original);
    this.mark();
  }

  mark() {
    const changed = this.text !== this.original;
    this.element.classList.toggle("run-edited", changed);
    this.linkButton.hidden = !changed;
    if (changed) this.resetButton.disabled = false;
    this.note?.remove();
    if (changed) this.listing.textContent = this.text; // what Copy copies
    else this.listing.replaceChildren(...this.coloured);
  }

  /** Show a source that is not the post's, and whose it is. */
  show(text, words) {
    if (text === this.original) return;
    this.mark();
    this.note = make("p", "run-note", words);
    this.tools.before(this.note);
    const fold = this.source.closest("details");
    if (fold) fold.open = true;
  }

  reset() {
    this.aborter?.abort();
    this.editor?.destroy();
    this.host?.remove();
    this.editor = this.host = null;
    this.code.hidden = false;
    this.keep(this.original);
    this.mine?.remove();
    this.mine = null;
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
    const sheet = document.createElement("link");
    sheet.rel = "stylesheet";
    sheet.href = new URL("./run.css", import.meta.url).href;
    sheet.addEventListener("load", done);
    sheet.addEventListener("error", done);
    document.head.append(sheet);
  });
}

/** Show an edit that the page's address holds, at its block; it runs only when the reader says so. */
async function receive() {
  const edit = await sent();
  if (!edit) return;
  const cell = cells.find(({ element }) => element.id === edit.anchor);
  history.replaceState(history.state, "", cell ? `#${edit.anchor}` : location.href.split("#")[0]);
  if (!cell) return;
  cell.waiting = edit.text;
  cell.show(edit.text, "Changed by whoever sent you this link, and not run. Read it first: Run runs it in this page, Reset brings back the post's own.");
  cell.element.scrollIntoView();
}

/** @type {Cell[]} */
let cells = [];

/** Give every block of the page that can run its tools; those that have them keep them, under the index that they have now. */
function look() {
  const before = new Map(cells.map((cell) => [cell.element, cell])), edited = { ...edits };
  for (const index of Object.keys(edits)) delete edits[index];
  cells = runnable().map((element) => before.get(element) ?? new Cell(element));
  for (const cell of cells) {
    const there = before.has(cell.element);
    const text = there ? edited[cell.index] ?? null : earlier(cell.index, cell.original);
    cell.index = Number(cell.element.dataset.block);
    cell.program = cell.element.dataset.programSrc;
    if (text === null) continue;
    keep(cell.index, text, cell.original);
    if (!there) cell.show(text, "Edited by you before this page was loaded anew; Reset brings back the post's own.");
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
  await receive();
  addEventListener("hashchange", receive);
}
