// Keep a served page up to date: the server's events say which build is on show, what runs and what is wrong.
// The first of a page's modules, so that it sees the document as it was served, before any other has touched it.
import { follow, morph, stands } from "./morph.js";
import { show } from "./panel.js";

/** @type {HTMLElement} */
const own = document.querySelector("script[data-built]");
const loaded = own.dataset.built;
let built = loaded; // the build that the page shows
let state = null; // the last that the server told
let busy = false;
const parts = ["head", "body"].map((name) => ({ name, served: document[name].cloneNode(true) }));
for (const { name, served } of parts) stands(served, document[name]);
follow(document);
const runs = (script) => !script.type || /^module$|script$/i.test(script.type);
const touched = [...document.body.querySelectorAll("script")].some(runs); // scripts that came before this one

/** Give files that have changed since the page was loaded another address, so that they are fetched anew. */
function freshen(next, versions) {
  for (const element of next.querySelectorAll("[src], [data-src], [data-program-src], [data], link[href]")) {
    for (const name of ["src", "data-src", "data-program-src", "data", "href"]) {
      const value = element.getAttribute(name);
      if (!value || value.startsWith("#")) continue;
      const url = new URL(value, document.baseURI);
      const version = url.origin === location.origin && versions[decodeURI(url.pathname)];
      if (version && version > loaded) element.setAttribute(name, `${value.replace(/[?#].*/s, "")}?${version}`);
    }
  }
}

/** What a page must be loaded anew for: its policy, and the scripts that have run. */
const fixed = (page) => [...page.querySelectorAll('meta[http-equiv], script:not([data-built])')].map((one) => one.outerHTML).join("\n");

/** Change the page, and leave what is being read where it is on the screen. */
function keepingPlace(change) {
  const root = document.documentElement;
  const place = scrollY > 0 && document.elementFromPoint(innerWidth / 2, innerHeight / 3);
  const before = place && place.getBoundingClientRect().top;
  root.style.overflowAnchor = "none"; // the browser would move as well
  change();
  if (place && place.isConnected) scrollBy({ top: place.getBoundingClientRect().top - before, behavior: "instant" });
  root.style.removeProperty("overflow-anchor");
  if (!root.getAttribute("style")) root.removeAttribute("style");
}

const KEPT = "executable-posts-place";
const folds = () => [...document.querySelectorAll("details")];

/** Load the page anew, and come back to the same place with the same folds open. */
function reload() {
  const open = folds().flatMap((fold, at) => (fold.open ? [at] : []));
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, x: scrollX, y: scrollY, open }));
  } catch { /* storage is off: the page begins anew */ }
  location.reload();
}

function comeBack() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEPT));
    sessionStorage.removeItem(KEPT);
    if (kept?.path !== location.pathname) return;
    folds().forEach((fold, at) => (fold.open = kept.open.includes(at)));
    scrollTo({ left: kept.x, top: kept.y, behavior: "instant" });
  } catch { /* storage is off */ }
}

async function refresh() {
  const answer = await fetch(location.href, { cache: "no-store" });
  const text = await answer.text();
  const next = new DOMParser().parseFromString(text, "text/html");
  const now = next.querySelector("script[data-built]")?.getAttribute("data-built");
  if (!answer.ok || !now) return reload();
  freshen(next, await (await fetch("/.serve/versions")).json());
  const before = parts.map(({ served }) => fixed(served)).join("\n");
  if (touched || before !== [next.head, next.body].map(fixed).join("\n")) return reload();
  let done = true;
  keepingPlace(() => {
    for (const part of parts) {
      done = morph(part.served, next[part.name]) && done;
      part.served = next[part.name];
    }
  });
  if (!done) return reload();
  built = now;
  document.dispatchEvent(new CustomEvent("executable-posts:changed"));
  return undefined;
}

async function catchUp() {
  if (busy) return;
  busy = true;
  try {
    for (let tried; state.built !== built && state.built !== tried; ) {
      tried = state.built;
      await refresh();
    }
  } catch { /* the server has gone; it will tell when it is back */ }
  busy = false;
}

/** Listen while somebody looks: a browser opens six connections to a server, and a hidden page needs none. */
let source = null;
function listen() {
  source?.close();
  source = null;
  if (document.hidden) return;
  source = new EventSource("/.serve/events");
  source.onmessage = ({ data }) => {
    state = JSON.parse(data);
    show(state);
    catchUp();
  };
  source.onerror = () => show({ ...state, lost: true });
}
document.addEventListener("visibilitychange", listen);
addEventListener("pagehide", () => source?.close());
addEventListener("pageshow", ({ persisted }) => persisted && listen());
comeBack();
listen();
