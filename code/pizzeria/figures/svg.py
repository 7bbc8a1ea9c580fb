"""A small deterministic SVG writer: the same calls give the same bytes."""

from xml.etree import ElementTree as ET


def number(value: float) -> str:
    """Write a coordinate with at most two decimals and no trailing zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


class Drawing:
    """One SVG picture that scales, with a title and a description for screen readers.

    Every method appends one shape to the current group. Colours are class names, resolved by the style sheet.
    """

    def __init__(self, name: str, width: int, height: int, title: str, description: str, style: str) -> None:
        self.root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {width} {height}",
                "width": str(width),
                "height": str(height),
                "role": "img",
                "aria-labelledby": f"{name}-title {name}-desc",
            },
        )
        ET.SubElement(self.root, "title", {"id": f"{name}-title"}).text = title
        ET.SubElement(self.root, "desc", {"id": f"{name}-desc"}).text = description
        ET.SubElement(self.root, "style").text = style
        self.here = self.root

    def add(self, tag: str, **attributes: float | str) -> ET.Element:
        """Append an element; `class_` becomes `class`, underscores become dashes, numbers are shortened."""
        fixed = {
            key.rstrip("_").replace("_", "-"): value if isinstance(value, str) else number(value)
            for key, value in attributes.items()
        }
        return ET.SubElement(self.here, tag, fixed)

    def rect(self, x: float, y: float, width: float, height: float, class_: str, rx: float = 0) -> None:
        """Draw a rectangle with rounded corners of radius `rx`."""
        self.add("rect", x=x, y=y, width=width, height=height, **({"rx": rx} if rx else {}), class_=class_)

    def circle(self, cx: float, cy: float, r: float, class_: str) -> None:
        """Draw a circle."""
        self.add("circle", cx=cx, cy=cy, r=r, class_=class_)

    def path(self, d: str, class_: str) -> None:
        """Draw a path."""
        self.add("path", d=d, class_=class_)

    def text(self, x: float, y: float, words: str, class_: str = "", anchor: str = "start") -> None:
        """Write real text with its baseline at `y`."""
        extra = {} if anchor == "start" else {"text_anchor": anchor}
        self.add("text", x=x, y=y, **extra, **({"class_": class_} if class_ else {})).text = words

    def at(self, x: float, y: float, scale: float = 1) -> "Shifted":
        """Open a group whose origin is at (x, y): `with drawing.at(10, 20): ...`."""
        return Shifted(self, x, y, scale)

    def to_bytes(self) -> bytes:
        """Return the finished document, its style sheet without rules for what was not drawn."""
        used = {name for element in self.root.iter() for name in element.get("class", "").split()}
        sheet = self.root.find("style")
        assert sheet is not None
        rules = [
            r
            for r in (sheet.text or "").split("\n")
            if not r.startswith(".") or r[1:].partition("{")[0] in used
        ]
        sheet.text = "\n".join(rules)
        ET.indent(self.root, space=" ")
        document: bytes = ET.tostring(self.root, encoding="utf-8", xml_declaration=True)
        return document + b"\n"


class Shifted:
    """The context manager behind `Drawing.at`."""

    def __init__(self, drawing: Drawing, x: float, y: float, scale: float) -> None:
        self.drawing = drawing
        self.transform = f"translate({number(x)} {number(y)})" + (
            f" scale({number(scale)})" if scale != 1 else ""
        )

    def __enter__(self) -> Drawing:
        self.outer = self.drawing.here
        self.drawing.here = self.drawing.add("g", transform=self.transform)
        return self.drawing

    def __exit__(self, *_: object) -> None:
        self.drawing.here = self.outer
