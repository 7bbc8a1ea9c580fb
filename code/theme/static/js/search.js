// The search: Pagefind's index, asked as the reader types; results as a list of links. Loaded when the field is first used.
export async function start(form) {
  const field = form.elements.q;
  const found = document.getElementById("search-found");
  const base = new URL(form.dataset.index, document.baseURI);
  const pagefind = await import(new URL("pagefind.js", base).href);
  await pagefind.options({ baseUrl: new URL("..", base).pathname, excerptLength: 24 });
  let asked = 0;

  // An excerpt is text with <mark> around the words found; it is put together from nodes, never as markup.
  function marked(excerpt) {
    const line = document.createElement("p");
    const parsed = new DOMParser().parseFromString(excerpt, "text/html").body;
    for (const node of parsed.childNodes) {
      const part = node.nodeName === "MARK" ? document.createElement("mark") : document.createTextNode("");
      part.textContent = node.textContent;
      line.append(part);
    }
    return line;
  }

  async function show() {
    const words = field.value.trim();
    const turn = ++asked;
    if (!words) {
      found.hidden = true;
      return;
    }
    const answer = await pagefind.debouncedSearch(words, {}, 150);
    if (!answer || turn !== asked) return;
    const results = await Promise.all(answer.results.slice(0, 8).map((result) => result.data()));
    if (turn !== asked) return;
    const title = document.createElement("p");
    const count = answer.results.length;
    title.textContent = count ? `${count} ${count === 1 ? "post has" : "posts have"} “${words}”` : `Nothing about “${words}”`;
    const list = document.createElement("ol");
    for (const result of results) {
      // Where the words stand under a heading, the link leads there.
      const part = result.sub_results?.[0] ?? result;
      const link = document.createElement("a");
      link.href = part.url;
      link.textContent = part.title && part.title !== result.meta.title ? `${result.meta.title}: ${part.title}` : result.meta.title;
      const item = document.createElement("li");
      item.append(link, marked(part.excerpt ?? result.excerpt));
      list.append(item);
    }
    found.replaceChildren(title, list);
    found.hidden = false;
  }

  field.addEventListener("input", show);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    field.value = "";
    show();
  });
  show();
}
