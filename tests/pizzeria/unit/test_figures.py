"""The committed figures are what the code draws, readable by everybody, computed from what is given."""

import io
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from pizzeria import facts
from pizzeria.datacenter.measure import results
from pizzeria.figures import (
    Lunch,
    Minutes,
    draw_apachehut,
    draw_bad_scaling,
    draw_good_scaling,
    draw_nginxopepperoni,
    drifted,
    figures,
    write,
)
from pizzeria.figures.__main__ import main
from pizzeria.figures.gallery import same_picture
from pizzeria.figures.palette import DARK, LIGHT
from pizzeria.figures.scaling import MOST, RECORD, draw_bad_scaling_svg, holders, memory
from pizzeria.figures.schedule import interleave, one_by_one

IMAGES = Path(__file__).parents[3] / "images"
SVG = "{http://www.w3.org/2000/svg}"
SCHEMES = [draw_apachehut, draw_nginxopepperoni]
CHARTS = [draw_bad_scaling, draw_good_scaling]
PHONE = 358
"""Width of a figure on a phone, in CSS pixels."""


def extent(element, sheet: str) -> tuple[float, float]:
    """Return where a line of text begins and ends, set in DejaVu Sans, wider than any font of the style sheet."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    rules = "".join(
        re.findall(rf"^\.{name}{{(.*)}}$", sheet, re.MULTILINE)[0:1][0]
        for name in element.get("class", "").split()
    )
    size = float((re.search(r"font-size:(\d+)px", rules) or [0, 19])[1])
    font = FontProperties(family="DejaVu Sans", weight="bold" if "font-weight:700" in rules else "normal")
    wide = TextPath((0, 0), element.text or " ", size=size, prop=font).get_extents().x1
    x = float(element.get("x", 0))
    return {"start": (x, x + wide), "middle": (x - wide / 2, x + wide / 2), "end": (x - wide, x)}[
        element.get("text-anchor", "start")
    ]


def words(drawing: bytes) -> str:
    return " | ".join(element.text or "" for element in ET.fromstring(drawing).iter(f"{SVG}text"))


@pytest.mark.parametrize("name", figures())
def test_the_committed_figure_is_what_the_code_draws(name):
    committed = (IMAGES / name).read_bytes()
    assert same_picture(name, committed, figures()[name]()), f"{name} drifted; to mend: make figures"


def test_every_figure_of_the_post_has_a_drawing_function():
    assert {path.name for path in IMAGES.iterdir()} >= set(figures())
    assert len(figures()) == 7


@pytest.mark.parametrize("draw", SCHEMES + CHARTS)
def test_drawing_twice_gives_the_same_bytes(draw):
    assert draw() == draw()


@pytest.mark.parametrize("draw", SCHEMES)
def test_a_scheme_has_a_title_and_a_description_that_label_it(draw):
    root = ET.fromstring(draw())
    labels = root.get("aria-labelledby").split()
    assert root.get("role") == "img"
    assert [root.find(f"{SVG}{tag}").get("id") for tag in ("title", "desc")] == labels
    assert all(len(root.find(f"{SVG}{tag}").text) > 20 for tag in ("title", "desc"))


@pytest.mark.parametrize("draw", SCHEMES)
def test_text_is_at_least_11_pixels_high_on_a_phone(draw):
    root = ET.fromstring(draw())
    width = float(root.get("viewBox").split()[2])
    sizes = [float(size) for size in re.findall(r"font-size:(\d+)px", root.find(f"{SVG}style").text)]
    assert min(sizes) * PHONE / width >= 11


@pytest.mark.parametrize("draw", SCHEMES)
def test_no_text_can_leave_the_card(draw):
    """A generous 0.56 em a letter, so that a wider font of another system still fits."""
    root = ET.fromstring(draw())
    width = float(root.get("viewBox").split()[2])
    sizes = {"h1": 30, "h2": 21}
    for element in root.iter(f"{SVG}text"):
        length = 0.56 * sizes.get(element.get("class"), 19) * len(element.text)
        before = {"middle": length / 2, "end": length}.get(element.get("text-anchor"), 0)
        left = float(element.get("x")) - before
        assert left > 0, element.text
        assert left + length < width, element.text


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((text, ground) for text in ("ink", "muted", "tomato") for ground in ("card", "panel")),
        ("on-work", "work"),
    ],
)
def test_text_has_the_contrast_of_wcag_aa(scheme, text, ground):
    assert contrast(scheme[text], scheme[ground]) >= 4.5


def contrast(one: str, other: str) -> float:
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_apachehut_follows_the_minutes():
    assert "works 15 of 65 minutes" in words(draw_apachehut())
    quick = words(draw_apachehut(replace(Minutes(), oven=7)))
    assert "works 15 of 42 minutes" in quick
    assert "7 min" in quick


def test_the_minutes_are_the_facts_of_the_story():
    assert Minutes() == Minutes(
        agent=facts.CALL.value,
        warehouse=facts.LONGEST_RESTOCK.value,
        prepare=facts.PREPARE.value,
        oven=facts.BAKE.value,
        delivery=facts.DELIVER.value,
    )
    assert "0–30 min | " in words(draw_apachehut())


def test_nginxopepperoni_follows_the_minutes_and_the_lunch():
    assert "All served in 125 min. At Apach’ Hut: 355 min." in words(draw_nginxopepperoni())
    assert "All served in 106 min" in words(draw_nginxopepperoni(replace(Minutes(), delivery=1)))
    assert "3 orders, one cook" in words(draw_nginxopepperoni(lunch=Lunch((0, 5, 10), (), 2)))


@pytest.mark.parametrize("draw", CHARTS)
def test_a_chart_follows_what_was_measured(draw):
    record = results.load(RECORD)
    for point in record.points:
        for window in point.windows:
            if point.clients == MOST and point.server in ("processes", "loop"):
                window.proportional *= 2
    plain, changed = (
        np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=float) for png in (draw(), draw(record))
    )
    assert np.abs(plain - changed).max() > 100
    assert not same_picture("chart.png", draw(), draw(record))


def test_the_line_is_the_price_of_a_client():
    record = results.load(RECORD)
    for point in record.points:
        for window in point.windows:
            window.proportional = (20 + 3 * holders(point)) * 2**20
    for server in ("loop", "processes", "threads"):
        *_, base, slope = memory(record, server)
        assert (base, slope) == (pytest.approx(20, abs=0.01), pytest.approx(3))
    assert b"3.0 MB each" in draw_bad_scaling_svg(record)


def test_a_client_who_got_no_process_pays_for_none():
    """A thousand asked, a busy machine forked for fewer: to divide by a thousand would make a process cheap."""
    record = results.load(RECORD)
    for window in (crowd := record.point("processes", MOST)).windows:
        window.processes, window.proportional = 432, (20 + 4 * 430) * 2**20
    assert holders(crowd) == 430
    assert memory(record, "processes")[0][-1] == 430
    for window in (all_served := record.point("threads", MOST)).windows:
        window.threads = MOST + 2
    assert holders(all_served) == MOST == holders(record.point("loop", MOST))


def test_the_cook_takes_whoever_asked_first_and_does_one_thing_at_a_time():
    orders = sorted(interleave(Lunch(), Minutes()), key=lambda order: order.starts)
    assert [order.number for order in orders] == [1, 3, 4, 5, 2]
    assert all(before.baking <= after.starts for before, after in pairwise(orders))
    assert all(order.ready <= order.starts for order in orders)


def test_the_to_do_list_names_what_waits_for_a_cook():
    todo = {order.number: order.todo(45) for order in interleave(Lunch(), Minutes())}
    assert {number for number, task in todo.items() if task is None} == {3, 4}
    assert todo[1] == "baked at 45: send it off"
    assert todo[2] == "in stock at 45: prepare it"
    assert todo[5] == "ordered at 20: prepare it"


def test_an_order_is_delivered_when_the_client_has_it_whoever_is_free_then():
    for order in interleave(Lunch(), Minutes()):
        assert order.delivered - order.baked == Minutes().delivery


def test_one_synchronous_cook_holds_every_order_in_turn():
    assert one_by_one(Lunch((0,), (1,)), Minutes()) == Minutes().held_at_most
    assert one_by_one(Lunch((0, 0), ()), Minutes()) == 2 * Minutes().held_at_least


def test_check_names_what_drifted_and_how_to_mend_it(tmp_path, capsys):
    write(tmp_path)
    assert drifted(tmp_path) == []
    assert main([str(tmp_path), "--check"]) == 0
    (tmp_path / "apachehut.svg").write_bytes(b"<svg/>")
    (tmp_path / "bad-scaling.png").unlink()
    (tmp_path / "good-scaling.png").write_bytes(b"no picture")
    assert main([str(tmp_path), "--check"]) == 1
    report = capsys.readouterr().err
    assert [report.count(name) for name in sorted(figures())] == [1, 1, 0, 1, 0, 0, 0]
    assert "make figures" in report


def test_writing_leaves_a_figure_that_still_matches_untouched(tmp_path):
    first = {path: path.stat().st_mtime_ns for path in write(tmp_path)}
    assert {path: path.stat().st_mtime_ns for path in write(tmp_path)} == first


def test_the_preview_has_the_size_networks_ask_for():
    with Image.open(IMAGES / "preview.png") as picture:
        assert picture.size == (1200, 630)
    assert (IMAGES / "preview.png").stat().st_size < 60_000


@pytest.mark.parametrize("name", ["bad-scaling.svg", "good-scaling.svg"])
def test_a_scaling_chart_has_a_colour_for_each_theme_and_no_other(name):
    svg = (IMAGES / name).read_text(encoding="utf-8")
    named = set(re.findall(r"var\((--\w+)\)", svg))
    light, dark = (dict(re.findall(r"(--\w+):(#\w{6})", rule)) for rule in re.findall(r"svg\{(.*?)\}", svg))
    assert named <= set(light) == set(dark)
    assert not set(re.findall(r"(?:fill|stroke): (#\w{6})", svg)) - {"#000000"}
    assert "DejaVu" not in svg


@pytest.mark.parametrize("draw", SCHEMES)
def test_no_words_leave_their_card_under_a_wide_font(draw):
    root = ET.fromstring(draw())
    sheet, width = root.find(f"{SVG}style").text, float(root.get("width"))
    outside = []
    for parent in root.iter():
        shifted = parent.get("transform", "")
        for element in parent.findall(f"{SVG}text"):
            begins, ends = extent(element, sheet)
            if not shifted and (begins < 4 or ends > width - 4):
                outside.append((element.text, begins, ends))
    assert outside == []
