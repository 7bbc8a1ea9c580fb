// A worker that runs one program and ends. In: {address} or {bytes}. Out: {type: "output", kind, text}, then {type: "done", answer}.
import { run } from "./wasi.js";

const LIMIT = 1_000_000; // characters it may print; a page of more helps nobody
const AT_ONCE = 200; // pieces sent as they come; from then on they are gathered
const GATHER = 30; // milliseconds

const kinds = { 1: "stdout", 2: "stderr" };
const decoders = { 1: new TextDecoder(), 2: new TextDecoder() }; // a character may be cut in two between two writes
let pieces = 0, printed = 0, since = 0, waiting = [];

class Flood extends Error {}

function flush() {
  for (const { kind, text } of waiting) self.postMessage({ type: "output", kind, text });
  waiting = [];
  since = performance.now();
}

function write(descriptor, bytes) {
  const kind = kinds[descriptor], text = decoders[descriptor].decode(bytes, { stream: true });
  printed += text.length;
  if (printed > LIMIT) throw new Flood(`stopped: it printed more than ${LIMIT.toLocaleString("en")} characters`);
  const last = waiting.at(-1);
  if (last?.kind === kind) last.text += text;
  else waiting.push({ kind, text });
  if ((pieces += 1) <= AT_ONCE || performance.now() - since > GATHER) flush();
}

self.onmessage = async ({ data: { address, bytes } }) => {
  let answer;
  try {
    if (!bytes) {
      const response = await fetch(address);
      if (!response.ok) throw new Error(`The program could not be fetched: ${response.status} ${response.statusText}. Are you offline?`);
      bytes = await response.arrayBuffer();
    }
    const module = await WebAssembly.compile(bytes);
    self.postMessage({ type: "status", word: "running" });
    const code = await run(module, write);
    answer = code ? { ok: false, error: `the program returned ${code}` } : { ok: true };
  } catch (error) {
    const trap = error instanceof WebAssembly.RuntimeError;
    answer = { ok: false, error: trap ? `the program was ended: ${error.message}` : error.message };
  }
  flush();
  self.postMessage({ type: "done", answer });
};
