"""The published page in a real browser: everything is there, nothing sticks out, nobody else is asked."""

from __future__ import annotations

import re

import pytest

from support.blog import ROOT
from support.browsers import POST
from support.visit import LOOKS, PICTURES, visit

# Jumps, and resolves with the place of the target when nothing has moved for 30 frames.
JUMP = """name => new Promise(done => {
  location.hash = name;
  let still = 0, before = NaN;
  const look = () => {
    const top = document.getElementById(name).getBoundingClientRect().top;
    still = top === before ? still + 1 : 0;
    before = top;
    still < 30 ? requestAnimationFrame(look) : done(top);
  };
  look();
})"""


@pytest.fixture(scope="module", params=LOOKS, ids=lambda p: f"{p[0]}-{p[1]}")
def reader(request, site, browser):
    """Open the post once a look: the tests below go from a page that nobody has read to one that was read to its end."""
    with visit(browser, site, *request.param) as reader:
        reader.page.wait_for_load_state("networkidle")
        yield reader


def test_the_contents_lead_to_the_chapters(reader):
    """Cells that were never in sight have a guessed height, and a jump over them must land all the same."""
    page = reader.page
    names = page.evaluate("[...document.querySelectorAll('main :is(h2, h3)[id]')].map(h => h.id)")
    assert len(names) > 10
    for name in (names[-1], names[1], names[len(names) // 2]):
        top = page.evaluate(JUMP, name)
        assert -5 <= top <= page.viewport_size["height"] / 2, f"#{name} is {top:.0f} px down"


def test_ids_are_unique(reader):
    ids = reader.page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids)) > 20


def test_the_page_is_whole(reader, told):
    page, (post, executed) = reader.page, told
    assert reader.problems == []
    assert reader.foreign == [], "nothing from third parties"
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
    said = sorted(v.strip() for v in page.locator(".eval").all_text_contents())
    values = [text for value, text in zip(post.values, executed.values, strict=True) if value.table_of < 0]
    assert said == sorted(v.strip() for v in values)  # those of a note stand where its mark is
    assert page.locator("figure.cell-figure :is(svg, img.chart)").count() >= 4
    charts = "document.querySelectorAll('.output-svg > img.chart')"
    while left := page.evaluate(
        f"{charts}.length"
    ):  # a reader comes near: the picture becomes part of the page
        page.evaluate(f"{charts}[0]?.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        page.wait_for_function(f"left => {charts}.length < left", arg=left)
    for figure in page.locator(".explorable").all():  # what can be played with takes the place of its still
        figure.scroll_into_view_if_needed()
        figure.locator("xpath=self::*[@data-state='awake']").wait_for(timeout=30_000)
    images = "[...document.images].filter(image => !image.closest('.explorable'))"
    for n in range(page.evaluate(f"{images}.length")):  # those far below are loaded when a reader comes near
        page.evaluate(f"n => {images}[n].scrollIntoView({{block: 'center', behavior: 'instant'}})", n)
        page.evaluate(PICTURES)
    widths = page.evaluate(f"{images}.map(i => i.naturalWidth)")
    assert widths
    assert all(widths), "every image loads"
    names = page.evaluate(
        """[...document.querySelectorAll('main svg[role=img]')].map(
            s => s.getAttribute('aria-label') || s.querySelector('title')?.textContent)"""
    )
    assert names
    assert all(names), "every chart has a text alternative"


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
        entries = ET.fromstring(body).findall("{http://www.w3.org/2005/Atom}entry")
        assert len(entries) == len(list((ROOT / "content").glob("*.md")))


def test_code_is_a_tab_stop_only_where_it_scrolls_and_no_two_buttons_have_one_name(browser, site):
    with visit(browser, site) as reader:
        wrong = reader.page.evaluate(
            """async () => {
              const wrong = [], frame = () => new Promise(requestAnimationFrame);
              let scrolling = 0;
              for (const box of document.querySelectorAll(".cell pre, .noeval pre")) {
                if (!box.checkVisibility()) continue;
                box.scrollIntoView({ behavior: "instant" });
                for (let turn = 0; turn < 3; turn++) await frame();
                const scrolls = box.scrollWidth > box.clientWidth + 1;
                scrolling += scrolls;
                if (scrolls !== box.hasAttribute("tabindex")) wrong.push(box.textContent.slice(0, 60));
              }
              return { wrong, scrolling };
            }"""
        )
        assert wrong["wrong"] == []
        assert wrong["scrolling"], "nothing scrolls at this width"
        names = reader.page.locator("button.copy").evaluate_all(
            "(all) => all.map((b) => b.getAttribute('aria-label'))"
        )
        assert len(names) > 20
        assert len(set(names)) == len(names)
