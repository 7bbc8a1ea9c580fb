// A clock with buttons: play, pause, step, scrub, speed. It draws only while time or a drawing moves, never off-screen,
// never unasked. With reduced motion it goes in steps and nothing glides.
import { h, say, still } from "./dom.js";

const STEP_SECONDS = 0.8; // between two steps of a reduced-motion run
const GLANCE = 80; // milliseconds between two changes of what is read, not watched, while time runs

export class Player {
  // speeds: {label: units of time a second}; format(t) -> words; draw(t, dt, due) -> whether something still moves; due:
  // whether numbers are to be written too;
  // summary(t) -> a sentence for the status line.
  // change(): the reader has set another moment, or time stopped.
  constructor({ name, speeds, speed, format, draw, summary, now = 0, change = () => {} }) {
    this.change = change;
    this.format = format;
    this.draw = draw;
    this.summary = summary;
    this.speed = speed;
    this.now = now;
    this.end = 1;
    this.times = [0];
    this.loaded = this.playing = this.visible = false;
    this.playButton = h("button", { type: "button", class: "x-play", onclick: () => this.toggle() });
    this.back = h("button", { type: "button", "aria-label": "Step back", title: "Step back", onclick: () => this.step(-1) }, "‹");
    this.forth = h("button", { type: "button", "aria-label": "Step forward", title: "Step forward", onclick: () => this.step(1) }, "›");
    this.scrub = h("input", {
      type: "range", min: 0, max: 1, step: "any", value: 0, class: "x-scrub", "aria-label": `${name}: time`,
      oninput: () => this.seek(Number(this.scrub.value)), onkeydown: (event) => this.key(event),
      onchange: () => this.announce(),
    });
    this.clock = h("output", { class: "x-clock" });
    this.pace = h("select", { "aria-label": "Speed", onchange: () => { this.speed = Number(this.pace.value); } },
      ...Object.entries(speeds).map(([label, value]) => h("option", { value, selected: value === speed }, label)));
    this.status = h("p", { class: "x-status", role: "status" });
    this.element = h("div", { class: "x-transport", role: "group", "aria-label": `${name}: playback` },
      this.playButton, this.back, this.forth, this.scrub, this.clock, this.pace);
    this.frame = (stamp) => this.tick(stamp);
    this.face();
  }

  // Off-screen, time stands still; on return it goes on.
  watch(element) {
    new IntersectionObserver(([entry]) => {
      this.visible = entry.isIntersecting;
      if (this.visible) this.wake();
    }).observe(element);
  }

  // Another run takes the place of this one at the same moment, or at its end if this one has ended.
  load(end, times) {
    const again = this.loaded;
    const now = again && this.now >= this.end ? end : Math.min(this.now, end);
    this.end = end;
    this.times = times;
    this.loaded = true;
    this.scrub.max = end;
    this.scrub.setAttribute("aria-valuetext", this.format(now));
    this.seek(now, true);
    if (again) this.announce();
  }

  toggle() {
    if (this.playing) this.pause();
    else {
      if (this.now >= this.end) this.seek(0);
      this.playing = true;
      this.waited = STEP_SECONDS;
      this.face();
      this.wake();
    }
  }

  pause(announce = true) {
    this.playing = false;
    this.face();
    this.show();
    if (announce) this.announce();
  }

  step(direction) {
    this.pause(false);
    const near = 1e-6;
    const next = direction > 0
      ? this.times.find((time) => time > this.now + near) ?? this.end
      : this.times.findLast((time) => time < this.now - near) ?? 0;
    this.seek(Math.min(next, this.end));
    this.announce();
  }

  // The arrows of a slider without steps would crawl: they go from event to event.
  key(event) {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    const jump = { PageUp: 0.1, PageDown: -0.1 }[event.key];
    const place = { Home: 0, End: this.end }[event.key] ?? (jump && Math.max(0, Math.min(this.end, this.now + jump * this.end)));
    if (steps) this.step(steps);
    else if (place !== undefined) { this.seek(place); this.announce(); }
    else return;
    event.preventDefault();
  }

  seek(time, jump = false) {
    this.now = time;
    this.jump = jump;
    this.show();
    this.wake();
  }

  announce() {
    this.scrub.setAttribute("aria-valuetext", this.format(this.now));
    say(this.status, this.summary(this.now));
    this.change();
  }

  face() {
    say(this.playButton, this.playing ? "Pause" : "Play");
    this.playButton.dataset.playing = this.playing;
  }

  show() {
    this.glanced = performance.now();
    this.scrub.value = this.now;
    say(this.clock, this.format(this.now));
  }

  wake() {
    if (this.asked) return;
    this.asked = true;
    this.last = null;
    requestAnimationFrame(this.frame);
  }

  tick(stamp) {
    const dt = this.last === null ? 1 / 60 : Math.min(0.1, (stamp - this.last) / 1000);
    this.last = stamp;
    const running = this.playing && this.visible;
    if (running) this.advance(dt);
    const glide = still() || this.jump ? Infinity : dt;
    this.jump = false;
    const due = !running || this.glanced !== this.read;
    this.read = this.glanced;
    const moving = this.draw(this.now, glide, due);
    if (this.playing && this.visible || moving) requestAnimationFrame(this.frame);
    else this.asked = false;
  }

  advance(dt) {
    if (still()) {
      this.waited += dt;
      if (this.waited < STEP_SECONDS) return;
      this.now += this.speed * this.waited;
      this.waited = 0;
    } else this.now += dt * this.speed;
    if (this.now >= this.end) {
      this.now = this.end;
      this.pause();
    } else if (performance.now() - this.glanced > GLANCE) this.show();
  }
}
