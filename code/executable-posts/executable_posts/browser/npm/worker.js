// Python in a module worker: loads Pyodide and our packages when the first request comes, then serves one at a time.
// In: {id, type: "call" | "run" | "block", ...} and {type: "stop"}.
// Out: {id, type: "status", word, fraction} | {id, type: "output", kind, text} | {id, type: "done", answer}.
import { loadPyodide } from "./pyodide.mjs";

const BASE = new URL("./", self.location.href).href;
const AT_ONCE = 200; // pieces of output sent as they come; from then on they are gathered
const GATHER = 30; // milliseconds

let current = 0; // the id of the request that is served
let loading = null;
let driver = null;

// --- Progress: count the bytes of what is fetched while Python loads -------------------------------------------------
async function counting(manifest, load) {
  const total = Object.values(manifest.sizes).reduce((a, b) => a + b, 0);
  const fetched = self.fetch;
  let got = 0, told = -1;
  const tell = (size) => {
    got += size;
    const percent = Math.min(99, Math.floor((100 * got) / total));
    if (percent !== told) self.postMessage({ id: current, type: "status", word: "loading", fraction: (told = percent) / 100 });
  };
  self.fetch = async (...request) => {
    const response = await fetched(...request);
    // A copy is counted and the response itself handed on: only from that does a browser keep the compiled program.
    if (response.ok && response.body) {
      const count = new WritableStream({ write(chunk) { tell(chunk.byteLength); } });
      response.clone().body.pipeTo(count).catch(() => {});
    }
    return response;
  };
  try { return await load(); } finally { self.fetch = fetched; }
}

async function start() {
  const manifest = await (await fetch(BASE + "manifest.json")).json();
  return counting(manifest, async () => {
    const archives = Promise.all(manifest.archives.map(async (archive) => {
      const response = await fetch(BASE + archive.file);
      if (!response.ok) throw new Error(`${archive.file}: ${response.status} ${response.statusText}`);
      return { ...archive, content: await response.arrayBuffer() };
    }));
    const python = await loadPyodide({
      indexURL: BASE,
      env: { HOME: "/home/pyodide", PYTHONHASHSEED: "0" },
      stdin: () => null,
    });
    self.postMessage({ id: current, type: "status", word: "starting", fraction: 1 });
    for (const archive of await archives) {
      const folder = JSON.stringify(archive.into);
      python.runPython(`import os; os.makedirs(${folder}, exist_ok=True)`);
      python.unpackArchive(archive.content, "zip", { extractDir: archive.into });
      if (archive.searched) {
        const add = archive.searched === "first" ? "insert(0, " : "append(";
        python.runPython(`import sys; sys.path.${add}os.path.abspath(${folder}))`);
      }
    }
    const Driver = python.pyimport("executable_posts.in_page.driver").Driver;
    driver = Driver(put);
    driver.install();
  });
}

// --- Output: the first lines at once, then in gathered pieces, so that a loop of prints cannot drown the page --------
let pieces = 0, waiting = [], since = 0;

function put(kind, text) {
  if (pieces < AT_ONCE && !waiting.length) {
    pieces += 1;
    self.postMessage({ id: current, type: "output", kind, text });
    return;
  }
  const last = waiting.at(-1);
  if (last && last.kind === kind && (kind === "stdout" || kind === "stderr")) last.text += text;
  else waiting.push({ kind, text });
  if (performance.now() - since > GATHER) flush();
}

function flush() {
  for (const { kind, text } of waiting) self.postMessage({ id: current, type: "output", kind, text });
  waiting = [];
  since = performance.now();
}

// --- Requests --------------------------------------------------------------------------------------------------------
async function serve(request) {
  await (loading ??= start());
  self.postMessage({ id: request.id, type: "status", word: "running", fraction: 1 });
  switch (request.type) {
    case "call": return driver.call(request.target, request.arguments);
    case "run": return driver.run(request.source, request.name, request.line);
    case "block":
      if (request.blocks) driver.load(request.label, request.blocks);
      return driver.run_block(request.label, request.index, request.edits);
    default: throw new Error(`unknown request ${request.type}`);
  }
}

self.onmessage = async ({ data: request }) => {
  if (request.type === "stop") {
    driver?.stop();
    return;
  }
  current = request.id;
  pieces = 0;
  let answer;
  try {
    answer = JSON.parse(await serve(request));
  } catch (error) {
    if (!driver) loading = null; // the next request tries again
    answer = { ok: false, broken: true, error: `Python could not be started: ${error.message ?? error}` };
  }
  flush();
  self.postMessage({ id: request.id, type: "done", answer });
};
