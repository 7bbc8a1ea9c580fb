// The page's side of a theme that knows nothing of us: blocks are light or dark as what they stand on, then all that cells do.
// A theme may turn dark in many ways; what its page looks like is the only thing that they have in common.
import "./cells.js";

/** @type {NodeListOf<HTMLElement>} */
const posts = document.querySelectorAll(".executable-post:not(.listing-page)");
const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** The colour that an element stands on, as red, green, blue: the first that is not see-through, else the canvas's own. */
function ground(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour; // whatever notation it is in, the canvas knows it
    paint.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = paint.getImageData(0, 0, 1, 1).data;
    if (alpha > 127) return [red, green, blue];
  }
  const dark = /\bdark\b/.test(getComputedStyle(document.documentElement).colorScheme)
    && matchMedia("(prefers-color-scheme: dark)").matches;
  return dark ? [0, 0, 0] : [255, 255, 255];
}

function dress() {
  for (const post of posts) {
    const [red, green, blue] = ground(post.parentElement);
    post.style.colorScheme = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128 ? "dark" : "light";
  }
}

if (posts.length) {
  dress();
  // A theme's own switch changes a class or an attribute at the top, or its style sheet's media.
  const watch = new MutationObserver(dress);
  for (const element of [document.documentElement, document.body]) {
    watch.observe(element, { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-bs-theme", "data-mode"] });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => requestAnimationFrame(dress));
}
