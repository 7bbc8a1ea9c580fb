"""The published page in a real browser: everything is there, nothing sticks out, nobody else is asked."""

from __future__ import annotations

import re

import pytest

from .conftest import POST


@pytest.fixture(
    params=[(1400, "light"), (1400, "dark"), (390, "light"), (390, "dark")], ids=lambda p: f"{p[0]}-{p[1]}"
)
def page(request, site, browser):
    width, scheme = request.param
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.problems, page.asked = [], []
    page.on("console", lambda m: page.problems.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: page.problems.append(str(e)))
    page.on("request", lambda r: page.asked.append(r.url))
    page.on("response", lambda r: page.problems.append(f"{r.status} {r.url}") if r.status >= 400 else None)
    page.goto(site.url())
    page.wait_for_load_state("networkidle")
    yield page
    page.close()


def test_the_page_is_whole(page, site, told):
    post, executed = told
    assert page.problems == []
    assert all(url.startswith((site.base + "/", "data:")) for url in page.asked), "nothing from third parties"
    text = re.sub(r"\s+", " ", page.evaluate("document.body.textContent"))
    shown = 0
    for block, result in zip(post.blocks, executed.results, strict=True):
        if {"remove-cell", "remove-output"} & set(block.info.tags):
            continue
        for output in result.outputs:
            if output["output_type"] == "stream":
                shown += 1
                assert re.sub(r"\s+", " ", output["text"]).strip() in text, f"the output of {block.id}"
    assert shown > 15
    assert [v.strip() for v in page.locator(".eval").all_text_contents()] == executed.values
    assert page.locator("figure.cell-figure svg").count() >= 4
    widths = page.evaluate("[...document.images].map(i => i.naturalWidth)")
    assert widths
    assert all(widths), "every image loads"
    names = page.evaluate(
        "[...document.querySelectorAll('main svg[role=img]')].map(s => s.querySelector('title').textContent)"
    )
    assert names
    assert all(names), "every chart has a text alternative"


def test_nothing_sticks_out(page):
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(page):
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    targets = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => decodeURIComponent(a.hash.slice(1)))"
    )
    assert targets
    assert set(targets) <= set(ids)


def test_the_page_follows_the_reader_s_scheme(site, browser):
    colours = set()
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(site.url())
        colours.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        page.close()
    assert len(colours) == 2


def test_everything_is_there_without_javascript(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site.url())
    assert page.locator(".cell").count() > 25
    assert page.locator(".cell-output").first.is_visible()
    context.close()


@pytest.mark.parametrize(
    "path",
    ["", "about/", "archives/", "tags/", "tag/cpp/", "feeds/all.atom.xml", f"{POST.stem}/{POST.stem}.ipynb"],
)
def test_the_rest_of_the_site_is_there(site, path):
    import urllib.request
    import xml.etree.ElementTree as ET

    with urllib.request.urlopen(site.url(path), timeout=10) as answer:
        body = answer.read()
    assert body
    if path.endswith(".xml"):
        assert len(ET.fromstring(body).findall("{http://www.w3.org/2005/Atom}entry")) == 1
