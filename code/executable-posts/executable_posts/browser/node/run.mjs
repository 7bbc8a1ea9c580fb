// Run a program as a reader's page does, by the page's own module. Arguments: that module, the program.
import { readFileSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [shim, program] = process.argv.slice(2);
const { run } = await import(pathToFileURL(shim).href);
process.exitCode = await run(await WebAssembly.compile(readFileSync(program)), (descriptor, bytes) => {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
});
