// Compilers for what readers edit: a worker each, started when it is first asked for and kept, since to start takes longest.
const workers = new Map(); // base -> Worker
const turns = new Map(); // base -> what was asked for last

/** Tell whether the browser has a compiler already, from now or an earlier visit. base: the address of its folder. */
export async function isHere(base) {
  if (workers.has(base)) return true;
  try {
    const store = await caches.open("executable-posts-compilers");
    return (await store.keys()).some(({ url }) => url.startsWith(base));
  } catch {
    return false; // on plain http there is no such store
  }
}

/**
 * Compile a block, after those that were asked for before; resolve to {program, said}, or {error, stopped}; never reject.
 * @param {string} base
 * @param {object} block as its compile.mjs wants it
 * @param {{onStatus?: Function, signal?: AbortSignal}} [options] as of python.js
 */
export function compile(base, block, options = {}) {
  const before = turns.get(base) ?? Promise.resolve();
  const mine = before.then(() => one(base, block, options));
  turns.set(base, mine);
  return mine;
}

/** @returns {any} */
function one(base, block, options) {
  /** @type {{onStatus?: Function, signal?: AbortSignal}} */
  const { onStatus, signal } = options;
  if (signal?.aborted) return { stopped: true, error: "Stopped." };
  if (!workers.has(base)) workers.set(base, new Worker(new URL("./compiler.js", import.meta.url), { type: "module" }));
  const worker = workers.get(base);
  return new Promise((resolve) => {
    const end = (answer) => {
      worker.terminate();
      workers.delete(base);
      resolve(answer);
    };
    signal?.addEventListener("abort", () => end({ stopped: true, error: "Stopped." }), { once: true });
    worker.onerror = (event) => {
      event.preventDefault();
      end({ error: "The compiler could not be started here. Reload the page to try again." });
    };
    worker.onmessage = ({ data: { type, ...answer } }) => {
      if (type === "status") onStatus?.(answer.word, answer.fraction);
      else if (type === "compiled") resolve(answer);
      else end(answer);
    };
    worker.postMessage({ base, block });
  });
}
