// What a reader's run of a block put out: a box below the code, with what the build recorded folded under it.
import { picture } from "./pictures.js";
import { printed } from "./printed.js";

export function make(tag, className, text = "", attributes = {}) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

export class Result {
  /** element: the cell; source: its code; name: what it is called. */
  constructor(element, source, name) {
    const anchor = source.closest("details.cell-folded") ?? source;
    const recorded = [...element.children].slice([...element.children].indexOf(anchor) + 1);
    this.box = make("section", "run-mine", "", { "aria-label": `Output of ${name}` });
    const verdict = make("div", "run-verdict", "", { role: "status" }); // and its reason, beside each other
    this.title = make("p", "run-title");
    this.reason = make("pre", "run-error");
    this.reason.hidden = true;
    verdict.append(this.title, this.reason);
    this.output = make("div", "run-output", "", { role: "status", "aria-atomic": "false" });
    this.box.append(verdict, this.output);
    anchor.after(this.box);
    if (recorded.length) {
      this.recorded = make("details", "run-recorded");
      this.recorded.append(make("summary", "", "Recorded when the site was built"), ...recorded);
      element.append(this.recorded);
    }
    this.begin();
  }

  begin() {
    this.output.replaceChildren();
    this.pieces = [];
    this.reason.hidden = true;
    this.title.textContent = "Yours, running";
  }

  /** Take it away, and put back what was recorded. */
  remove() {
    this.box.remove();
    this.recorded?.replaceWith(...[...this.recorded.children].slice(1));
  }

  /** Gather output until the next frame: a loop of prints must not keep the page from painting. */
  put(kind, text) {
    this.pieces.push([kind, text]);
    if (this.pieces.length === 1) requestAnimationFrame(() => this.paint());
  }

  paint() {
    for (const [kind, text] of this.pieces.splice(0)) {
      if (kind === "svg") {
        const frame = make("div", "run-picture");
        frame.append(picture(text) ?? make("pre", "run-error", "The picture cannot be read."));
        this.output.append(frame);
        continue;
      }
      const last = /** @type {HTMLElement} */ (this.output.lastElementChild);
      const ends = kind === "result" ? "\n" : "";
      const same = last?.dataset.kind === kind;
      const box = same ? last : make("pre", `run-${kind}`, "", { "data-kind": kind });
      if (!same) this.output.append(box);
      printed(box, text + ends);
    }
  }

  /** Say how it ended. answer: ok, error, stopped, and ran: lines of what ran first. */
  finish(answer, seconds, changed) {
    this.paint();
    if (!answer.ok) {
      this.reason.className = answer.stopped ? "run-stopped" : "run-error";
      this.reason.textContent = answer.error;
      this.reason.hidden = false;
    } else if (!this.output.childNodes.length) {
      this.output.append(make("p", "run-silent", "It ran, and printed nothing."));
    }
    const several = answer.ran?.length > 1 ? "s" : "";
    const first = answer.ran?.length ? `, after what it needs of the block${several} at line${several} ${answer.ran.join(", ")}` : "";
    const verdict = answer.ok ? `run in ${seconds < 0.095 ? seconds.toFixed(2) : seconds.toFixed(1)} s` : answer.stopped ? "stopped" : "failed";
    this.title.textContent = `Yours${changed ? " and changed" : ""}: ${verdict}${first}`;
    scrolls(this.output);
    for (const box of this.box.querySelectorAll("pre, .run-picture")) scrolls(box);
  }
}

/** Make a box a tab stop where it scrolls, and only there. */
export function scrolls(box) {
  if (box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) box.setAttribute("tabindex", "0");
  else box.removeAttribute("tabindex");
}
