// Compile a C++ block to a program for WASI preview 1: in Node when the site is built, in a worker when a reader edits.
// The same compiler, flags and headers in both, so what Run shows is what Edit compiles.
const FLAGS = ["--target=wasm32-wasip1", "-Os", "-Wall", "-Wextra", "-fno-exceptions", "-Wl,--gc-sections", "-Wl,--strip-all"];
const STANDARD = "-std=c++17"; // unless the block says another

const quiet = { fetchProgress() {} };

/** Load the compiler. base: the folder of what npm brought, or of the page's copy of it. */
export async function load(base) {
  const place = base.startsWith("file:") ? "@yowasp/clang/gen/bundle.js" : "bundle.js";
  const clang = (await import(new URL(place, base).href)).commands["clang++"];
  await clang(null, {}, quiet); // fetches all that it is made of
  return clang;
}

/**
 * Compile a block; return its program, null if it is not correct, and what the compiler said, at the post's lines.
 * @param {Function} clang what `load` gave
 * @param {{source: string, args: string, label: string, line: number, files: Record<string, string>}} block
 *   files: headers of its own, by their path below the site's folder
 * @returns {Promise<{program: Uint8Array | null, said: string}>}
 */
export async function compile(clang, { source, args, label, line, files }) {
  const words = args.split(/\s+/).filter(Boolean);
  const standard = words.some((word) => word.startsWith("-std=")) ? [] : [STANDARD];
  const tree = { "block.cpp": `#line ${line} "${label}"\n${source}\n` };
  for (const [path, text] of Object.entries(files)) put(tree, path.split("/"), text);
  const decoder = new TextDecoder();
  let said = "";
  const hear = (bytes) => { if (bytes) said += decoder.decode(bytes, { stream: true }); };
  let made = null;
  try {
    made = await clang([...FLAGS, ...standard, ...words, "block.cpp", "-o", "program.wasm"], tree,
      { ...quiet, stdout: hear, stderr: hear });
  } catch (error) {
    if (error.code === undefined) throw error; // not the compiler's own verdict
  }
  return { program: made?.["program.wasm"] ?? null, said };
}

/** @param {string[]} path */
function put(tree, path, text) {
  if (path.length > 1) put((tree[path[0]] ??= {}), path.slice(1), text);
  else tree[path[0]] = text;
}
