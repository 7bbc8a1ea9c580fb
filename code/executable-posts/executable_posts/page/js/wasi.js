// WASI preview 1, as much as a program in a page needs: streams, an end, clocks, randomness and sleep; no files, no network.
// The same module runs programs when the site is built, in Node, and in a reader's page, in a worker.
const OK = 0, BAD = 8, NOT_HERE = 52, PIPE = 70, TERMINAL = 2;
const CLOCK = 0, MONOTONIC = 1;

/** What ends a program that says how: its exit code. */
export class Exit extends Error {
  /** @param {number} code */
  constructor(code) {
    super(`returned ${code}`);
    this.code = code;
  }
}

/**
 * Run a program to its end; return its exit code. A trap, and whatever write throws, goes through.
 * @param {WebAssembly.Module} module
 * @param {(descriptor: number, bytes: Uint8Array) => void} write what it prints: 1 is its output, 2 its errors
 */
export async function run(module, write) {
  const begun = performance.now();
  const words = [new TextEncoder().encode("program\0")]; // its arguments
  /** @type {WebAssembly.Memory} */
  let memory = null; // once there is one
  const view = () => new DataView(memory.buffer);
  const now = (clock) => (clock === MONOTONIC ? performance.now() - begun : performance.timeOrigin + performance.now());
  const nanoseconds = (milliseconds) => BigInt(Math.round(milliseconds * 1e3)) * 1000n;

  const calls = {
    proc_exit(code) { throw new Exit(code); },
    fd_write(descriptor, list, count, written) {
      if (descriptor !== 1 && descriptor !== 2) return BAD;
      let size = 0;
      for (let at = 0; at < count; at++) {
        const start = view().getUint32(list + 8 * at, true), length = view().getUint32(list + 8 * at + 4, true);
        if (length) write(descriptor, new Uint8Array(memory.buffer, start, length).slice());
        size += length;
      }
      view().setUint32(written, size, true);
      return OK;
    },
    fd_read(descriptor, _list, _count, read) {
      if (descriptor) return BAD;
      view().setUint32(read, 0, true); // at its end
      return OK;
    },
    fd_close: (descriptor) => (descriptor > 2 ? BAD : OK),
    fd_seek: (descriptor) => (descriptor > 2 ? BAD : PIPE),
    fd_prestat_get: () => BAD, // no folder is open
    fd_fdstat_get(descriptor, stat) {
      if (descriptor > 2) return BAD;
      for (let at = 0; at < 24; at += 8) view().setBigUint64(stat + at, 0n, true);
      view().setUint8(stat, TERMINAL); // so that each line is shown when it is complete
      view().setBigUint64(stat + 8, descriptor ? 1n << 6n : 1n << 1n, true); // may be written, or read
      return OK;
    },
    args_sizes_get(count, size) {
      view().setUint32(count, words.length, true);
      view().setUint32(size, words.reduce((sum, word) => sum + word.length, 0), true);
      return OK;
    },
    args_get(list, text) {
      for (const [at, word] of words.entries()) {
        view().setUint32(list + 4 * at, text, true);
        new Uint8Array(memory.buffer, text, word.length).set(word);
        text += word.length;
      }
      return OK;
    },
    environ_sizes_get(count, size) {
      view().setUint32(count, 0, true);
      view().setUint32(size, 0, true);
      return OK;
    },
    environ_get: () => OK,
    clock_res_get(_clock, result) {
      view().setBigUint64(result, 100_000n, true);
      return OK;
    },
    clock_time_get(clock, _precision, result) {
      view().setBigUint64(result, nanoseconds(now(clock)), true);
      return OK;
    },
    random_get(start, length) {
      for (let at = 0; at < length; at += 65536) {
        crypto.getRandomValues(new Uint8Array(memory.buffer, start + at, Math.min(65536, length - at)));
      }
      return OK;
    },
    sched_yield: () => OK,
    poll_oneoff(asked, answers, count, answered) {
      const events = []; // each answered by 32 bytes: what it was asked with, an error, a kind
      let wait = Infinity, sleeper = null;
      for (let at = 0; at < count; at++) {
        const one = asked + 48 * at, kind = view().getUint8(one + 8);
        if (kind === CLOCK) {
          const clock = view().getUint32(one + 16, true), given = Number(view().getBigUint64(one + 24, true)) / 1e6;
          const left = view().getUint16(one + 40, true) & 1 ? given - now(clock) : given;
          if (left < wait) [wait, sleeper] = [left, one];
        } else {
          events.push([one, kind]); // input is at its end, output always ready
        }
      }
      if (!events.length && sleeper !== null) {
        // A worker may not block without headers that a plain host does not send, so it looks at the clock.
        const until = performance.now() + wait;
        while (performance.now() < until);
        events.push([sleeper, CLOCK]);
      }
      for (const [at, [one, kind]] of events.entries()) {
        const answer = answers + 32 * at;
        for (let byte = 0; byte < 32; byte += 8) view().setBigUint64(answer + byte, 0n, true);
        view().setBigUint64(answer, view().getBigUint64(one, true), true);
        view().setUint8(answer + 10, kind);
      }
      view().setUint32(answered, events.length, true);
      return OK;
    },
  };

  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind !== "function") throw new Error(`it asks for ${from}.${name}`);
    (imports[from] ??= {})[name] = (from === "wasi_snapshot_preview1" && calls[name]) || (() => NOT_HERE);
  }
  const instance = await WebAssembly.instantiate(module, imports);
  memory = /** @type {WebAssembly.Memory} */ (instance.exports.memory);
  try {
    /** @type {Function} */ (instance.exports._start)();
  } catch (error) {
    if (error instanceof Exit) return error.code;
    throw error;
  }
  return 0;
}
