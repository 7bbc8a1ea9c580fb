"""An SVG output becomes markup that a strict page shows: no inline style, ids of its own, the theme's colours."""

from __future__ import annotations

import gzip
import itertools
import math
import re
from xml.etree import ElementTree as ET

import pytest

from executable_posts.charts.paint import PAGES, Palette, contrast, hue_name, readable
from executable_posts.charts.svg import chart_file, inline_svg
from executable_posts.charts.svgpath import number, numbers, shorten, thin

NS = 'xmlns="http://www.w3.org/2000/svg"'


def figure(draw):
    """Draw with matplotlib as a notebook does and return the SVG."""
    import io

    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "x"}):
        fig = Figure(figsize=(7, 3.8))
        draw(fig.subplots())
        out = io.StringIO()
        fig.savefig(out, format="svg")
    return out.getvalue()


def test_style_becomes_attributes_and_layout_goes():
    svg = f"""<?xml version="1.0"?><svg {NS} viewBox="0 0 90 30" style="max-width:100%; fill: none">
    <style>.a, #b {{ stroke: red }} rect {{ fill: blue }}</style><circle class="a" r="2"/><g id="b"/>
    <rect style="stroke-width: 2; --own: 1" width="3"/><text style="font: bold 11px 'DejaVu Sans', serif">x</text></svg>"""
    tree = ET.fromstring(inline_svg(svg, "p", "A title"))
    assert tree.get("fill") == "none"
    assert (tree.get("width"), tree.get("height")) == ("90", "30")
    assert "style" not in tree.attrib
    assert tree.find("style") is None
    assert tree.find("circle").get("stroke") == tree.find("g").get("stroke") == "red"
    rect, text = tree.find("rect"), tree.find("text")
    assert (rect.get("fill"), rect.get("stroke-width"), rect.get("style")) == ("blue", "2", "--own:1")
    assert (text.get("font-size"), text.get("font-weight")) == ("11px", "bold")


def test_a_sheet_too_clever_for_attributes_stays():
    svg = f"<svg {NS}><style>@media print {{ rect {{ fill: red }} }}</style><rect/></svg>"
    assert "@media print" in inline_svg(svg, "p", "t")


def test_ids_are_the_page_s_own_and_references_follow():
    svg = (
        f'<svg {NS} xmlns:xlink="http://www.w3.org/1999/xlink"><defs><path id="m1" d="M0 0"/><clipPath id="c"/></defs>'
        '<use xlink:href="#m1" clip-path="url(#c)"/></svg>'
    )
    page = inline_svg(svg, "one", "t") + inline_svg(svg, "two", "t")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) == 8
    assert all(i.startswith(("one-", "two-")) for i in ids)
    for target in re.findall(r'(?:href="|url\()#([^")]+)', page):
        assert target in ids


def test_title_and_description_are_kept_or_given():
    own = inline_svg(f"<svg {NS}><title>mine</title></svg>", "p", "given", "more")
    assert '<title id="p-title">mine</title><desc id="p-desc">more</desc>' in own
    assert 'aria-labelledby="p-title" aria-describedby="p-desc"' in own
    assert "a &lt; b</title>" in inline_svg(f"<svg {NS}/>", "p", "a < b")
    told = inline_svg(f"<svg {NS}/>", "p", "the caption", "what the curve does")
    assert 'aria-labelledby="p-desc"' in told, "the caption is read beside it anyway"
    assert "aria-describedby" not in told


@pytest.mark.parametrize(
    ("says", "size"),
    [
        ('width="640"', (640, 320)),
        ('height="160"', (320, 160)),
        ("", (200, 100)),
        ('width="100%"', ("100%", 100)),
        ('width="3in" height="1in"', (288, 96)),
    ],
)
def test_a_picture_has_both_sides_whatever_it_says_of_them(says, size):
    svg = f'<svg {NS} viewBox="0 0 200 100" {says}><path d="M0 0h1"/></svg>'
    tree = ET.fromstring(inline_svg(svg, "p", "t"))
    assert (tree.get("width"), tree.get("height")) == tuple(map(str, size))
    if "%" not in says:
        _, width, height = chart_file(svg, "p", "t")
        assert (width, height) == size


def test_html_in_a_picture_keeps_its_words():
    svg = f'<svg {NS}><foreignObject><p xmlns="http://www.w3.org/1999/xhtml">a <b>b</b><br/> c<i/></p></foreignObject></svg>'
    assert "<foreignObject><p>a <b>b</b><br> c<i></i></p></foreignObject>" in inline_svg(svg, "p", "t")


@pytest.mark.parametrize(
    "broken", ["nonsense", f"<svg {NS}><g></svg>", f"<svg {NS}><script>alert(1)</script></svg>"]
)
def test_what_is_no_svg_is_refused(broken):
    with pytest.raises(ValueError, match="."):
        inline_svg(broken, "p", "t")


def test_a_chart_is_small_free_of_inline_style_and_painted_in_variables():
    def draw(axes):
        axes.step(range(5000), [n % 7 * (n % 31) + n for n in range(5000)], label="long")
        axes.plot([0, 5000], [0, 100], "o", color="#d2543c", label="dots")
        axes.axhline(50, color="#858585")
        axes.set(xlabel="clients", ylabel="MB", title="Memory")
        axes.legend()

    svg = figure(draw)
    page = inline_svg(svg, "chart", "Memory against clients")
    assert len(gzip.compress(page.encode(), 9)) < 8_000
    assert len(page) < len(svg) / 3
    assert "style" not in page
    assert "Matplotlib" not in page
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', page)) <= {
        "none",
        *re.findall(r'"(var\(--chart-[^"]+)"', page),
    }
    for words in ("clients", "MB", "Memory", "long", "dots"):
        assert f">{words}</text>" in page
    assert "var(--chart-blue,#1f77b4)" in page
    assert "var(--chart-red,#d2543c)" in page


def test_a_curve_beyond_its_frame_stays_clipped():
    def draw(axes):
        axes.plot([0, 10], [0, 10])
        axes.set_ylim(0, 5)

    assert "clip-path" in inline_svg(figure(draw), "c", "t")
    assert "clip-path" not in inline_svg(figure(lambda axes: axes.plot([0, 10], [0, 10])), "c", "t")


def test_paths_draw_the_same_with_less():
    assert shorten("M 0 0 \nL 10.04 0 \nL 20 0 \nL 20 -5.55 \nL 30 5 \nz\n") == "M0 0h20v-5.5l10 10.5z"
    assert shorten("M 1 1 C 1 2 3 4 5 6 L 5 8") == "M1 1c0 1 2 3 4 5v2"
    assert shorten("M 1 1 L 2 2 M 5 5 L 6 6") == "M1 1l1 1M5 5l1 1"
    assert shorten("m 1.23456 1 a 5 5 0 0 1 2 2") == "m 1.23 1 a 5 5 0 0 1 2 2"


def test_thinning_misses_no_point_by_more_than_a_hair():
    points = [(x / 10, 20 * math.sin(x / 50)) for x in range(3000)]
    kept = thin(points, 0.2)
    assert len(kept) < len(points) / 5
    for x, y in points:
        (x0, y0), (x1, y1) = next(p for p in itertools.pairwise(kept) if p[0][0] <= x <= p[1][0])
        slope = (y1 - y0) / (x1 - x0)
        assert abs(y0 + slope * (x - x0) - y) / math.hypot(1, slope) <= 0.2001
    assert thin([(0, 0), (9, 0), (3, 0)]) == [(0, 0), (9, 0), (3, 0)], "a line that turns back is kept"


def test_numbers_are_short():
    assert [number(v) for v in (0.04, -0.04, 0.5, -0.5, 12.0, 3.14159)] == [
        "0",
        "0",
        ".5",
        "-.5",
        "12",
        "3.1",
    ]
    assert numbers([0.5, 0.5, -1, 2, 0.5]) == ".5.5-1 2 .5"
    assert numbers([1, 0.5]) == "1 .5"


def test_a_second_shade_of_a_hue_is_told_apart_and_seen_on_both_pages():
    palette = Palette(["#1f77b4", "#9ecae1"])
    assert palette.paint("#1f77b4", "stroke") == "var(--chart-blue,#1f77b4)"
    light, dark = re.fullmatch(r"light-dark\((.+),(.+)\)", palette.paint("#9ecae1", "stroke")).groups()
    assert contrast(light, PAGES[0]) >= 3
    assert contrast(dark, PAGES[1]) >= 3
    assert readable("#ffff00", PAGES[0]) != "#ffff00"


def test_greys_have_a_role_and_colour_maps_stay():
    palette = Palette(["#000000", "#b0b0b0"])
    assert palette.paint("#000000", "text").startswith("var(--chart-ink")
    assert palette.paint("#000000", "stroke").startswith("var(--chart-axis")
    assert palette.paint("#b0b0b0", "stroke").startswith("var(--chart-grid")
    assert palette.paint("#ffffff", "fill").startswith("var(--chart-page")
    assert palette.paint("none", "fill") == "none"
    many = [f"#{n:02x}00ff" for n in range(0, 200, 10)]
    assert Palette(many).paint(many[3], "fill") == many[3]
    assert [hue_name(c) for c in ("#d1495b", "#2a9d8f", "#4f9a5a", "#ff7f0e", "#9467bd", "#e377c2")] == [
        "red",
        "teal",
        "green",
        "orange",
        "purple",
        "pink",
    ]
