// Curves that grow with the clock, drawn once and uncovered from left to right.
import { s } from "./dom.js";

const WIDTH = 720, LEFT = 34, RIGHT = 8, TOP = 8, BOTTOM = 22;

export class Timeline {
  /**
   * Draw steps between points.
   * @param {{title: string, end: number, curves: {kind: string, points: number[][]}[], ticks: {at: number, label: string}[],
   *   height?: number, width?: number, most?: number}} given most: the top of the scale; without it, the highest value.
   */
  constructor({ title, end, curves, ticks, height = 150, width = WIDTH, most }) {
    const top = most ?? Math.max(1, ...curves.flatMap(({ points }) => points.map(([, value]) => value)));
    this.end = end;
    this.x = (time) => LEFT + (width - LEFT - RIGHT) * time / end;
    this.y = (value) => height - BOTTOM - (height - TOP - BOTTOM) * value / top;
    this.window = s("svg", { x: 0, y: 0, width: LEFT, height, overflow: "hidden" });
    this.head = s("path", { class: "x-head-line", d: `M0 ${TOP - 4}V${height - BOTTOM}` });
    this.svg = s("svg", { viewBox: `0 0 ${width} ${height}`, class: "x-timeline", role: "img", "aria-label": title });
    for (const value of axis(top)) {
      this.svg.append(s("path", { class: "x-grid", d: `M${LEFT} ${this.y(value)}H${width - RIGHT}` }),
        s("text", { class: "x-label", x: LEFT - 6, y: this.y(value) + 4, "text-anchor": "end" }, value));
    }
    for (const { at, label } of ticks) this.svg.append(s("text", { class: "x-label", x: this.x(at), y: height - 5, "text-anchor": at ? "middle" : "start" }, label));
    for (const { kind, points } of curves) this.window.append(s("path", { class: `x-curve ${kind}`, d: this.path(points) }));
    this.marks = curves.map(({ kind, points }) => {
      const mark = kind.includes("apachehut") ? s("rect", { x: -4, y: -4, width: 8, height: 8, class: `x-mark ${kind}` }) : s("circle", { r: 4.5, class: `x-mark ${kind}` });
      return { mark, points };
    });
    this.svg.append(this.window, this.head, ...this.marks.map(({ mark }) => mark));
    this.width = width;
  }

  path(points) {
    let d = "", before = null;
    for (const [time, value] of points) {
      const x = this.x(time).toFixed(1), y = this.y(value).toFixed(1);
      d += before === null ? `M${x} ${y}` : `H${x}V${y}`;
      before = value;
    }
    return `${d}H${this.x(this.end).toFixed(1)}`;
  }

  draw(time) {
    const x = this.x(time);
    this.window.setAttribute("width", x.toFixed(1));
    this.head.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
    for (const { mark, points } of this.marks) {
      const point = points.findLast(([at]) => at <= time) ?? points[0];
      mark.setAttribute("transform", `translate(${x.toFixed(1)} ${this.y(point[1]).toFixed(1)})`);
    }
  }
}

function axis(top) {
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((size) => top / size <= 4) ?? 1000;
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => i * step);
}

// How a group of people spent their time: bands of working, waiting and idle, uncovered the same way.
export class Bands {
  constructor({ title, end, bands, total, width = 360, height = 46 }) {
    this.x = (time) => width * time / end;
    const y = (count) => (height * (1 - count / total)).toFixed(1);
    this.svg = s("svg", { viewBox: `0 0 ${width} ${height}`, class: "x-bands", role: "img", "aria-label": title, preserveAspectRatio: "none" });
    this.window = s("svg", { width: 0, height, overflow: "hidden", preserveAspectRatio: "none" });
    for (const { kind, points, fill } of bands) {
      let d = `M0 ${height}`, before = 0;
      for (const [time, count] of points) {
        const x = this.x(Math.min(time, end)).toFixed(1);
        d += `L${x} ${y(before)}L${x} ${y(count)}`;
        before = count;
      }
      d += `L${width} ${y(before)}L${width} ${height}z`;
      const band = s("path", { d, class: `x-band ${kind}` });
      if (fill) band.setAttribute("fill", fill);
      this.window.append(band);
    }
    this.svg.append(s("rect", { width, height, class: "x-band idle" }), this.window);
  }

  draw(time) {
    this.window.setAttribute("width", this.x(time).toFixed(1));
  }
}
