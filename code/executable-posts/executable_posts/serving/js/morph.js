// Turn one document into another in place. Both are known as they were served: only where those two differ is the page
// touched, so whatever its scripts and its reader have made of the rest (what is unfolded, what was run) stays.

/** Which node of the page stands for a node of the served document. @type {WeakMap<any, any>} */
const live = new WeakMap();
/** What a script has put in the place of a node, such as a drawing of a picture. @type {WeakMap<any, any>} */
const replaced = new WeakMap();

/** Note that a page's nodes stand for those of a copy of it. */
export function stands(copy, node) {
  live.set(copy, node);
  copy.childNodes.forEach((child, at) => stands(child, node.childNodes[at]));
}

/** Note what scripts replace on the page, from now on. */
export function follow(root) {
  new MutationObserver((records) => {
    for (const { removedNodes, addedNodes } of records) {
      if (removedNodes.length === 1 && addedNodes.length === 1) replaced.set(removedNodes[0], addedNodes[0]);
    }
  }).observe(root, { childList: true, subtree: true });
}

/** Find what stands on the page for a node of the served document; null if nothing does any more. */
function standing(node) {
  let found = live.get(node);
  while (found && !found.isConnected && replaced.has(found)) found = replaced.get(found);
  return found?.isConnected ? found : null;
}

/** Let the nodes that stood for `old`, which is equal to `next`, stand for `next`. */
function inherit(old, next) {
  if (live.has(old)) live.set(next, live.get(old));
  old.childNodes.forEach((child, at) => inherit(child, next.childNodes[at]));
}

function imported(node) {
  const made = document.importNode(node, true);
  stands(node, made);
  return made;
}

const ELEMENT = 1;
const text = (node) => (node.nodeType === ELEMENT ? node.outerHTML : `${node.nodeType}${node.data}`);
// Lines move: `L14` is not who a block is.
const named = (node) => (node.id && !/^L\d+$/.test(node.id) ? node.id : "");
const kind = (node) => `${node.nodeName} ${named(node)} ${node.nodeType === ELEMENT ? node.getAttribute("class") : ""}`;

/** Pair equal keys of two lists, as many as can be in one order (Hunt and Szymanski). Returns [place in olds, place in nexts]. */
function common(olds, nexts) {
  const places = new Map(); // key -> its places among the old ones, the last first
  for (let at = olds.length - 1; at >= 0; at -= 1) {
    if (places.has(olds[at])) places.get(olds[at]).push(at);
    else places.set(olds[at], [at]);
  }
  const tails = []; // of a run of each length, the one that ends first
  nexts.forEach((key, at) => {
    for (const place of places.get(key) ?? []) {
      let [low, high] = [0, tails.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (tails[middle].place < place) low = middle + 1;
        else high = middle;
      }
      tails[low] = { place, at, before: tails[low - 1] };
    }
  });
  const found = [];
  for (let one = tails.at(-1); one; one = one.before) found.unshift([one.place, one.at]);
  return found;
}

/** Pair the children of two nodes, in order: those that are equal, and between them those that are alike. Returns next -> old. */
function pairs(olds, nexts) {
  const paired = new Map();
  const [oldTexts, nextTexts] = [olds.map(text), nexts.map(text)];
  let start = 0;
  let [oldEnd, nextEnd] = [olds.length, nexts.length];
  while (start < Math.min(oldEnd, nextEnd) && oldTexts[start] === nextTexts[start]) start += 1;
  while (Math.min(oldEnd, nextEnd) > start && oldTexts[oldEnd - 1] === nextTexts[nextEnd - 1]) [oldEnd, nextEnd] = [oldEnd - 1, nextEnd - 1];
  const equal = common(oldTexts.slice(start, oldEnd), nextTexts.slice(start, nextEnd)).map(([old, next]) => [old + start, next + start]);
  for (let at = 0; at < start; at += 1) paired.set(nexts[at], olds[at]);
  for (let at = nextEnd; at < nexts.length; at += 1) paired.set(nexts[at], olds[at - nextEnd + oldEnd]);
  let [old, next] = [start, start];
  for (const [oldAt, nextAt] of [...equal, [oldEnd, nextEnd]]) {
    const between = common(olds.slice(old, oldAt).map(kind), nexts.slice(next, nextAt).map(kind));
    for (const [one, other] of between) paired.set(nexts[next + other], olds[old + one]);
    if (nextAt < nextEnd) paired.set(nexts[nextAt], olds[oldAt]);
    [old, next] = [oldAt + 1, nextAt + 1];
  }
  return paired;
}

const code = (cell) => cell.querySelector(".highlight")?.textContent;

/** Whether scripts keep hold of what is in an element, so that it changes only as a whole: what a reader ran belongs to its code. */
const whole = (old, next) => next.nodeType === ELEMENT
  && (next.matches("[data-component]") || (next.matches(".cell") && code(old) !== code(next)));

function replace(node, next) {
  const made = imported(next);
  const open = [...(node.querySelectorAll?.("details") ?? [])].map((fold) => fold.open);
  if (open.length) made.querySelectorAll("details").forEach((fold, at) => (fold.open ||= open[at]));
  node.replaceWith(made);
}

/** Change what stands for `old` into `next`; both are of one kind. Returns false where that cannot be done in place. */
export function morph(old, next) {
  if (old.isEqualNode(next)) {
    inherit(old, next);
    return true;
  }
  const node = standing(old);
  if (!node || kind(old) !== kind(next)) return false;
  if (node !== live.get(old) || whole(old, next)) { // the first: a script put something else there
    replace(node, next);
    return true;
  }
  live.set(next, node);
  if (node.nodeType !== ELEMENT) {
    node.data = next.data;
    return true;
  }
  attributes(node, old, next);
  children(node, old, next);
  return true;
}

/** Change the attributes that differ between the two served ones; any other is the page's own, such as a fold's `open`. */
function attributes(node, old, next) {
  for (const { name } of [...old.attributes]) if (!next.hasAttribute(name)) node.removeAttribute(name);
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) === value) continue;
    if (name === "href" && node.matches("link[rel~=stylesheet]")) restyle(node, value);
    else node.setAttribute(name, value);
  }
}

/** Take another style sheet, and let go of the one before only then: the page must not stand there without. */
function restyle(link, href) {
  const before = link.cloneNode();
  link.before(before);
  for (const event of ["load", "error"]) link.addEventListener(event, () => before.remove(), { once: true });
  link.href = href;
}

function children(node, old, next) {
  const paired = pairs([...old.childNodes], [...next.childNodes]);
  const kept = new Set(paired.values());
  let after = null; // what stands on the page for the child before
  for (const child of next.childNodes) {
    const partner = paired.get(child);
    if (!partner || !morph(partner, child)) {
      const made = imported(child);
      if (partner) standing(partner)?.remove();
      if (after) after.after(made);
      else node.prepend(made);
    }
    after = standing(child) ?? after;
  }
  for (const child of old.childNodes) if (!kept.has(child)) standing(child)?.remove();
}
