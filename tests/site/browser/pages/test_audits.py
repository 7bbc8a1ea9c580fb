"""Every page, in both themes, wide and on a phone: accessible, within its policy, asking nobody else."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest

from support.browsers import POST
from support.visit import LOOKS, PHONE, WIDE, violations, visit

ARTICLE = f"{POST.stem}/"
# What a policy may allow: itself, hashes, compiling WebAssembly; never inline code, eval or another host.
STRICT = r"'(self|none|wasm-unsafe-eval|sha(256|384|512)-[\w+/=-]+)'|data:|blob:"
AUDITED = [
    ARTICLE,
    "epoll-teenage-edge/",
    "the-function-that-lets-go/",
    "",
    "about/",
    "manual/",
    "manual-reference/",
    "manual-how-it-works/",
    "tag/cpp/",
    "404.html",
]


@pytest.fixture(params=LOOKS, ids=lambda p: f"{p[0]}-{p[1]}")
def look(request):
    return request.param


@pytest.mark.parametrize("width", [WIDE, PHONE])
@pytest.mark.parametrize("path", AUDITED, ids=lambda p: p.strip("/") or "index")
def test_everybody_can_use_the_page(browser, site, judges, width, path):
    with visit(browser, site, width, path=path) as reader:
        for scheme in ("light", "dark"):
            reader.page.emulate_media(color_scheme=scheme)
            assert violations(reader.page, judges / "axe-core" / "axe.min.js") == [], scheme


def test_the_switch_is_as_accessible(browser, site, judges):
    with visit(browser, site, scheme="light") as reader:
        before = reader.page.evaluate("getComputedStyle(document.body).backgroundColor")
        reader.page.locator("#theme-switch").click()
        assert reader.page.evaluate("getComputedStyle(document.body).backgroundColor") != before
        assert violations(reader.page, judges / "axe-core" / "axe.min.js") == []
        assert reader.problems == []


def test_the_editor_is_as_accessible(browser, site, judges, look):
    with visit(browser, site, *look) as reader:
        block = edit(reader.page)
        assert violations(reader.page, judges / "axe-core" / "axe.min.js") == []
        block.locator(".cm-content").click()
        assert reader.problems == []
        assert reader.foreign == []


def test_what_ran_is_as_accessible_and_keeps_to_itself(browser, site, judges, shots):
    with visit(browser, site, PHONE, "dark") as reader:
        block = edit(reader.page)
        block.locator(".cm-content").click()
        reader.page.keyboard.press("Control+a")
        reader.page.keyboard.insert_text("print('hot')\n1 / 0")
        block.get_by_role("button", name=re.compile("^Run ")).click()
        block.locator(".run-title", has_text="failed").wait_for(timeout=120_000)
        assert "ZeroDivisionError" in block.locator(".run-verdict").inner_text()
        assert violations(reader.page, judges / "axe-core" / "axe.min.js") == []
        assert reader.problems == []
        assert reader.foreign == []
        block.screenshot(path=shots / "edited-and-failed-390-dark.png")


def edit(page):
    """Open the editor of the post's first block that runs in the page; give the block."""
    page.locator(
        ".cell[data-block]"
    ).first.scroll_into_view_if_needed()  # near it, the page fetches what runs it
    block = (
        page.locator(".cell[data-block]")
        .filter(has=page.get_by_role("button", name=re.compile("^Edit ")))
        .first
    )
    block.scroll_into_view_if_needed()
    block.get_by_role("button", name=re.compile("^Edit ")).click()
    block.locator(".cm-content").wait_for(timeout=60_000)
    return block


def test_axe_does_find_faults(browser, judges):
    page = browser.new_page()
    page.set_content("<title>x</title><img src='data:,'><p style='color:#bbb'>pale")
    found = violations(page, judges / "axe-core" / "axe.min.js")
    page.close()
    assert {line.split(":")[0] for line in found} >= {"image-alt", "color-contrast", "html-has-lang"}


def test_every_page_keeps_to_itself(browser, site):
    with visit(browser, site) as reader:
        tabs = [reader.page, *(reader.context.new_page() for _ in range(5))]
        for start in range(0, len(site.pages), len(tabs)):  # what one waits for, all wait for
            some = list(zip(tabs, site.pages[start : start + len(tabs)], strict=False))
            for tab, path in some:
                tab.goto(site.url(path))
            for tab, _ in some:
                tab.wait_for_load_state("networkidle")
            assert reader.problems == [], [path for _, path in some]
            assert reader.foreign == [], [path for _, path in some]


def test_every_page_has_a_strict_policy(site):
    for path in site.pages:
        tree = site.soup(path)
        meta = tree.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
        assert meta, path
        policy = [directive.split() for directive in meta["content"].split(";") if directive.strip()]
        assert "default-src" in {name for name, *_ in policy}, path
        for name, *sources in policy:
            loose = [source for source in sources if not re.fullmatch(STRICT, source)]
            assert loose == [], f"{path}: {name}"
        assert not tree.find_all(style=True), path
        inline = [tag for tag in tree.find_all("script") if not tag.get("src")]
        assert [tag for tag in inline if tag.get("type") != "application/json"] == [], path


def test_a_violation_would_be_seen(browser, site):
    with visit(browser, site) as reader:
        reader.page.evaluate(
            """() => { const m = document.createElement('meta'); m.httpEquiv = 'Content-Security-Policy';
            m.content = "img-src 'none'"; document.head.append(m);
            new Image().src = 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='; }"""
        )
        reader.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert any("img-src" in p for p in reader.problems)


@pytest.mark.parametrize("script", [True, False], ids=["", "no-js"])
def test_no_page_scrolls_sideways_on_a_phone(browser, site, script):
    with visit(browser, site, PHONE, java_script_enabled=script) as reader:
        for path in site.pages:
            wide = reader.goto(site.url(path)).page.evaluate("document.documentElement.scrollWidth")
            assert wide <= PHONE, f"{path} is {wide} px wide"


@pytest.mark.parametrize("width", [1280, PHONE])
def test_everything_is_there_without_javascript(browser, site, told, width):
    post, executed = told
    with visit(browser, site, width, java_script_enabled=False) as reader:
        page = reader.page
        # What a frame shows when unfolded is there too: a long listing has a page of its own.
        frames = [urljoin(site.url(), f.get_attribute("src")) for f in page.locator("main iframe").all()]
        framed = [site.soup(src.removeprefix(site.url(""))).find("main").get_text() for src in frames]
        text = squeeze(" ".join([page.locator("main").text_content(), *framed]))
        shown = 0
        for block, result in zip(post.blocks, executed.results, strict=True):
            tags = set(block.info.tags)
            if "remove-cell" in tags:
                continue
            if "remove-input" not in tags:
                shown += 1
                assert squeeze(block.source) in text, f"the code of {block.id}"
            for output in () if "remove-output" in tags else result.outputs:
                if output["output_type"] == "stream":
                    shown += 1
                    assert squeeze(output["text"]) in text, f"the output of {block.id}"
        assert shown > 60
        figures = page.locator("main figure")
        assert figures.count() >= 5
        for n in range(figures.count()):
            box = figures.nth(n).bounding_box()
            hidden = figures.nth(n).evaluate("f => !!f.closest('details:not([open])')")
            assert hidden or (box and box["height"] > 40), f"figure {n} cannot be seen"
        assert page.locator("main table").count() >= 1
        dead = [b.inner_text() for b in page.locator("button").all() if b.is_visible()]
        assert dead == [], "a button that needs JavaScript shows without it"


def squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
