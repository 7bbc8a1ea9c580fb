// The sliders of a simulation, and where a position's run comes from: computed with the page and fetched, or else
// computed now by the page's Python. Without that Python a slider stops only at what was computed.
import { fresh, h, say } from "./dom.js";

export class Sliders {
  /**
   * @param {{config: Record<string, any>, start: Record<string, any>, part?: (name: string) => any, show: (found: any) => void,
   *   call?: ((position: any, tell: (words: string) => void) => any) | null, moved?: (position: any) => void}} given
   */
  // config: {key: {label, least, most, step, ready, unit}}; part(name) fetches; call(position) computes, or null.
  constructor({ config, start, part, call, show, moved }) {
    this.moved = moved; // called while a slider moves, where nothing has to be fetched
    this.config = config;
    this.part = part;
    this.call = call;
    this.show = show;
    this.position = { ...start };
    this.known = new Map();
    this.asked = 0;
    this.inputs = {};
    this.note = h("p", { class: "x-note" });
    this.element = h("div", { class: "x-sliders" }, Object.keys(config).map((key) => this.slider(key)));
    this.hint = "";
    say(this.note, this.hint);
  }

  slider(key) {
    const { label, least, most, step, ready, unit = "" } = this.config[key];
    const id = fresh(key);
    const free = Boolean(this.call);
    const value = this.position[key];
    const input = h("input", {
      type: "range", id, "data-key": key,
      ...(free ? { min: least, max: most, step } : { min: 0, max: ready.length - 1, step: 1 }),
      oninput: () => { read(); this.moved?.({ ...this.position }); }, onchange: () => this.soon(),
    });
    input.value = free ? value : ready.indexOf(value);
    const shown = h("output", { for: id });
    const read = () => {
      const now = free ? Number(input.value) : ready[Number(input.value)];
      this.position[key] = now;
      say(shown, `${now}${unit}`);
      input.setAttribute("aria-valuetext", `${now}${unit}`);
    };
    read();
    this.inputs[key] = (wanted) => {
      const nearest = () => ready.reduce((best, one) => (Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best));
      input.value = free ? wanted : ready.indexOf(nearest());
      read();
    };
    return h("div", { class: "x-slider" }, h("label", { for: id }, label), shown, input);
  }

  // As a link says it: texts by key. What is no number, or of another figure, is left alone.
  set(texts) {
    for (const [key, put] of Object.entries(this.inputs)) if (Number.isFinite(Number.parseFloat(texts[key]))) put(Number.parseFloat(texts[key]));
  }

  // A held arrow key changes the value many times a second: only the last one counts.
  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), 150);
  }

  get ready() {
    return Object.entries(this.position).every(([key, value]) => this.config[key].ready.includes(value));
  }

  get name() {
    return Object.entries(this.position).map(([key, value]) => `${key}${value}`).join("-");
  }

  async load() {
    const { name } = this;
    const turn = (this.asked += 1);
    this.element.setAttribute("aria-busy", "true");
    try {
      if (!this.known.has(name)) this.known.set(name, this.ready ? this.part(name) : this.call({ ...this.position }, (words) => say(this.note, words)));
      const found = await this.known.get(name);
      if (turn !== this.asked) return;
      say(this.note, this.hint);
      this.show(found);
    } catch (error) {
      this.known.delete(name);
      if (turn === this.asked) say(this.note, `That position could not be had: ${error.message}`);
    } finally {
      if (turn === this.asked) this.element.removeAttribute("aria-busy");
    }
  }
}
