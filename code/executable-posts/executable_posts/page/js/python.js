// Python for whatever is on the page: one module worker, started at the first request and shared by all.
// The page names the runtime in <meta name="python-runtime" content="folder/">; without it, `available` is false.
const GRACE = 1000; // milliseconds that Python has to stop at an await before its worker is ended

/** @type {HTMLMetaElement | null} */
const runtime = document.querySelector('meta[name="python-runtime"]');

class Python extends EventTarget {
  #base = runtime?.content;
  #worker = null;
  #queue = []; // requests that wait; the first is being served
  #posts = new Map(); // label -> blocks as JSON; a fresh worker is told again
  #told = new Set();
  #next = 1;
  #state = "idle";

  /** Tell whether the site has a runtime and this browser can run it. */
  get available() {
    return Boolean(this.#base) && typeof Worker === "function" && typeof WebAssembly === "object";
  }

  /** "absent", "idle" (nothing started), "loading", "ready", "running" or "stopping". Each change is a "state" event. */
  get state() {
    return this.available ? this.#state : "absent";
  }

  /** The address of a file of the runtime. */
  address(file) {
    return new URL(file, new URL(this.#base, document.baseURI)).href;
  }

  /**
   * Call a Python function, sync or async, and return its result, which must be plain data.
   * target: "module:function". options: onOutput, onStatus, signal, as for `run`. Rejects with the Python traceback.
   */
  async call(target, kwargs = {}, options = {}) {
    const answer = await this.#ask({ type: "call", target, arguments: JSON.stringify(kwargs) }, options);
    if (!answer.ok) throw new Error(answer.error);
    return answer.value;
  }

  /**
   * Run a piece of source in a namespace of its own; resolve to {ok, error}, never reject for what the source does.
   * name, line: where a traceback says it stands. onOutput(kind, text): kind is stdout, stderr, result or svg.
   * onStatus(word, fraction): waiting, loading, starting, running. signal: an AbortSignal that stops it.
   */
  run(source, { name = "code.py", line = 1, ...options } = {}) {
    return this.#ask({ type: "run", source, name, line }, options);
  }

  /** Make a post's blocks known: label, and a list of {index, line, source, figure} in the post's order. */
  post(label, blocks) {
    const text = JSON.stringify(blocks);
    if (this.#posts.get(label) !== text) this.#told.delete(label);
    this.#posts.set(label, text);
  }

  /** Run a block of a post, and first what it needs; edits: block index -> source. Resolves to {ok, error, ran}. */
  block(label, index, edits = {}, options = {}) {
    return this.#ask({ type: "block", label, index, edits: JSON.stringify(edits) }, options);
  }

  /** Stop what runs: at its next await, or, when it does not come to one, by ending the worker. */
  stop() {
    const current = this.#queue[0];
    if (!current || !this.#worker || this.#state === "stopping") return;
    this.#become("stopping");
    this.#worker.postMessage({ type: "stop" });
    current.deadline = setTimeout(() => {
      this.#end();
      this.#finish(current, {
        ok: false, stopped: true, restarted: true,
        error: "Stopped. Python had to be restarted: what earlier blocks computed is gone, and Run computes it anew.",
      });
    }, GRACE);
  }

  /**
   * @param {object} message
   * @param {{onOutput?: Function, onStatus?: Function, signal?: AbortSignal}} [options]
   */
  #ask(message, { onOutput, onStatus, signal } = {}) {
    if (!this.available) return Promise.resolve({ ok: false, error: "This page has no Python to run." });
    if (signal?.aborted) return Promise.resolve({ ok: false, stopped: true, error: "Stopped." });
    return new Promise((resolve) => {
      const request = { id: this.#next++, message, onOutput, onStatus, resolve };
      signal?.addEventListener("abort", () => this.#abort(request), { once: true });
      this.#queue.push(request);
      if (this.#queue.length === 1) this.#serve();
      else onStatus?.("waiting", 0);
    });
  }

  #abort(request) {
    if (this.#queue[0] === request) return this.stop();
    const at = this.#queue.indexOf(request);
    if (at < 0) return undefined;
    this.#queue.splice(at, 1);
    return request.resolve({ ok: false, stopped: true, error: "Stopped." });
  }

  #serve() {
    const request = this.#queue[0];
    if (!request) return;
    if (!this.#worker) {
      this.#worker = new Worker(this.address("worker.js"), { type: "module" });
      this.#worker.onmessage = ({ data }) => this.#hear(data);
      this.#worker.onerror = (event) => {
        event.preventDefault();
        this.#end();
        if (this.#queue[0]) this.#finish(this.#queue[0], { ok: false, error: "Python could not be started here. Reload the page to try again." });
      };
      this.#become("loading");
    } else {
      this.#become("running");
    }
    const { label } = request.message;
    const news = label && !this.#told.has(label) ? { blocks: this.#posts.get(label) } : {};
    if (label) this.#told.add(label);
    this.#worker.postMessage({ ...request.message, ...news, id: request.id });
  }

  #hear(data) {
    const request = this.#queue[0];
    if (!request || data.id !== request.id) return;
    if (data.type === "output") request.onOutput?.(data.kind, data.text);
    if (data.type === "status") {
      if (this.#state !== "stopping") this.#become(data.word === "running" ? "running" : "loading");
      request.onStatus?.(data.word, data.fraction);
    }
    if (data.type === "done") this.#finish(request, data.answer);
  }

  #finish(request, answer) {
    clearTimeout(request.deadline);
    this.#queue.shift();
    if (answer.broken) this.#end();
    this.#become(this.#worker ? "ready" : "idle");
    request.resolve(answer);
    this.#serve();
  }

  #end() {
    this.#worker?.terminate();
    this.#worker = null;
    this.#told.clear();
  }

  #become(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.dispatchEvent(new Event("state"));
  }
}

export const python = new Python();
