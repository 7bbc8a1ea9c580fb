// Pictures that a block drew, as part of the page: shapes and text, their ids their own, no scripts, links or sheets.
const SVG = "http://www.w3.org/2000/svg";
const SHAPES = new Set(["svg", "g", "defs", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
  "text", "tspan", "marker", "clipPath", "linearGradient", "radialGradient", "stop"]);
let pictures = 0;

/** Make an element of a picture (SVG); null if it cannot be read. */
export function picture(text) {
  // Even a parser's document obeys the page's content policy: inline styles go by another name until they are properties.
  const plain = text.slice(Math.max(0, text.indexOf("<svg"))).replace(/<style[^>]*>.*?<\/style>/gs, "").replace(/\sstyle=(["'])/g, " data-style=$1");
  const parsed = new DOMParser().parseFromString(plain, "image/svg+xml").documentElement;
  if (parsed.localName !== "svg") return null;
  const prefix = `run-${(pictures += 1)}-`;
  const copy = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return document.createTextNode(node.data);
    if (node.nodeType !== Node.ELEMENT_NODE || !SHAPES.has(node.localName)) return null;
    const made = document.createElementNS(SVG, node.localName);
    for (const { name, value } of node.attributes) {
      if (name === "data-style") made.style.cssText = value; // as properties, which a strict content policy allows
      else if (name === "id") made.id = prefix + value;
      else if (name === "aria-labelledby" || name === "aria-describedby") {
        made.setAttribute(name, value.replace(/\S+/g, (id) => prefix + id));
      } else if (!name.startsWith("on") && !name.startsWith("xml") && !name.endsWith("href")) {
        made.setAttribute(name, value.replaceAll("url(#", `url(#${prefix}`));
      }
    }
    made.append(...[...node.childNodes].map(copy).filter(Boolean));
    return made;
  };
  return copy(parsed);
}

