// Programs that the page runs besides Python: each in a worker of its own, which ends with it.

/** Tell whether this browser can run them. */
export const available = typeof Worker === "function" && typeof WebAssembly === "object";

/**
 * Run a program; resolve to {ok, error, stopped}, never reject for what it does.
 * @param {{address?: string, bytes?: Uint8Array}} program where it is, or itself
 * @param {{onOutput?: Function, onStatus?: Function, signal?: AbortSignal}} [options] as of python.js
 */
export function runProgram(program, { onOutput, onStatus, signal } = {}) {
  if (signal?.aborted) return Promise.resolve({ ok: false, stopped: true, error: "Stopped." });
  return new Promise((resolve) => {
    const worker = new Worker(new URL("./program.js", import.meta.url), { type: "module" });
    const finish = (answer) => {
      worker.terminate();
      resolve(answer);
    };
    signal?.addEventListener("abort", () => finish({ ok: false, stopped: true, error: "Stopped." }), { once: true });
    worker.onmessage = ({ data }) => {
      if (data.type === "output") onOutput?.(data.kind, data.text);
      if (data.type === "status") onStatus?.(data.word, 1);
      if (data.type === "done") finish(data.answer);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      finish({ ok: false, error: "The program could not be started here. Reload the page to try again." });
    };
    worker.postMessage(program);
  });
}
