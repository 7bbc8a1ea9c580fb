"""The served page in a browser: it follows every save in place, and says what is wrong until that is mended."""

from __future__ import annotations

import pytest

from support.browsers import Website
from support.serving import server, small_blog, write
from support.visit import visit

LONG = "\n\n".join(f"Paragraph {n}, long before anything that changes." for n in range(60))
BODY = (
    "{intro}\n\n"
    + LONG
    + """

```python name="first" tags=["hide-input"]
print("the first block")
```

A sentence between them.

```python name="second"
print({second})
```

The end.
"""
)
BROKEN = "no_such_name"


def body(intro: str = "How it begins.", second: str = '"before"') -> str:
    return BODY.format(intro=intro, second=second)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = small_blog(tmp_path_factory.mktemp("served"))
    write(folder, body())
    with server(folder) as running:
        running.built()
        yield running


@pytest.fixture
def reader(served, browser):
    write(served.folder, body())
    with visit(browser, Website(served.base, served.folder / "output", {}), path="post/") as reader:
        reader.page.locator("#second .output-text >> text=before").wait_for()
        yield reader


def until(page, expression):
    """Wait until something is true; not by `wait_for_function`, which the page's policy forbids."""
    page.evaluate(
        f"new Promise(done => {{ const look = () => ({expression}) ? done() : setTimeout(look, 50); look(); }})"
    )


def text_of(page, selector):
    return page.locator(selector).inner_text()


def test_a_save_changes_the_page_in_place_and_nothing_else(served, reader):
    page = reader.page
    fold = page.locator("#first details")
    fold.locator("summary").click()
    page.locator("#second").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#first pre').focus()")
    page.evaluate("window.mark = document.querySelector('#first'); window.mark.dataset.reader = 'was here'")
    page.evaluate("window.mark.append('what a reader ran')")
    top = page.evaluate("document.querySelector('#second').getBoundingClientRect().top")

    write(served.folder, body(intro="It begins otherwise.\n\nAnd with one paragraph more."))
    page.locator("text=And with one paragraph more.").wait_for(state="attached")
    write(served.folder, body(intro="It begins otherwise.\n\nAnd with one paragraph more.", second='"after"'))
    page.locator("#second .output-text >> text=after").wait_for()

    assert page.evaluate("window.mark === document.querySelector('#first')"), "no reload"
    assert page.evaluate("window.mark.dataset.reader") == "was here"
    assert fold.evaluate("fold => fold.open")
    assert "what a reader ran" in text_of(page, "#first")
    assert abs(page.evaluate("document.querySelector('#second').getBoundingClientRect().top") - top) < 2
    assert page.evaluate("document.activeElement.closest('#first') !== null")
    assert reader.problems == []


def test_a_fault_is_a_panel_on_the_page_and_goes_when_it_is_mended(served, reader, shots):
    page = reader.page
    write(served.folder, body(second=BROKEN))
    panel = page.locator("executable-posts-server section")
    panel.wait_for()
    line = (served.folder / "content" / "post.md").read_text().split("\n").index(f"print({BROKEN})") + 1
    assert f"content/post.md:{line}" in panel.inner_text()
    assert "NameError" in panel.inner_text()
    assert panel.locator(".here").inner_text().endswith(f"print({BROKEN})")
    assert "before" in text_of(page, "#second"), "the last good build is on show"
    for width, scheme in ((1400, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=shots / f"served-fault-{width}-{scheme}.png")

    page.reload()  # a page that is opened now tells of it as well
    panel.wait_for()
    write(served.folder, body(second='"mended"'))
    page.locator("#second .output-text >> text=mended").wait_for()
    panel.wait_for(state="detached")
    assert reader.problems == []


def test_while_a_block_runs_the_page_says_which(served, reader, shots):
    page = reader.page
    wait = "import pathlib, time\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.05)\n"
    write(served.folder, body(second='"waited"').replace("print(", wait + "print(", 2))
    busy = page.locator("executable-posts-server p.busy")
    page.locator("executable-posts-server p.busy", has_text="first (1 of 2)").wait_for()
    page.screenshot(path=shots / "served-running.png")
    (served.folder / "go").touch()
    page.locator("#second .output-text >> text=waited").wait_for()
    busy.wait_for(state="detached")
    (served.folder / "go").unlink()


def test_a_style_sheet_is_taken_anew_and_a_policy_needs_another_page(served, reader):
    page = reader.page
    page.evaluate("window.mark = 1")
    sheet = served.folder / "theme" / "static" / "style.css"
    sheet.write_text("body { margin: 7px; }\n")
    until(page, "getComputedStyle(document.body).marginTop === '7px'")
    assert page.evaluate("window.mark") == 1
    article = served.folder / "theme" / "templates" / "article.html"
    usual = article.read_text()
    with page.expect_navigation():
        article.write_text(usual.replace("img-src 'self'", "img-src 'self' data:"))
    page.locator("#second").wait_for()
    assert page.evaluate("window.mark") is None
    assert "img-src 'self' data:" in page.content()
    with page.expect_navigation():
        article.write_text(usual)


RUN = """```python name="base"
base = {base}
```

{more}```python name="total"
print(base + 1)
```
"""


def test_what_a_reader_ran_stays_and_runs_by_the_code_that_is_there_now(tmp_path, browser):
    folder = small_blog(tmp_path)
    settings = folder / "pyproject.toml"
    settings.write_text(settings.read_text() + "browser = true\n")
    write(folder, RUN.format(base=1, more=""))
    with server(folder) as running:
        running.built()
        with visit(browser, Website(running.base, folder / "output", {}), path="post/") as reader:
            page = reader.page
            total = page.locator("#total")
            run = total.get_by_role("button", name="Run the block total")
            run.click()
            total.locator(".run-output >> text=2").wait_for(timeout=120_000)
            page.evaluate("window.mark = 1")

            write(folder, RUN.format(base=1, more="```python name='new'\nnew = 1\n```\n\n".replace("'", '"')))
            page.locator("#new").get_by_role("button", name="Run the block new").wait_for()
            page.locator("#new .copy").wait_for()
            assert total.locator(".run-output").inner_text() == "2\n"
            assert page.locator("#base .run-tools").count() == total.locator(".run-tools").count() == 1

            write(folder, RUN.format(base=5, more=""))
            page.locator("#new").wait_for(state="detached")
            page.locator("#base").get_by_role("button", name="Run the block base").wait_for()
            run.click()
            total.locator(".run-output >> text=6").wait_for(timeout=120_000)
            assert page.evaluate("window.mark") == 1
            assert reader.problems == []
