// What every page does besides being read: the theme's switch, the contents that follow the reading, the search.
// Without this script all of it stays readable; whatever needs it appears only with it. Blocks have a script of the engine's.
const root = document.documentElement;
/** @type {(selector: string, within?: ParentNode) => any[]} of whatever kind the selector names */
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

// The contents: the section being read is the last heading above the upper third of the window.
let contents = all(".toc a");
if (contents.length) {
  let headings, current, asked = false;
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
  const look = () => {
    [contents, headings, current] = [all(".toc a"), all(":is(h2, h3)[id]", document.querySelector(".prose")), undefined];
    follow();
  };
  look();
  document.addEventListener("executable-posts:changed", look);
  addEventListener("click", ({ target }) => {
    const fold = target instanceof Element && target.closest("a")?.closest(".toc-fold");
    if (fold instanceof HTMLDetailsElement) fold.open = false;
  });
}

const search = document.getElementById("search");
if (search) {
  const wake = () => import("./search.js").then((module) => module.start(search));
  search.addEventListener("focusin", wake, { once: true });
  search.hidden = false;
}
