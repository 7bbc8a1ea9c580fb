"""What the theme's script does: the switch, the contents, copying, notes, charts, frames, and the search of a larger site."""

from __future__ import annotations

import shutil

import pytest

from support.blog import ROOT, BlogSite
from support.browsers import Website
from support.pages import serve
from support.visit import PHONE, visit

BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_switch_has_three_states_and_is_remembered(browser, site, scheme):
    with visit(browser, site, scheme=scheme, path="about/") as reader:
        page, switch = reader.page, reader.page.locator("#theme-switch")
        systems = page.evaluate(BACKGROUND)
        seen = [switch.inner_text()]
        switch.click()
        others = page.evaluate(BACKGROUND)
        assert others != systems, "the first click is the one that shows"
        seen.append(switch.inner_text())
        page.reload()
        assert page.evaluate(BACKGROUND) == others, "the choice is remembered"
        switch.click()
        seen.append(switch.inner_text())
        page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
        assert page.evaluate(BACKGROUND) == systems, "a choice holds when the system changes"
        page.emulate_media(color_scheme=scheme)
        switch.click()
        assert switch.inner_text() == "Auto"
        page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
        assert page.evaluate(BACKGROUND) == others, "and without one, the system decides"
        assert seen == ["Auto", *(["Dark", "Light"] if scheme == "light" else ["Light", "Dark"])]
        assert reader.problems == []


def test_the_contents_follow_the_reading(browser, site):
    with visit(browser, site) as reader:
        page = reader.page
        links = page.locator(".toc-margin a")
        assert links.count() > 10
        for n in (3, links.count() - 1, 1):
            target = links.nth(n).get_attribute("href")
            page.evaluate(
                "id => document.getElementById(id).scrollIntoView({behavior: 'instant'})", target[1:]
            )
            page.wait_for_function(
                "target => document.querySelector('.toc-margin [aria-current]')?.hash === target", arg=target
            )
            assert page.locator(".toc-margin [aria-current]").count() == 1


def test_a_block_is_copied_as_it_is_written(browser, site, told):
    block = next(b for b in told[0].blocks if b.name == "one-order")
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site.url())
    button = page.locator("#one-order .copy")
    button.click()
    page.wait_for_function("b => b.textContent === 'Copied'", arg=button.element_handle())
    assert page.evaluate("navigator.clipboard.readText()") == block.source.rstrip("\n") + "\n"
    context.close()


@pytest.mark.parametrize("script", [True, False], ids=["", "no-js"])
def test_a_note_stands_in_the_margin_or_unfolds_where_it_is(browser, site, script):
    with visit(browser, site, java_script_enabled=script) as reader:
        note, column = (
            reader.page.locator("#fn1").bounding_box(),
            reader.page.locator(".prose > p").first.bounding_box(),
        )
        assert note["x"] >= column["x"] + column["width"], "beside the column"
    with visit(browser, site, PHONE, java_script_enabled=script) as reader:
        page, note = reader.page, reader.page.locator("#fn1")
        assert not note.is_visible()
        page.locator("#fnref1").click()
        assert note.is_visible()
        below = note.bounding_box()["y"] - page.locator("#fnref1").bounding_box()["y"]
        assert 0 < below < 120, "where its mark is"
        if script:
            page.locator("#fnref1").click()
            assert not note.is_visible(), "a second tap folds it"


def test_a_chart_wears_the_page_s_colours_and_its_words_are_text(browser, site):
    with visit(browser, site, scheme="light") as reader:
        page = reader.page
        page.locator("#fig-ceilings").scroll_into_view_if_needed()
        page.wait_for_selector("#fig-ceilings svg.chart")
        words = page.locator("#fig-ceilings svg.chart text").all_text_contents()
        assert {"clients at once", "requests a second", "event loop"} <= set(words)
        colour = (
            "getComputedStyle(document.querySelector('#fig-ceilings svg.chart path[stroke*=green]')).stroke"
        )
        light = page.evaluate(colour)
        page.locator("#theme-switch").click()
        assert page.evaluate(colour) != light
        table = page.locator(".cell:has(#fig-ceilings) .chart-data")
        table.locator("summary").click()
        assert table.locator("tbody tr").count() > 5
        assert reader.problems == []


def test_a_chart_is_a_picture_in_both_themes_without_javascript(browser, site):
    seen = set()
    for scheme in ("light", "dark"):
        with visit(browser, site, scheme=scheme, java_script_enabled=False) as reader:
            picture = reader.page.locator("#fig-ceilings img.chart")
            picture.scroll_into_view_if_needed()
            reader.page.wait_for_load_state("networkidle")
            seen.add(picture.screenshot())
    assert len(seen) == 2


def test_a_long_source_is_fetched_when_it_is_unfolded(browser, site):
    with visit(browser, site) as reader:
        page = reader.page
        assert not any("twisted-source.source.html" in url for url in reader.asked)
        page.locator("#twisted-source summary").click()
        code = page.frame_locator("#twisted-source iframe").locator("code")
        code.wait_for()
        assert "class TwistedStream" in code.text_content()
        assert reader.problems == []


def test_on_paper_there_is_what_was_shown_and_nothing_to_press(browser, site):
    with visit(browser, site, 760) as reader:
        page = reader.page
        page.emulate_media(media="print", color_scheme="light")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        images = "[...document.querySelectorAll('main img')]"
        loaded = "image => image.complete || new Promise(done => { image.onload = image.onerror = done; })"
        page.evaluate(f"Promise.all({images}.map({loaded}))")
        assert page.evaluate(f"{images}.filter(image => !image.naturalWidth).map(image => image.src)") == []
        buttons = "button, summary, .run-tools, .run-elsewhere, header.site nav, search, .toc-margin, .x-box"
        assert page.locator(f":is({buttons}):visible").all_text_contents() == []
        assert page.locator("#fn1").is_visible(), "a note stands in the text"
        assert page.locator(".cell-figure:visible").count() > 8
        assert page.locator("#fig-kitchens-alive img:visible").count() == 1
        seen = page.locator(".prose .eval").first.evaluate("e => getComputedStyle(e).backgroundColor")
        assert seen == "rgba(0, 0, 0, 0)"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module")
def larger(tmp_path_factory):
    """Publish a site of two posts, where there is something to search."""
    blog = BlogSite(tmp_path_factory.mktemp("larger"))
    shutil.copy(ROOT / "images" / "preview.png", blog.root / "images")
    for name, words in (("one", "Margherita and more margherita."), ("two", "Calzone, and *one* more.")):
        header = f"---\ntitle: The {name}\ndate: 2026-01-02\nslug: {name}\ntags: x\n---\n\n"
        blog.write(f"## First\n\nNothing.\n\n## Then\n\n{words}\n\n```python\n1\n```\n", f"{name}.md", header)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    with serve(blog.root / "output", "/a-blog", {}) as base:
        yield Website(base, blog.root / "output", {})


@pytest.mark.parametrize("path", ["", "two/", "tag/x/"])
def test_the_search_finds_and_leads_there(browser, larger, path):
    with visit(browser, larger, PHONE, path=path) as reader:
        page, found = reader.page, reader.page.locator("#search-found")
        assert not any("pagefind" in url for url in reader.asked), "nothing is fetched before it is asked for"
        page.locator("#search-words").fill("margherita")
        link = found.locator("a")
        link.first.wait_for()
        assert link.all_text_contents() == ["The one: Then"]
        assert found.locator("mark").count() >= 1
        page.locator("#search-words").fill("zzzz")
        found.get_by_text("Nothing about").wait_for()
        page.locator("#search-words").fill("margherita")
        link.first.click()
        page.wait_for_url("**/one/#then")
        assert reader.problems == []
