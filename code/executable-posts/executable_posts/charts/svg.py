"""Make an SVG output fit to stand in a page: no inline style, ids of its own, short, and in the theme's colours."""

from __future__ import annotations

import html
import itertools
import re
import string
from collections.abc import Iterator
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
_VOID = ("br", "hr", "img", "input", "wbr")  # HTML's elements without an end
_FONT = re.compile(
    r"(?P<before>.*?)\s*(?P<size>\d[\d.]*(?:px|pt|em|rem|%))(?:/\S+)?\s+(?P<family>.+)", re.DOTALL
)


def inline_svg(
    svg: str, prefix: str, title: str, description: str = "", size: tuple[int, int] | None = None
) -> str:
    """Return the SVG element as HTML. prefix: begins its ids. title, description: used where it has none of its own.
    size: width and height in pixels it is shown at, where its own do not count.

    What matplotlib drew is shortened, and its colours become the theme's variables. Raise ValueError when it is not
    well-formed XML, or no SVG.
    """
    root = _tree(svg, prefix, title, description, drawn_by_matplotlib(svg))
    if any(_name(element) == "script" for element in root.iter()):
        raise ValueError("it holds a script, which HTML('<svg>...</svg><script>...</script>') may have")
    if size:
        root.set("width", str(size[0]))
        root.set("height", str(size[1]))
    return _write(root)


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


def _tree(svg: str, prefix: str, title: str, description: str, is_chart: bool) -> ET.Element:
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


def _inline_styles(root: ET.Element) -> None:
    """Move what ``style`` says into attributes: a page that forbids inline style would not apply it."""
    sheets = [e for e in root.iter() if _name(e) == "style"]
    if sheets:
        _apply_sheets(root, sheets)
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


def _apply_sheets(root: ET.Element, sheets: list[ET.Element]) -> None:
    """Give every element what style sheets say of it, by their cascade. A sheet with anything else than rules (a media
    query, a hover) stays as it is, and the page's policy names it by its hash."""
    import cssselect2
    import tinycss2

    parents = {child: parent for parent in root.iter() for child in parent}
    matcher, simple, order = cssselect2.Matcher(), [], 0
    for sheet in sheets:
        rules = tinycss2.parse_stylesheet(sheet.text or "", skip_comments=True, skip_whitespace=True)
        selected = []
        try:
            for rule in rules:
                if rule.type != "qualified-rule":
                    raise cssselect2.SelectorError("not a rule")
                selectors = cssselect2.compile_selector_list(rule.prelude, {"": SVG[1:-1]})
                if any(s.never_matches or s.pseudo_element for s in selectors):
                    raise cssselect2.SelectorError("not for every reader")
                selected.append((selectors, tinycss2.serialize(rule.content)))
        except cssselect2.SelectorError:
            continue
        simple.append(sheet)
        for selectors, body in selected:
            order += 1
            for selector in selectors:
                matcher.add_selector(selector, (order, body))
    for wrapper in cssselect2.ElementWrapper.from_xml_root(root).iter_subtree():
        own = wrapper.etree_element
        found: dict[str, tuple[tuple[int, ...], int, str]] = {}
        for specificity, _, _, (rank, body) in matcher.match(wrapper):
            # `*` weighs nothing and is inherited from the root by all: matplotlib says it of every element.
            if specificity == (0, 0, 0) and own is not root:
                continue
            for key, value in _declarations(body):
                found[key] = max(found.get(key, ((), 0, "")), (specificity, rank, value))
        for key, (_, _, value) in found.items():
            own.set(key, value)
    for sheet in simple:
        parents[sheet].remove(sheet)


def _declarations(body: str) -> Iterator[tuple[str, str]]:
    """List (property, value) of a declaration list, ``font`` as its parts; a semicolon in a quote or a URL is none."""
    if not body.strip():
        return
    if not re.search(r"[\"'(\\/]", body):  # what matplotlib writes by the thousand
        found = (
            (k.strip().lower(), v.strip())
            for k, colon, v in (d.partition(":") for d in body.split(";"))
            if colon
        )
    else:
        import tinycss2

        parsed = tinycss2.parse_declaration_list(body, skip_comments=True, skip_whitespace=True)
        found = (
            (d.name if d.name.startswith("--") else d.lower_name, tinycss2.serialize(d.value).strip())
            for d in parsed
            if d.type == "declaration"
        )
    for key, value in found:
        value = value.replace("!important", "").strip()
        font = _FONT.fullmatch(value) if key == "font" else None
        if font:
            yield "font-size", font["size"]
            yield "font-family", font["family"]
            for word in font["before"].split():
                if word in ("italic", "oblique"):
                    yield "font-style", word
                elif word in ("bold", "bolder") or word.isdigit():
                    yield "font-weight", word
        elif key:
            yield key, value


def _rename_ids(root: ET.Element, prefix: str) -> None:
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


def _size(root: ET.Element) -> None:
    """Give width and height in pixels, so that the page knows the picture's shape before it draws it."""
    for key in ("width", "height"):
        match = re.fullmatch(r"([\d.]+)(\w*)", root.get(key, ""))
        if match and match[2] in _UNIT:
            root.set(key, number(float(match[1]) * _UNIT[match[2]], 0))
    box = root.get("viewBox", "").split()
    if len(box) == 4:
        root.set("viewBox", " ".join(number(float(v)) for v in box))
    if len(box) == 4 and not (root.get("width") and root.get("height")):
        # One side alone says how large the box is; the other follows its shape.
        sides = [int(value) if (value := root.get(key, "")).isdigit() else 0 for key in ("width", "height")]
        own = [float(box[2]), float(box[3])]
        scale = next((side / whole for side, whole in zip(sides, own, strict=True) if side and whole), 1.0)
        for key, whole in zip(("width", "height"), own, strict=True):
            root.set(key, root.get(key) or number(whole * scale, 0))
    root.attrib.pop("version", None)


def _describe(root: ET.Element, prefix: str, title: str, description: str) -> None:
    # A title that is only the caption is heard beside it: what the curves do is then the picture's name.
    speaks = "desc" if description and root.find(SVG + "title") is None else ""
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
    root.set("aria-labelledby", f"{prefix}-{speaks or 'title'}")
    if not speaks:
        root.set("aria-describedby", f"{prefix}-desc")


def _write(root: ET.Element) -> str:
    """Write the tree as HTML does: no namespaces, no white space that draws nothing."""
    for element in root.iter():
        if _is_foreign(element):
            continue  # HTML in a picture keeps its words and its spaces
        if _name(element) not in ("text", "tspan", "title", "desc", "style", "textPath"):
            element.text = None
        if not (element.tail or "").strip():
            element.tail = None
    return "".join(_tags(root))


def _is_foreign(element: ET.Element) -> bool:
    return isinstance(element.tag, str) and element.tag.startswith("{") and not element.tag.startswith(SVG)


def _tags(element: ET.Element) -> Iterator[str]:
    name = _name(element).rpartition("}")[2]
    if not name:
        return
    attributes = "".join(
        f' {key.rpartition("}")[2]}="{html.escape(value)}"' for key, value in element.attrib.items()
    )
    body = html.escape(element.text or "", quote=False)
    if _is_foreign(element) and name in _VOID:
        yield f"<{name}{attributes}>"
    elif body or len(element) or _is_foreign(element):
        inner = itertools.chain.from_iterable(_tags(child) for child in element)
        yield f"<{name}{attributes}>{body}{''.join(inner)}</{name}>"
    else:
        yield f"<{name}{attributes}/>"
    if element.tail:
        yield html.escape(element.tail, quote=False)
