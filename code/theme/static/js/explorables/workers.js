// One connection, two workers, three tempers. Every state was computed with the page; here one only walks between them.
import { fresh, h, say, state } from "./dom.js";

export { sheet } from "./dom.js";

export default async function mount(box, data) {
  const tempers = Object.keys(data.tempers);
  const done = [...data.begun];
  let temper = "edge";
  const group = fresh("temper");
  const choice = h("div", { class: "x-choice", role: "radiogroup", "aria-label": "Temper" }, tempers.map((name) => {
    const input = h("input", { type: "radio", name: group, value: name, onchange: () => { temper = name; replay(); } });
    input.checked = name === temper;
    return h("label", {}, input, name);
  }));
  const bytes = h("span", { class: "x-bytes" });
  const socket = h("div", { class: "x-pipe", role: "img" }, h("span", { class: "x-end" }, "client"), bytes, h("span", { class: "x-end" }, "socket"));
  const list = h("section", { class: "x-cell" }, h("h4", {}, "Ready list"), h("p"));
  const verdict = h("p", { class: "x-verdict", role: "status" });
  const button = (action, words, name = "") => h("button", { type: "button", "data-action": action, "aria-label": name ? words : undefined, onclick: () => act(action) }, name ? words.slice(name.length + 1) : words);
  const arrive = button("arrive", sentence(data.words.arrive));
  const doings = data.workers.map((name, n) => ["ask", "read", "leave", "rearm"].map((what) => {
    const words = `${name} ${data.words[what]}`;
    return button(`${what} ${n}`, words, name);
  }));
  const cards = data.workers.map((name, n) => h("section", { class: "x-cell x-worker" }, h("h4", {}, name), h("p"), h("div", { class: "x-buttons", role: "group", "aria-label": name }, doings[n])));
  const undo = h("button", { type: "button", onclick: () => { done.pop(); draw(); } }, "Undo");
  const again = h("button", { type: "button", onclick: () => { done.length = 0; draw(); } }, "Start again");
  const story = h("ol", { class: "x-story" });

  // Where these actions lead; null as soon as one of them is not possible in this temper.
  function walk(actions) {
    const path = [data.tempers[temper][0]];
    for (const action of actions) {
      const next = path.at(-1).next[action];
      if (next === undefined) return null;
      path.push(data.tempers[temper][next]);
    }
    return path;
  }

  // Another temper: as much of the same story as it allows.
  function replay() {
    while (!walk(done)) done.pop();
    draw();
  }

  // What cannot be done now is not offered; whoever works by keyboard stays with the same worker.
  function act(action) {
    const focused = () => /** @type {HTMLElement} */ (document.activeElement), row = focused()?.closest(".x-worker");
    done.push(action);
    draw();
    if (row && (focused() === document.body || focused()?.hidden)) /** @type {HTMLElement} */ (row.querySelector("button:not([hidden])"))?.focus();
  }

  function draw() {
    const path = walk(done), now = path.at(-1);
    socket.setAttribute("aria-label", `${now.bytes || "No"} bytes lie in the socket`);
    bytes.replaceChildren(...Array.from({ length: now.bytes / data.taken }, () => h("span", { class: "x-four" }, data.taken)));
    say(list.lastChild, now.listed ? "our connection" : now.armed ? "nobody" : "nobody; our connection is switched off");
    state(list, now.listed ? "full" : "empty");
    cards.forEach((card, n) => {
      say(card.querySelector("p"), now.inside[n] ? "is inside the connection" : "waits to be told");
      state(card, now.inside[n] ? (now.inside.every(Boolean) ? "clash" : "inside") : "away");
    });
    arrive.disabled = now.next.arrive === undefined;
    for (const one of doings.flat()) one.hidden = now.next[one.dataset.action] === undefined;
    undo.disabled = again.disabled = done.length === 0;
    story.replaceChildren(...done.map((action, n) => h("li", {}, told(action, path[n], path[n + 1]))));
    say(verdict, words(now));
  }

  function told(action, before, after) {
    const [what, number] = action.split(" ");
    if (what === "arrive") return sentence(data.words.arrive);
    const line = `${data.workers[number]} ${data.words[what]}`;
    if (what === "ask") return `${line}: ${after.inside[number] ? "told" : "silence"}`;
    return what === "read" && !before.bytes ? `${line}: EAGAIN` : line;
  }

  function words(now) {
    if (now.inside.every(Boolean)) return "Both are inside the same connection. Each takes a part of the question, and neither has all of it.";
    if (!now.inside.some(Boolean) && !now.armed) return "Nobody is inside, and the connection is switched off: whoever was here went back without re-arming. Whatever arrives now, nobody will be told.";
    if (!now.inside.some(Boolean) && now.bytes && !now.listed) return `${now.bytes} bytes lie in the socket, nobody is inside, and the list is empty: unless more arrives, this client waits for ever.`;
    if (now.inside.some(Boolean)) return `${data.workers[now.inside.indexOf(true)]} is at work alone. ${now.listed ? "The connection is on the list all the same: whoever asks next is told." : "The list is empty."}`;
    return now.listed ? "The connection is on the list: the first who asks is told." : "Nothing to do, and nobody is held.";
  }

  box.append(choice, socket, h("div", { class: "x-cells x-three" }, list, ...cards), verdict,
    h("div", { class: "x-buttons" }, arrive, undo, again),
    story, h("p", { class: "x-note" }, "A model, and a checked one: when this page was built, the kernel gave the same answers."));
  draw();
}

const sentence = (words) => words[0].toUpperCase() + words.slice(1);
