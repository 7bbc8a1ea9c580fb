// What the server has to say, at the foot of the window: which block runs, and what is wrong. It stands beside the page's
// body, with a style of its own, so that it is no part of the page.
const STYLE = `
:host { all: initial; position: fixed; z-index: 2147483647; inset: auto 0 0 0; pointer-events: none; color-scheme: dark; font: 15px/1.45 system-ui, sans-serif; }
section, p.busy { pointer-events: auto; color: #f6f1ea; background: #221c18; }
section { max-height: 55vh; overflow: auto; padding: 14px 20px 18px; border-top: 4px solid #ff6b57; box-shadow: 0 -6px 24px rgb(0 0 0 / 35%); }
p.busy { position: absolute; right: 12px; bottom: 12px; max-width: calc(100vw - 24px); box-sizing: border-box; margin: 0; padding: 6px 14px; border-radius: 999px; font-size: 13px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
section + p.busy { position: fixed; bottom: auto; top: 12px; }
h2 { margin: 0; font: 600 13px/1.4 ui-monospace, monospace; color: #ffb3a7; overflow-wrap: anywhere; }
h2 + p { margin: 4px 0 0; font-size: 17px; font-weight: 600; overflow-wrap: anywhere; white-space: pre-wrap; }
p { margin: 6px 0 0; }
pre { margin: 12px 0 0; padding: 10px 0; overflow: auto; background: #14100d; border-radius: 6px; font: 13px/1.5 ui-monospace, monospace; tab-size: 4; }
pre span { display: block; padding: 0 14px; white-space: pre; min-width: max-content; }
pre i { display: inline-block; width: 4ch; margin-right: 14px; text-align: right; font-style: normal; color: #b3a79a; }
pre .here { background: #5a221b; }
pre.detail { padding: 10px 14px; white-space: pre-wrap; overflow-wrap: anywhere; }
code { font: 0.93em ui-monospace, monospace; background: #3a302a; border-radius: 4px; padding: 1px 5px; }
summary { margin-top: 10px; cursor: pointer; color: #d9cfc4; }
:focus-visible { outline: 2px solid #ffb3a7; outline-offset: 2px; }
button { float: right; margin: 0 0 0 16px; font: inherit; font-size: 13px; color: inherit; background: #3a302a; border: 1px solid #7a6d61; border-radius: 6px; padding: 3px 12px; cursor: pointer; }
small { color: #d9cfc4; font-size: 13px; }
`;
const PATIENCE = 250; // milliseconds for which a build needs no word

const host = document.createElement("executable-posts-server");
const root = host.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE); // the page's policy forbids a style element, not this
root.adoptedStyleSheets = [sheet];
let waiting = 0;
let told = ""; // the fault on show
let hidden = false;

function make(name, className, ...content) {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...content);
  return element;
}

/** Set what stands between backticks as code. */
const words = (text) => text.split("`").map((part, at) => (at % 2 ? make("code", "", part) : part));

const place = ({ path, line }) => (line ? `${path}:${line}` : path);

function fault(fault) {
  const box = make("section", "");
  box.setAttribute("role", "alert");
  box.setAttribute("aria-label", "The last build failed");
  const button = make("button", "", hidden ? "Show" : "Hide");
  button.type = "button";
  button.addEventListener("click", () => {
    hidden = !hidden;
    box.replaceWith(panel(fault));
  });
  box.append(button, make("h2", "", place(fault) || "Not built"), make("p", "", fault.found));
  return box;
}

function panel(of) {
  const box = fault(of);
  if (hidden) return box;
  if (of.mend) box.append(make("p", "", "Mend: ", ...words(of.mend)));
  if (of.excerpt.length) {
    const lines = of.excerpt.map(([number, text]) => make("span", number === of.line ? "here" : "", make("i", "", String(number)), text || " "));
    const pre = make("pre", "", ...lines);
    pre.tabIndex = 0;
    box.append(pre);
  }
  if (of.detail) {
    const fold = make("details", "", make("summary", "", "All that the build said"), make("pre", "detail", of.detail));
    fold.open = !of.excerpt.length;
    box.append(fold);
  }
  box.append(make("p", "", make("small", "", "The page shows the last good build. This goes when a save has mended it.")));
  return box;
}

function doing({ building, running, lost }) {
  if (lost) return "The server has stopped, or does not answer";
  const blocks = Object.values(running ?? {}).map(({ post, line, name, index, count }) => `${post}:${line} ${name} (${index + 1} of ${count})`);
  return blocks.length ? `Running ${blocks.join(", ")}` : building ? `Building: ${building}` : "";
}

function busy(state) {
  const now = doing(state);
  let line = root.querySelector("p.busy");
  if (!now) line?.remove();
  else {
    line ??= root.appendChild(make("p", "busy"));
    line.setAttribute("role", "status");
    line.textContent = now;
  }
}

/** Show a state of the server's. */
export function show(state) {
  if (!host.isConnected) document.documentElement.append(host);
  clearTimeout(waiting);
  if (root.querySelector("p.busy") || !state.building || state.lost) busy(state);
  else waiting = setTimeout(() => busy(state), PATIENCE);
  const now = JSON.stringify(state.fault ?? null);
  if (now === told) return;
  told = now;
  hidden = false;
  root.querySelector("section")?.remove();
  if (state.fault) root.prepend(panel(state.fault));
}
