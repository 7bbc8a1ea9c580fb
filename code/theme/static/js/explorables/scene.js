// What every moving picture has: a drawing, stripes for waiting, labels, and tokens that glide to where they belong.
import { fresh, s } from "./dom.js";

const GLIDE = 0.11; // seconds in which a token covers two thirds of its way

/**
 * What a scene is made of; position: of the sliders, by key; data: the page's.
 * @typedef {{title: string, run: import("./trace.js").Run, position: Record<string, number>, data: Record<string, any>}} Given
 */

export class Scene {
  constructor({ title, width, height, run }) {
    this.run = run;
    this.tokens = new Map();
    const stripes = fresh("stripes");
    this.svg = s("svg", { viewBox: `0 0 ${width} ${height}`, class: "x-scene", role: "img", "aria-label": `${title}, a moving picture; its numbers stand below` },
      s("defs", {}, s("pattern", { id: stripes, width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        s("rect", { width: 6, height: 6, class: "x-stripe-ground" }), s("rect", { width: 2.4, height: 6, class: "x-stripe" }))));
    this.stripes = `url(#${stripes})`;
  }

  label(x, y, words, anchor = "start", kind = "x-label") {
    const text = s("text", { x, y, "text-anchor": anchor, class: kind }, words);
    this.svg.append(text);
    return text;
  }

  ease(dt) {
    return dt === Infinity ? 1 : 1 - Math.exp(-dt / GLIDE);
  }

  // Move a token some of its way; tell whether it is still on it.
  glide(token, spot, ease) {
    const dx = spot.x - token.x, dy = spot.y - token.y, far = Math.abs(dx) + Math.abs(dy) > 0.2;
    token.x = far ? token.x + dx * ease : spot.x;
    token.y = far ? token.y + dy * ease : spot.y;
    const moved = `translate(${token.x.toFixed(2)} ${token.y.toFixed(2)})`;
    if (token.moved !== moved) token.shape.setAttribute("transform", (token.moved = moved));
    return far && ease < 1;
  }
}
