"""What a page weighs, as it came over the wire to a browser that asked for gzip."""

from __future__ import annotations

import gzip
import re

import pytest

from support.visit import LOOKS, PHONE, visit

KB = 1000
FIRST_VIEW = 60 * KB
CHART = 8 * KB
EDITOR = 125 * KB
PYTHON = 6400 * KB


def table(sizes: dict[str, int], budget: int) -> str:
    """Write what weighs, heaviest first, and the sum against the budget."""
    rows = [f"{size / KB:9.1f} kB  {name}" for name, size in sorted(sizes.items(), key=lambda i: -i[1])]
    return "\n".join([*rows, f"{sum(sizes.values()) / KB:9.1f} kB  of {budget / KB:g}"])


def test_editor_and_python_are_light(browser, site, capsys):
    with visit(browser, site) as reader:
        reader.page.wait_for_load_state("networkidle")
        block = reader.page.locator(".cell[data-block]").first
        block.scroll_into_view_if_needed()
        block.get_by_role(
            "button", name=re.compile("^Edit ")
        ).wait_for()  # what runs blocks is fetched near the first
        # Editor and Python both need the post's own blocks; they count with Python, the larger allowance.
        with site.weigh() as editor:
            block.get_by_role("button", name=re.compile("^Edit ")).click()
            block.locator(".cm-content").wait_for(timeout=60_000)
        with site.weigh() as python:
            block.get_by_role("button", name=re.compile("^Run ")).click()
            block.locator(".run-title", has_text="run in").wait_for(timeout=120_000)
    python |= {name: editor.pop(name) for name in list(editor) if name.endswith("_blocks.json")}
    with capsys.disabled():
        print(f"\nEdit\n{table(editor, EDITOR)}\nFirst Run\n{table(python, PYTHON)}")
    assert editor
    assert python
    assert sum(editor.values()) <= EDITOR
    assert sum(python.values()) <= PYTHON


@pytest.mark.parametrize(("width", "scheme"), LOOKS[1:3])
def test_the_first_view_is_light(browser, site, capsys, width, scheme):
    with site.weigh() as sizes, visit(browser, site, width, scheme) as reader:
        reader.page.wait_for_load_state("networkidle")
        loaded = {url.removeprefix(site.base + "/").split("?")[0] for url in reader.asked}
    assert loaded >= set(sizes), "what was served was asked for by this page"
    with capsys.disabled():
        print(f"\nFirst view, {width} px, {scheme}\n{table(sizes, FIRST_VIEW)}")
    assert len(sizes) >= 3
    assert sum(sizes.values()) <= FIRST_VIEW, table(sizes, FIRST_VIEW)


def test_every_chart_is_light(browser, site, capsys):
    with visit(browser, site, PHONE) as reader:
        charts = reader.page.evaluate(
            """[...document.querySelectorAll('main svg[role=img]')].map(
            s => [s.getAttribute('aria-label') || s.querySelector('title').textContent, s.outerHTML])"""
        )
    sizes = {title[:60]: len(gzip.compress(svg.encode(), 6)) for title, svg in charts}
    files = [p for p in site.folder.rglob("*.svg") if "theme" not in p.relative_to(site.folder).parts]
    drawn = {p.name: len(gzip.compress(p.read_bytes(), 6)) for p in files}
    assert len(sizes | drawn) >= 8
    with capsys.disabled():
        print(f"\nCharts\n{table(sizes | drawn, CHART * len(sizes | drawn))}")
    heavy = {name: size for name, size in (sizes | drawn).items() if size > CHART}
    assert heavy == {}
