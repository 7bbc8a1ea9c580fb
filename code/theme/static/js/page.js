// What every page does besides being read: the theme's switch, copying code, the contents that follow the reading, notes
// that unfold. Without this script all of it stays readable; whatever needs it appears only with it.
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// The theme: the system's, until the reader asks for the other one, then for this one for good, then for the system's.
const button = document.getElementById("theme-switch");
const system = matchMedia("(prefers-color-scheme: dark)");
const other = () => (system.matches ? "light" : "dark");

function showTheme() {
  const chosen = root.dataset.theme;
  const next = !chosen ? other() : chosen === other() ? (system.matches ? "dark" : "light") : "system";
  button.textContent = { light: "Light", dark: "Dark" }[chosen] ?? "Auto";
  button.dataset.state = chosen ?? "auto";
  button.setAttribute("aria-label", `${button.textContent}: the theme. Switch to ${next === "system" ? "the system's" : next}`);
  button.onclick = () => {
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    try {
      if (next === "system") localStorage.removeItem("theme");
      else localStorage.setItem("theme", next);
    } catch { /* storage is off: the choice lasts for this page */ }
    showTheme();
  };
}
if (button) {
  system.addEventListener("change", showTheme);
  showTheme();
  button.hidden = false;
}

// Copy: what is in the block, without what this page put around it.
if (navigator.clipboard) {
  for (const code of all(".highlight > pre > code")) {
    if (code.closest(".side-by-side")) continue; // fragments: they stand elsewhere in full
    const label = code.closest(".cell-source, .noeval")?.querySelector(".cell-label, .noeval-reason");
    const copy = document.createElement("button");
    copy.type = "button";
    copy.className = "copy";
    copy.textContent = "Copy";
    const where = label?.querySelector("a, span:last-of-type")?.textContent;
    copy.setAttribute("aria-label", where ? `Copy ${where}` : "Copy this code");
    copy.onclick = async () => {
      try {
        await navigator.clipboard.writeText(code.textContent.trimEnd() + "\n");
        copy.textContent = "Copied";
      } catch {
        copy.textContent = "Not allowed";
      }
      setTimeout(() => (copy.textContent = "Copy"), 2000);
    };
    (label ?? code.closest(".highlight")).append(copy);
  }
}

// The contents: the section being read is the last heading above the upper third of the window.
const contents = all(".toc a");
if (contents.length) {
  const headings = all(":is(h2, h3)[id]", document.querySelector(".prose"));
  let current, asked = false;
  const follow = () => {
    asked = false;
    const now = headings.findLast((h) => h.getBoundingClientRect().top < innerHeight / 3)?.id;
    if (now === current) return;
    current = now;
    for (const link of contents) {
      const here = link.hash === `#${now}`;
      if (here) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
      const list = link.closest(".toc-margin");
      if (here && list && list.scrollHeight > list.clientHeight) {
        list.scrollTo({ top: link.offsetTop - list.clientHeight / 2 });
      }
    }
  };
  addEventListener("scroll", () => {
    if (!asked) requestAnimationFrame(follow);
    asked = true;
  }, { passive: true });
  follow();
  for (const link of all(".toc-fold a")) link.addEventListener("click", () => (link.closest("details").open = false));
}

// A note beside its mark: on a narrow window a second tap on the mark folds it again.
for (const mark of all(".note-mark > a")) {
  mark.addEventListener("click", (event) => {
    if (location.hash !== mark.hash) return;
    event.preventDefault();
    const { scrollX, scrollY } = window;
    location.hash = mark.id;
    scrollTo({ left: scrollX, top: scrollY, behavior: "instant" });
  });
}

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
if (document.querySelector('meta[name="python-blocks"]')) whenNear(".cell[data-block]", once("./run.js"));
whenNear(".explorable[data-component]", once("./explorables.js"));

// A chart comes as a picture of its own. In the page itself it wears the page's colours, and its words are text.
whenNear("img.chart", async (image) => {
  try {
    const answer = await fetch(image.src);
    // What it brings for a life of its own stays behind; the page's policy would refuse the style anyway.
    const text = (await answer.text()).replace(/<style>.*?<\/style><rect[^>]*>/s, "");
    const drawn = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    if (!answer.ok || drawn.localName !== "svg") return;
    image.replaceWith(document.adoptNode(drawn));
  } catch { /* the picture stays */ }
});

const search = document.getElementById("search");
if (search) {
  const wake = () => import("./search.js").then((module) => module.start(search));
  search.addEventListener("focusin", wake, { once: true });
  search.hidden = false;
}
