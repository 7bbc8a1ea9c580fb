// Finds the explorable figures of a page and wakes each when the reader comes near. Until then, and if anything is
// missing, the still picture inside it stays.
// The modules are the site's own: in the folder beside this script, or where a theme's data-explorables says. A module's default
// export mounts it (box, data, part); its export `sheet`, if it has one, is the address of a style sheet it needs.
/** @type {HTMLElement | null} */
const told = document.querySelector("[data-explorables]");
const folder = new URL(told?.dataset.explorables ?? new URL("explorables/", import.meta.url), document.baseURI);
const sheets = new Map();

function styles(address) {
  if (!address) return null;
  const { href } = new URL(address, folder);
  if (!sheets.has(href)) {
    sheets.set(href, new Promise((resolve, reject) => {
      const link = document.createElement("link");
      link.rel = "stylesheet";
      link.href = href;
      link.onload = resolve;
      link.onerror = () => reject(new Error("the style sheet is missing"));
      document.head.append(link);
    }));
  }
  return sheets.get(href);
}

export async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address.pathname}: ${answer.status}`);
  return answer.json();
}

async function wake(place) {
  const source = new URL(place.dataset.src, document.baseURI);
  const part = (name) => json(new URL(source.href.replace(/\.json$/, `.${name}.json`)));
  try {
    const [{ default: mount, sheet }, data] = await Promise.all([
      import(new URL(`${place.dataset.component}.js`, folder).href), json(source),
    ]);
    await styles(sheet);
    // The still is kept, hidden: it comes back if the component fails, and on paper.
    const still = [...place.childNodes];
    const box = document.createElement("div");
    box.className = "x-box";
    await mount(box, data, part);
    const kept = document.createElement("div");
    kept.className = "x-still";
    kept.append(...still);
    place.replaceChildren(box, kept);
    place.dataset.state = "awake";
  } catch (error) {
    place.dataset.state = "failed";
    console.error(`explorable ${place.dataset.component}:`, error);
    const note = document.createElement("p");
    note.className = "explorable-note";
    note.textContent = `This figure can be played with, but it did not load (${error.message}). The picture above stands in for it.`;
    place.append(note);
  }
}

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    wake(target);
  }
}, { rootMargin: "60% 0px" });
function look() {
  for (const place of document.querySelectorAll(".explorable[data-component]:not([data-state])")) near.observe(place);
}
look();
document.addEventListener("executable-posts:changed", look);
