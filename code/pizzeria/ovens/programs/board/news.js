// What failed and who came back, told by whoever compares what was said before with what is said now.
const KEPT = 8;

export class News {
  constructor() {
    this.rows = []; // [time of day, words], the newest first
    this.gone = new Map(); // who is gone -> since when, in ms
  }

  tell(words) {
    this.rows = [[new Date().toLocaleTimeString("en-GB"), words], ...this.rows].slice(0, KEPT);
  }

  left(who, words) {
    if (this.gone.has(who)) return;
    this.gone.set(who, Date.now());
    this.tell(words);
  }

  back(who, words) {
    if (!this.gone.has(who)) return;
    const seconds = Math.max(1, Math.round((Date.now() - this.gone.get(who)) / 1000));
    this.gone.delete(who);
    this.tell(`${words} after ${seconds} s`);
  }

  // An oven or a tablet said something else than before; whoever is gone when the page opens is no news.
  station(who, before, said) {
    if (!before) return;
    const held = before.order === undefined || before.order === null ? "" : ` with order ${before.order}`;
    if (said.state === "gone" && before.state !== "gone") this.left(who, `${who} is gone${held}`);
    else if (said.state !== "gone") this.back(who, `${who} is back`);
    if (said.state === "burnt" && before.state !== "burnt") this.tell(`${who}: order ${said.order} stayed in too long`);
  }

  // The pass: another expediter, work that came back.
  pass(before, said) {
    if (!before.run || before.run !== said.run) return;
    if (said.epoch > before.epoch) this.tell(`another expediter stands at the pass: epoch ${said.epoch}`);
    const back = said.givenBack - before.givenBack;
    if (back > 0) this.tell(`${back === 1 ? "work" : `${back} pieces of work`} given back: the next cook takes over`);
  }
}
