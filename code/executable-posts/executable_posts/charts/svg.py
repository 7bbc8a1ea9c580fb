"""Make an SVG output fit to stand in a page: no inline style, ids of its own, short, and in the theme's colours."""

from __future__ import annotations

import html
import itertools
import re
import string
from xml.etree import ElementTree as ET

from .chart_svg import SVG, matplotlib_chart
from .chart_svg import element_name as _name
from .paint import variables
from .svgpath import number

XLINK = "{http://www.w3.org/1999/xlink}"
LAYOUT = ("width", "height", "max-width", "min-width", "max-height", "display")  # the page's business
PRESENTATION = re.compile(
    r"alignment-baseline|baseline-shift|clip-path|clip-rule|color|color-interpolation|"
    r"color-interpolation-filters|cursor|direction|display|dominant-baseline|fill|fill-opacity|fill-rule|filter|flood-color|"
    r"flood-opacity|font-family|font-size|font-size-adjust|font-stretch|font-style|font-variant|"
    r"font-weight|image-rendering|letter-spacing|lighting-color|marker-end|marker-mid|marker-start|mask|opacity|"
    r"overflow|paint-order|pointer-events|shape-rendering|stop-color|stop-opacity|stroke|stroke-dasharray|"
    r"stroke-dashoffset|stroke-linecap|stroke-linejoin|stroke-miterlimit|stroke-opacity|stroke-width|"
    r"text-anchor|text-decoration|text-rendering|transform|unicode-bidi|vector-effect|visibility|word-spacing|"
    r"writing-mode"
)
_UNIT = {"pt": 4 / 3, "px": 1, "": 1, "in": 96, "mm": 96 / 25.4, "cm": 96 / 2.54}
_FONT = re.compile(
    r"(?P<before>.*?)\s*(?P<size>\d[\d.]*(?:px|pt|em|rem|%))(?:/\S+)?\s+(?P<family>.+)", re.DOTALL
)


def inline_svg(svg: str, prefix: str, title: str, description: str = "") -> str:
    """Return the SVG element as HTML. prefix: begins its ids. title, description: used where it has none of its own.

    What matplotlib drew is shortened, and its colours become the theme's variables. Raise ValueError when it is not
    well-formed XML, or no SVG.
    """
    return _write(_tree(svg, prefix, title, description, drawn_by_matplotlib(svg)))


def chart_file(svg: str, prefix: str, title: str, description: str = "") -> tuple[str, int, int]:
    """Return a chart as a file of its own, with the colours of both themes in it, and its width and height in pixels.

    Arguments and errors as for `inline_svg`.
    """
    root = _tree(svg, prefix, title, description, True)
    width, height = (int(root.get(key, 0)) for key in ("width", "height"))
    sheet = ET.Element(SVG + "style")
    sheet.text = f"svg{{color-scheme:light dark;font-family:system-ui,sans-serif;{variables()}}}"
    root.insert(2, sheet)
    # On a page of its own, or on one whose theme it cannot know, a chart brings its paper along.
    paper = ET.Element(SVG + "rect", {"width": "100%", "height": "100%", "fill": "var(--chart-page)"})
    root.insert(3, paper)
    text = _write(root).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return text + "\n", width, height


def drawn_by_matplotlib(svg: str) -> bool:
    """Tell whether a picture is a chart, by what matplotlib writes into its files."""
    return "<dc:title>Matplotlib" in svg


def _tree(svg: str, prefix: str, title: str, description: str, is_chart: bool):
    if "<svg" not in svg:
        raise ValueError("no <svg> element")
    try:
        root = ET.fromstring(svg[svg.index("<svg") :].encode())
    except ET.ParseError as error:
        raise ValueError(str(error)) from None
    for parent in list(root.iter()):
        for child in list(parent):
            if _name(child) == "metadata":
                parent.remove(child)
    _inline_styles(root)
    if is_chart:
        matplotlib_chart(root)
    _rename_ids(root, prefix)
    _size(root)
    _describe(root, prefix, title, description)
    return root


def _inline_styles(root) -> None:
    """Move what ``style`` says into attributes: a page that forbids inline style would not apply it."""
    parents = {child: parent for parent in root.iter() for child in parent}
    for sheet in [e for e in root.iter() if _name(e) == "style"]:
        rules = re.findall(
            r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", sheet.text or "", flags=re.DOTALL)
        )
        if "@" in (sheet.text or "") or not all(_simple(s) for s, _ in rules):
            continue  # left as it is; the page's policy names it by its hash
        for selectors, body in rules:
            for element in root.iter():
                if any(_selects(s.strip(), element, root) for s in selectors.split(",")):
                    for key, value in _declarations(body):
                        element.attrib[key] = value
        parents[sheet].remove(sheet)
    for element in root.iter():
        left = []
        for key, value in _declarations(element.attrib.pop("style", "")):
            if key in LAYOUT and element is root:
                continue
            if PRESENTATION.fullmatch(key):
                element.set(key, value)
            else:
                left.append(f"{key}:{value}")
        if left:
            element.set("style", ";".join(left))


def _simple(selectors: str) -> bool:
    return all(re.fullmatch(r"\*|[.#]?[\w-]+", s.strip()) for s in selectors.split(","))


def _selects(selector: str, element, root) -> bool:
    if selector == "*":  # inherited from the root by all
        return element is root
    if selector.startswith("."):
        return selector[1:] in element.get("class", "").split()
    return element.get("id") == selector[1:] if selector.startswith("#") else _name(element) == selector


def _declarations(body: str):
    for declaration in body.split(";"):
        key, colon, value = declaration.partition(":")
        key, value = key.strip(), value.replace("!important", "").strip()
        font = _FONT.fullmatch(value) if key == "font" else None
        if font:
            yield "font-size", font["size"]
            yield "font-family", font["family"]
            for word in font["before"].split():
                if word in ("italic", "oblique"):
                    yield "font-style", word
                elif word in ("bold", "bolder") or word.isdigit():
                    yield "font-weight", word
        elif colon and key:
            yield key, value


def _rename_ids(root, prefix: str) -> None:
    names = (a + b for a in ("", *string.ascii_lowercase) for b in string.ascii_lowercase)
    new = {}
    for element in root.iter():
        if element.get("id"):
            new[element.get("id")] = f"{prefix}-{next(names)}"
            element.set("id", new[element.get("id")])
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == f"{XLINK}href":
                del element.attrib[key]
                key = "href"
            if key in ("aria-labelledby", "aria-describedby"):
                value = " ".join(new.get(word, word) for word in value.split())
            elif key != "id":
                value = re.sub(r"(?<=url\(#)[^)]+|(?<=^#).+", lambda m: new.get(m[0], m[0]), value)
            element.set(key, value)


def _size(root) -> None:
    """Give width and height in pixels, so that the page knows the picture's shape before it draws it."""
    for key in ("width", "height"):
        match = re.fullmatch(r"([\d.]+)(\w*)", root.get(key, ""))
        if match and match[2] in _UNIT:
            root.set(key, number(float(match[1]) * _UNIT[match[2]], 0))
    box = root.get("viewBox", "").split()
    if len(box) == 4:
        root.set("viewBox", " ".join(number(float(v)) for v in box))
    if len(box) == 4 and not root.get("width"):
        root.set("width", number(float(box[2]), 0))
        root.set("height", number(float(box[3]), 0))
    root.attrib.pop("version", None)


def _describe(root, prefix: str, title: str, description: str) -> None:
    for at, (tag, words) in enumerate((("title", title), ("desc", description or title))):
        own = root.find(SVG + tag)
        if own is None:
            own = ET.Element(SVG + tag)
            own.text = words
        else:
            root.remove(own)
        own.set("id", f"{prefix}-{tag}")
        root.insert(at, own)
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}-title")
    root.set("aria-describedby", f"{prefix}-desc")


def _write(root) -> str:
    """Write the tree as HTML does: no namespaces, no white space that draws nothing."""
    for element in root.iter():
        if _name(element) not in ("text", "tspan", "title", "desc", "style", "textPath"):
            element.text = None
        if not (element.tail or "").strip():
            element.tail = None
    return "".join(_tags(root))


def _tags(element):
    name = _name(element)
    if not name:
        return
    attributes = "".join(
        f' {key.rpartition("}")[2]}="{html.escape(value)}"' for key, value in element.attrib.items()
    )
    body = html.escape(element.text or "", quote=False)
    if body or len(element):
        inner = itertools.chain.from_iterable(_tags(child) for child in element)
        yield f"<{name}{attributes}>{body}{''.join(inner)}</{name}>"
    else:
        yield f"<{name}{attributes}/>"
    if element.tail:
        yield html.escape(element.tail, quote=False)
