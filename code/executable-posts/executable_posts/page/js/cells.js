// What a page with blocks does besides being read: copying code, notes that unfold, charts whose words can be selected; what
// runs and what can be played with is fetched when the reader comes near. Without this script all of it stays readable.
/** @type {(selector: string, within?: ParentNode) => any[]} of whatever kind the selector names */
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Copy: what is in the block, without what this page put around it.
function offerCopies() {
  for (const code of all(".highlight > pre > code")) {
    if (code.closest(".side-by-side")) continue; // fragments: they stand elsewhere in full
    const label = code.closest(".cell-source, .noeval")?.querySelector(".cell-label, .noeval-reason");
    const place = label ?? code.closest(".highlight");
    if (place.querySelector(".copy")) continue;
    const copy = document.createElement("button");
    copy.type = "button";
    copy.className = "copy";
    copy.textContent = "Copy";
    const where = label?.querySelector("a")?.textContent; // every name is another one
    copy.setAttribute("aria-label", where ? `Copy the code at ${where}` : `Copy the code that begins with ${code.textContent.trim().split("\n", 1)[0]}`);
    copy.onclick = async () => {
      try {
        await navigator.clipboard.writeText(code.textContent.trimEnd() + "\n");
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Not allowed";
      }
      setTimeout(() => (copy.textContent = "Copy"), 2000);
    };
    place.append(copy);
  }
}

// What may scroll is a tab stop, and no longer one once it is near and known not to.
const sized = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    if (target.scrollWidth > target.clientWidth + 1) target.setAttribute("tabindex", "0");
    else target.removeAttribute("tabindex");
  }
});

// A note beside its mark: on a narrow window a second tap on the mark folds it again.
addEventListener("click", (event) => {
  const mark = event.target instanceof Element && /** @type {HTMLAnchorElement | null} */ (event.target.closest(".note-mark > a"));
  if (!mark || location.hash !== mark.hash) return;
  event.preventDefault();
  const { scrollX, scrollY } = window;
  location.hash = mark.id;
  scrollTo({ left: scrollX, top: scrollY, behavior: "instant" });
});

// Paper has everything on it, also what was not near yet.
addEventListener("beforeprint", () => {
  for (const image of all('img[loading="lazy"]')) image.loading = "eager";
});

// What can be played with, and charts whose words can be selected: fetched when the reader comes near.
function whenNear(selector, act) {
  const places = all(selector);
  const watch = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      watch.unobserve(target);
      act(target, watch);
    }
  }, { rootMargin: "100% 0px" });
  for (const place of places) watch.observe(place);
}
const once = (module) => (_, watch) => {
  watch.disconnect();
  import(module);
};
// What can be played with in the first view waits until the page has loaded and rests, or its reader stirs.
const rested = new Promise((rest) => {
  const wait = () => setTimeout(() => (window.requestIdleCallback ?? setTimeout)(rest), 1500);
  if (document.readyState === "complete") wait();
  else addEventListener("load", wait, { once: true });
  for (const sign of ["pointermove", "pointerdown", "keydown", "scroll"]) addEventListener(sign, rest, { once: true, passive: true });
});

// A chart comes as a picture of its own. In the page itself it wears the page's colours, and its words are text.
async function draw(image) {
  try {
    const answer = await fetch(image.src);
    // What it brings for a life of its own stays behind; the page's policy would refuse the style anyway.
    const text = (await answer.text()).replace(/<style>.*?<\/style><rect[^>]*>/s, "");
    const drawn = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    if (!answer.ok || drawn.localName !== "svg") return;
    image.replaceWith(document.adoptNode(drawn));
  } catch { /* the picture stays */ }
}

// Once, and again whenever somebody has changed the page's body and says so.
function look() {
  if (navigator.clipboard) offerCopies();
  for (const box of all(":is(pre, .table-wrap, .math, .cell-output, .cell-output > div)[tabindex]")) sized.observe(box);
  if (document.querySelector('meta[name="python-blocks"], [data-program-src]')) {
    if (location.hash.startsWith("#edit=")) import("./run.js"); // a link with an edit in it
    else whenNear(".cell[data-block]", once("./run.js"));
  }
  rested.then(() => whenNear(".explorable[data-component]", once("./explorables.js")));
  whenNear("[data-scrub-src]", once("./scrubs.js"));
  whenNear("img.chart", draw);
}
look();
document.addEventListener("executable-posts:changed", look);
