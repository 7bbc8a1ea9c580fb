// What the boards share: how a page is written to, and how it says whether it is live. Its words and shapes are wall.css's.
export const $ = (id) => document.getElementById(id);

// Only what has changed is written: a reader of the screen hears nothing twice.
export const write = (node, words) => { if (node.textContent !== words) node.textContent = words; };

/** Make an SVG element. @param {string} tag @param {Record<string, string | number>} attributes @param {Node[]} children */
export function s(tag, attributes, children = []) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

// A count of what should not happen: it stands out as soon as there is some.
export function alarming(node, count, words = String(count)) {
  write(node, words);
  node.parentElement.classList.toggle("some", count > 0);
}

/** Say whether what is seen is live. @param {"live" | "connecting" | "offline"} word @param {string} [why] it is offline */
export function status(word, why) {
  const line = $("status");
  // "connecting" after a failure would hide its reason, so that stays until it is mended.
  if (word === "connecting" && line.dataset.status === "offline") return;
  line.dataset.status = word;
  const said = { live: "live", connecting: "connecting …", offline: `offline: ${why}; trying again; what you see is what was said last` };
  write(line, said[word]);
}
