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

// The contents: the section being read is the last heading above the upper third of the window. On a narrow window their
// summary is a compass: part, section, and the share that has been read.
let contents = all(".toc a");
if (contents.length) {
  const where = document.createElement("span"), share = document.createElement("span");
  share.className = "count";
  let headings, prose, current, asked = false;
  const follow = () => {
    asked = false;
    const { top, height } = prose.getBoundingClientRect();
    share.textContent = `${Math.round(100 * Math.min(1, Math.max(0, (innerHeight / 3 - top) / height)))} %`;
    const now = headings.findLast((h) => h.getBoundingClientRect().top < innerHeight / 3)?.id;
    if (now === current) return;
    current = now;
    const here = headings.findIndex((h) => h.id === now);
    const part = headings.slice(0, here + 1).findLast((h) => h.localName === "h2");
    where.textContent = [...new Set([part, headings[here]])].flatMap((h) => h?.firstChild?.textContent ?? []).join(" › ") || "Contents";
    for (const link of contents) {
      const mine = link.hash === `#${now}`;
      if (mine) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
      const list = link.closest(".toc-margin");
      if (mine && list && list.scrollHeight > list.clientHeight) {
        list.scrollTo({ top: link.offsetTop - list.clientHeight / 2 });
      }
    }
  };
  addEventListener("scroll", () => {
    if (!asked) requestAnimationFrame(follow);
    asked = true;
  }, { passive: true });
  const look = () => {
    [contents, headings, prose, current] = [all(".toc a"), all(".prose :is(h2, h3)[id]"), document.querySelector(".prose"), null];
    document.querySelector(".toc-fold > summary")?.replaceChildren(where, share);
    follow();
  };
  look();
  document.addEventListener("executable-posts:changed", look);
  addEventListener("click", (event) => {
    const fold = document.querySelector(".toc-fold[open]"), target = event.target;
    if (!(fold instanceof HTMLDetailsElement) || !fold.checkVisibility() || !(target instanceof Element)) return;
    const outside = !fold.contains(target);
    if (outside && event.detail) { // who taps beside it wants it away, and nothing else; a key was meant for its button
      event.preventDefault();
      event.stopPropagation();
    }
    if (outside || target.closest("a")) fold.open = false;
  }, { capture: true });
}

// A link to a moment of a figure, such as #kitchens=cooks:3,t:300, leads to that figure; it then reads the rest itself.
const [, figure] = location.hash.match(/^#([a-z]+)=/) ?? [];
if (figure) document.querySelector(`[data-component][data-src*="fig-${figure === "loop" ? "turns" : figure}"]`)?.scrollIntoView({ block: "center" });

const search = document.getElementById("search");
if (search) {
  const wake = () => import("./search.js").then((module) => module.start(search));
  search.addEventListener("focusin", wake, { once: true });
  search.hidden = false;
}
