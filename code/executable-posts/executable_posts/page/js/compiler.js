// A worker that compiles what readers edit, by a language's own compiler (its compile.mjs), which it fetches once.
// In: {base, block}. Out: {type: "status", word, fraction}, then {type: "compiled", program, said} or {type: "failed", error}.
// Large files come packed (gzip, NAME.packed); what was fetched is kept by the browser, beside its own cache, which may not
// take files of this size. Other versions are forgotten.
const STORE = "executable-posts-compilers";

let loading = null;

async function load(base) {
  const answer = await fetch(new URL("manifest.json", base));
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  const { sizes } = await answer.json();
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  const store = await self.caches?.open(STORE).catch(() => null); // on plain http there is none, and some forbid it
  for (const request of (await store?.keys()) ?? []) {
    if (!request.url.startsWith(base)) await store.delete(request);
  }
  let got = 0, told = -1;
  const tell = (size) => {
    const percent = Math.min(99, Math.floor((100 * (got += size)) / total));
    if (percent !== told) self.postMessage({ type: "status", word: "fetching", fraction: (told = percent) / 100 });
  };
  const kept = async (address) => {
    const old = await store?.match(address);
    if (old) return old;
    const response = await fetched(address);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    if (!store) return response;
    store.put(address, response.clone()).catch(() => {}); // no room: it is fetched again next time
    return response;
  };
  const fetched = self.fetch;
  self.fetch = async (request, ...rest) => {
    const address = request instanceof Request ? request.url : String(request);
    const name = `${address.slice(base.length)}.packed`;
    if (!address.startsWith(base) || !(name in sizes)) return fetched(request, ...rest);
    const { body } = await kept(base + name);
    const counted = body.pipeThrough(new TransformStream({
      transform(chunk, to) {
        tell(chunk.byteLength);
        to.enqueue(chunk);
      },
    }));
    const type = name.includes(".wasm.") ? "application/wasm" : "application/octet-stream";
    return new Response(counted.pipeThrough(new DecompressionStream("gzip")), { headers: { "content-type": type } });
  };
  const module = await import(`${base}compile.mjs`);
  return { module, compiler: await module.load(base) };
}

self.onmessage = async ({ data: { base, block } }) => {
  let ready;
  try {
    ready = await (loading ??= load(base));
  } catch (error) {
    loading = null; // the next request tries again
    self.postMessage({ type: "failed", error: `The compiler could not be fetched: ${error.message}. Are you offline?` });
    return;
  }
  try {
    const { module, compiler } = ready;
    self.postMessage({ type: "status", word: "compiling", fraction: 1 });
    const { program, said } = await module.compile(compiler, block);
    self.postMessage({ type: "compiled", program, said });
  } catch (error) {
    self.postMessage({ type: "failed", error: `The compiler gave up: ${error.message}` });
  }
};
