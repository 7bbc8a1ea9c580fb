// A pipe that is read in part, and what three tempers of the kernel say about it. Every answer was recorded.
import { h, say } from "./dom.js";
import { linkButton, travel } from "./travel.js";

export { sheet } from "./dom.js";

export default async function mount(box, data) {
  const actions = Object.keys(data.actions);
  const done = ["write", "read"]; // a first part of a conversation, to be gone on with
  const pipe = h("div", { class: "x-pipe", role: "img" });
  const rows = h("tbody");
  const verdict = h("p", { class: "x-verdict", role: "status" });
  const buttons = actions.map((action) => h("button", { type: "button", "data-action": action, onclick: () => act(action) }, sentence(data.actions[action])));
  const undo = h("button", { type: "button", onclick: () => { done.pop(); draw(); } }, "Undo");
  const again = h("button", { type: "button", onclick: () => { done.length = 0; draw(); } }, "Start again");
  const heads = data.tempers.map((temper) => h("th", { scope: "col" }, temper));

  // All conversations of one length stand together, in the order of numbers in base 3.
  function answer(upTo) {
    let offset = 0, place = 0;
    for (let length = 1; length < upTo; length += 1) offset += actions.length ** length;
    for (const action of done.slice(0, upTo)) place = place * actions.length + actions.indexOf(action);
    const digit = Number(data.answers[offset + place]);
    return data.tempers.map((_, bit) => Boolean(digit & (1 << bit)));
  }

  function contents(upTo) {
    let text = "";
    for (const action of done.slice(0, upTo)) {
      if (action === "write") text += data.written;
      else if (action === "read") text = text.slice(data.taken);
    }
    return text;
  }

  function act(action) {
    done.push(action);
    draw();
    trip.keep();
  }

  function draw() {
    const held = contents(done.length);
    pipe.setAttribute("aria-label", `The pipe holds ${held.length || "no"} bytes`);
    pipe.replaceChildren(h("span", { class: "x-end" }, "read end"), h("span", { class: "x-bytes" }, [...held].map((byte) => h("span", {}, byte))), h("span", { class: "x-end" }, "write end"));
    rows.replaceChildren(...done.map((action, n) => {
      const left = contents(n + 1).length, said = answer(n + 1);
      const empty = action === "read" && contents(n).length === 0;
      return h("tr", {}, h("th", { scope: "row" }, `${n + 1}. ${data.actions[action]}${empty ? ": EAGAIN" : ""}`), h("td", {}, left),
        said.map((ready) => h("td", { "data-ready": String(ready) }, ready ? "● ready" : "– silent")));
    }), ...Array.from({ length: Math.max(0, 4 - done.length) }, () => h("tr", { class: "x-empty", "aria-hidden": "true" }, h("th", {}, "\u00a0"), data.tempers.map(() => h("td")), h("td"))));
    for (const button of buttons) button.disabled = done.length >= data.depth;
    undo.disabled = again.disabled = done.length === 0;
    say(verdict, words(held));
  }

  function words(held) {
    if (!done.length) return "The pipe is empty. Write something, read a part of it, and see who reminds you.";
    const said = answer(done.length);
    const told = data.tempers.map((temper, n) => `${temper}: ${said[n] ? "ready" : "silent"}`).join(", ");
    const end = done.length >= data.depth ? " The recording ends here: start again." : "";
    const silent = data.tempers.filter((temper, n) => temper !== "one-shot" && !said[n]);
    if (held && silent.length) return `${held.length} bytes lie in the pipe (${told}). If the peer waits for your answer before it writes again, edge has you both stuck.${end}`;
    if (!held && done.at(-1) === "read") return `Nothing is left, and nobody says a word: now you may go to sleep.${end}`;
    return `${held.length} bytes in the pipe. ${told}.${end}`;
  }

  // A link has the first letter of each action: #pipe=did:wraw.
  const trip = travel("pipe", {
    read: () => ({ did: done.map((action) => action[0]).join("") }),
    write({ did = "" }) {
      const known = [...did].map((letter) => actions.find((action) => action[0] === letter)).filter(Boolean);
      done.splice(0, done.length, ...known.slice(0, data.depth));
    },
  });
  trip.arrive();
  box.append(h("div", { class: "x-buttons" }, buttons, undo, again), pipe, verdict,
    h("div", { class: "x-table", tabindex: "0" }, h("table", {}, h("caption", {}, `What ${data.mechanism} said, asked once after each action`), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "you"), h("th", { scope: "col" }, "left"), heads)), rows)),
    h("p", { class: "x-note" }, `No model: all ${data.answers.length.toLocaleString("en")} conversations of up to ${data.depth} actions were held with the kernel of the build machine.`),
    h("div", { class: "x-foot" }, h("span"), linkButton(h, trip, "Copy link to this conversation")));
  draw();
}

const sentence = (words) => words[0].toUpperCase() + words.slice(1);
