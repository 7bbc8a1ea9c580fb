"""Writes executable_posts/page/css/pygments.css: light and dark palettes for the classes of highlighted code.

    python code/executable-posts/make_pygments_css.py            write it
    python code/executable-posts/make_pygments_css.py --check    exit 1 when it is not what this script writes

Every colour is checked against the backgrounds code stands on (`--code` of alone.css, light and dark): a
contrast below 4.5 (WCAG AA for text) stops the script. Classes not named here keep the text's own colour.
"""

import argparse
import re
import sys
from pathlib import Path

CSS = Path(__file__).parent / "executable_posts" / "page" / "css"
MINIMUM = 4.5

PALETTE: dict[str, tuple[str, str, str]] = {
    # the engine's class or tag: (a custom property of alone.css, which the editor uses too, or light; dark; other
    # declarations); executable_posts.authors.highlight.CLASSES has the classes
    "i": ("--code-comment", "", ""),
    "b": ("--code-keyword", "", ";font-weight:inherit"),
    "nf": ("--code-name", "", ""),
    "s": ("--code-string", "", ""),
    "cp": ("--code-meta", "", ""),
    "ne": ("#a3201a", "#ff9c94", ""),
    "gp": ("#6a5d53", "#b3a79a", ""),
    "gi": ("#2f6d31", "#9ad093", ""),
    "gd": ("#a3201a", "#ff9c94", ""),
}


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, as WCAG 2 defines it."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pair(style: str, name: str) -> tuple[str, str]:
    """Return the light and the dark colour of a custom property in `style`."""
    found = re.search(rf"{name}: light-dark\((#\w{{6}}), (#\w{{6}})\)", style)
    if not found:
        raise SystemExit(f"alone.css: no line `{name}: light-dark(#rrggbb, #rrggbb)`")
    return found[1], found[2]


def rules() -> str:
    """Return the style sheet, after checking the contrast of every colour."""
    style = (CSS / "alone.css").read_text(encoding="utf-8")
    pages = pair(style, "--code")
    lines = ["/* Written by code/executable-posts/make_pygments_css.py: edit the palette there. */"]
    for name, (light, dark, more) in PALETTE.items():
        colours = (light, dark) if dark else pair(style, light)
        for colour, page in zip(colours, pages, strict=True):
            if contrast(colour, page) < MINIMUM:
                ratio = contrast(colour, page)
                raise SystemExit(f"{name}: {colour} on {page} has contrast {ratio:.2f}, below {MINIMUM}")
        selector = name if name in ("b", "i") else f".{name}"
        value = f"light-dark({light},{dark})" if dark else f"var({light})"
        lines.append(f".highlight {selector}{{color:{value}{more}}}")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write or check the style sheet; return the exit code."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    target, wanted = CSS / "pygments.css", rules()
    if not options.check:
        target.write_text(wanted, encoding="utf-8")
        return 0
    if target.exists() and target.read_text(encoding="utf-8") == wanted:
        return 0
    print(
        f"{target}: out of date; to mend: python code/executable-posts/make_pygments_css.py", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
