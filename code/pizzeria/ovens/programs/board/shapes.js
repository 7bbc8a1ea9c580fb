// Ovens and cooks as the figures of the posts draw them; what they are doing is in `data-state` of whatever holds them.
import { s } from "../../../common/wall/wall.js";

const path = (kind, d) => s("path", { class: kind, d });

export function ovenShape() {
  return s("svg", { viewBox: "-11 -12 22 24", class: "oven", "aria-hidden": "true" }, [
    s("rect", { x: -8.6, y: -10, width: 17.2, height: 20, rx: 3.5 }),
    path("flame", "M0-6c4 5 5 6 5 9a5 5 0 0 1-10 0c0-2 1-3 2-4 0 2 1 2 2 2 1-2 1-4 1-7z"),
    path("bell", "M0-6v7M0 5v.2"),
    path("cross", "M-4-4l8 8M4-4l-8 8"),
    path("ask", "M-3-3a3 3 0 1 1 4 3q-1 .5-1 2M0 5.8v.2"),
  ]);
}

export function cookShape() {
  return s("svg", { viewBox: "-15 -25 30 47", class: "cook", "aria-hidden": "true" }, [
    path("body", "M-12 20c0-13 5-18 12-18s12 5 12 18z"),
    s("circle", { class: "head", cy: -5, r: 7 }),
    path("hat", "M-6-10v-4c-5-1-4-9 1-8 1-4 9-4 10 0 5-1 6 7 1 8v4z"),
    path("cross", "M-5 7l10 10M5 7l-10 10"),
  ]);
}
