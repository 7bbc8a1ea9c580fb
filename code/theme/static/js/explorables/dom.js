// Two functions to make elements, and what every component asks of the browser.
export const sheet = new URL("../../css/explorables.css", import.meta.url).href; // what every component here is dressed by
const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value === "boolean") element[name] = value;
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
  return element;
}

export const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
export const s = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

const motion = matchMedia("(prefers-reduced-motion: reduce)");
export const still = () => motion.matches;

let serial = 0;
export const fresh = (word) => `x-${word}-${(serial += 1)}`;

// Text and classes are written only when they change: a page at 60 frames a second has better things to do.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
export function state(element, name) {
  if (element.dataset.is !== name) element.dataset.is = name;
}

// The page's Python, if this site ships one and the browser can run it. Nothing of it is fetched before it is used.
export async function runtime() {
  if (!document.querySelector('meta[name="python-runtime"]')) return null;
  const { python } = await import("../../../executable-posts/python.js");
  return python.available ? python : null;
}

// What to tell a reader while Python gets going, and how much of it has come (0 to 1; null: nobody knows).
const STAGES = {
  waiting: "The page’s Python is still busy …", loading: "1 of 3: fetching Python for this page, once",
  starting: "2 of 3: starting Python, a few seconds …", running: "3 of 3: running the simulator …",
};
export const progress = (tell) => ({
  onStatus(word, fraction) {
    const coming = word === "loading" && fraction < 1;
    tell(coming ? `${STAGES.loading}, ${Math.round(100 * fraction)} % …` : STAGES[word === "loading" ? "starting" : word] ?? word, coming ? fraction : null);
  },
});
