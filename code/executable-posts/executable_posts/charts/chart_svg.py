"""Charts drawn by matplotlib, shortened to a tenth and painted in the theme's colours."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

from .paint import Palette
from .svgpath import bounds, number, numbers, shorten

SVG = "{http://www.w3.org/2000/svg}"
# What means nothing because it is the default, or because the root says it for all.
DEFAULTS = {
    "opacity": "1",
    "fill-opacity": "1",
    "stroke-opacity": "1",
    "stroke-linecap": "butt",
    "stroke-dashoffset": "0",
    "font-style": "normal",
    "font-variant": "normal",
    "font-stretch": "normal",
    "font-weight": "400",
    "text-anchor": "start",
}


def matplotlib_chart(root: ET.Element) -> None:
    """Rewrite the tree of a chart in place: it must come with attributes instead of ``style``."""
    _drop_needless_clips(root)
    _shorten(root)
    _drop_needless(root)
    _hoist_font_size(root)
    _recolour(root)
    root.set("class", "chart")


def element_name(element: ET.Element) -> str:
    """Return an SVG element's name without its namespace, "" for anything else."""
    return element.tag.removeprefix(SVG) if isinstance(element.tag, str) else ""


def _shorten(root: ET.Element) -> None:
    """Drop what draws nothing; round; unwrap groups that group nothing."""
    root.set("stroke-linejoin", "round")
    for element in root.iter():
        for key, value in DEFAULTS.items():
            if element.get(key) == value:
                del element.attrib[key]
        element.attrib.pop("stroke-miterlimit", None)
        if element is not root and element.get("stroke-linejoin") == "round":
            del element.attrib["stroke-linejoin"]
        family = element.attrib.pop("font-family", "")  # the page's own fonts
        if "mono" in family.lower().split(",")[0]:
            element.set("font-family", "monospace")
        for key, value in element.attrib.items():
            if key == "d":
                element.set(key, shorten(value))
            elif key == "points":
                element.set(key, numbers(map(float, re.split(r"[\s,]+", value.strip()))))
            elif key == "transform":
                element.set(key, _transform(value))
            elif (
                key in ("x", "y", "width", "height", "r", "cx", "cy", "rx", "ry", "font-size")
                and element is not root
            ):
                element.set(key, _rounded(value))
        if element.get("transform") == "":
            del element.attrib["transform"]


def _hoist_font_size(root: ET.Element) -> None:
    sizes = Counter(size for e in root.iter() if (size := e.get("font-size")))
    if sizes:
        usual = sizes.most_common(1)[0][0]
        root.set("font-size", usual)
        for element in root.iter():
            if element is not root and element.get("font-size") == usual:
                del element.attrib["font-size"]


def _drop_needless_clips(root: ET.Element) -> None:
    clips = {c.get("id"): c for c in root.iter() if element_name(c) == "clipPath"}
    for element in root.iter():
        clip = clips.get(element.get("clip-path", "").removeprefix("url(#").removesuffix(")"))
        if clip is not None and _inside(element, clip):
            del element.attrib["clip-path"]


def _drop_needless(root: ET.Element) -> None:
    used = set(re.findall(r"#([\w.-]+)", " ".join(v for e in root.iter() for v in e.attrib.values())))
    for element in root.iter():
        if element.get("id") and element.get("id") not in used:
            del element.attrib["id"]
    referred = {e.get("clip-path") for e in root.iter()}
    defs = ET.Element(f"{SVG}defs")
    _rebuild(root, defs, referred)
    if len(defs):
        root.insert(0, defs)


def _rebuild(parent: ET.Element, defs: ET.Element, referred: set[str | None]) -> None:
    children: list[ET.Element] = []
    for child in list(parent):
        _rebuild(child, defs, referred)
        name = element_name(child)
        if name == "defs":
            wanted = [c for c in child if element_name(c) != "clipPath" or f"url(#{c.get('id')})" in referred]
            defs.extend(wanted)
        elif name == "g" and not child.attrib:
            children.extend(child)
        elif not (
            name == "path"
            and child.get("fill") == "none"
            and child.get("stroke") in (None, "none")
            and not child.get("id")
        ):
            children.append(child)
    for child in list(parent):
        parent.remove(child)
    parent.extend(children)


def _inside(element: ET.Element, clip: ET.Element) -> bool:
    """Tell whether a path lies within a rectangular clip, which then clips nothing."""
    box, rect = bounds(element.get("d", "")), next(iter(clip), None)
    if box is None or rect is None or element_name(rect) != "rect":
        return False
    x, y = float(rect.get("x", 0)), float(rect.get("y", 0))
    right, bottom = x + float(rect.get("width", 0)), y + float(rect.get("height", 0))
    return x - 1 <= box[0] and y - 1 <= box[1] and box[2] <= right + 1 and box[3] <= bottom + 1


def _transform(value: str) -> str:
    value = re.sub(r"\s*rotate\(-?0(\.0+)?(\s[^)]*)?\)\s*", "", value)
    return re.sub(
        r"-?\d*\.\d+", lambda m: number(float(m[0]), 2 if "scale" in value or "matrix" in value else 1), value
    )


def _rounded(value: str) -> str:
    match = re.fullmatch(r"(-?[\d.]+(?:e-?\d+)?)(px|pt)?", value)
    return number(float(match[1])) if match else value


def _recolour(root: ET.Element) -> None:
    painted = [(e, k, c) for e in root.iter() for k in ("fill", "stroke") if (c := e.get(k))]
    palette = Palette(colour for _, _, colour in painted)
    root.set("fill", "var(--chart-ink,currentColor)")
    for element, key, colour in painted:
        words = any(element_name(e) == "text" for e in element.iter())
        role = "text" if words or element_name(element) == "tspan" else key
        value = palette.paint(colour, role)
        if role == "text" and value.startswith("var(--chart-ink"):
            del element.attrib[key]
        else:
            element.set(key, value)
