// Compile blocks for readers' pages while a site is built. Standard input: {compiler, base, into, cells: [{key, ...}]}; a line
// of JSON a cell is printed as each is done, and its program is written into the folder.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

console.log = console.error; // standard output is for answers
const { compiler, base, into, cells } = JSON.parse(readFileSync(0, "utf8"));
const { load, compile } = await import(pathToFileURL(compiler).href);
const loaded = await load(pathToFileURL(base + "/").href);
for (const { key, ...cell } of cells) {
  const { program, said } = await compile(loaded, cell);
  if (program) writeFileSync(join(into, `${key}.wasm`), program);
  process.stdout.write(JSON.stringify({ key, said, made: program !== null }) + "\n");
}
