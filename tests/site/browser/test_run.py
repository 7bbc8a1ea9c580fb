"""Blocks in the reader's page: what runs there says what the kernel said; run, edit, break, stop, reset."""

from __future__ import annotations

import gzip
import re

import pytest

from support.blocks import RUN_BLOCKS, differences, posts, said, task
from support.browsers import PREFIX

RUNTIME_LIMIT = 6_400_000  # bytes, gzip: what the first Run may fetch
EDITOR_LIMIT = 125_000  # of the editor for Python; a grammar of another language is a file of its own


@pytest.fixture(scope="module")
def running(site):
    """Give what ``posts`` gives, once the site is published and every run is recorded."""
    found = posts()
    assert found
    return found


@pytest.fixture(scope="module")
def page(site, browser):
    """Open the post once; its Python worker is shared by the tests of this module."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    page.problems, page.fetched = [], []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on(
        "console",
        lambda m: page.problems.append(f"{m.text} {m.location}") if m.type in ("error", "warning") else None,
    )
    page.on("request", lambda request: page.fetched.append(request.url))
    page.goto(site.url())
    page.locator("[data-block]").first.scroll_into_view_if_needed()  # near it, the page fetches what runs it
    page.locator(".run-tools").first.wait_for(state="attached")
    yield page
    context.close()


def runtime(site):
    """Find the folder of what runs Python; compilers have others beside it."""
    return next((site.folder / "python").glob("*/pyodide.mjs")).parent


def cell(page, name):
    """Find a block by its name, unfolded."""
    found = page.locator(f"#{name}[data-block]")
    found.scroll_into_view_if_needed()
    return found


def finish(block, verdict: str, timeout: float = 90_000) -> str:
    """Wait until a block's run came to an end; return what it put out."""
    block.locator(".run-title", has_text=re.compile("run in|failed|stopped")).wait_for(timeout=timeout)
    title, said = block.locator(".run-title").inner_text(), block.locator(".run-output").inner_text()
    reason = block.locator(".run-verdict > pre")
    said += "\n" + reason.inner_text() if reason.is_visible() else ""
    assert verdict in title, (title, said)
    return said


def press(block, name: str) -> None:
    block.get_by_role("button", name=re.compile(f"^{name} ")).click()


def type_over(page, block, text: str) -> None:
    """Replace all that the block's editor holds."""
    block.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def test_nothing_is_fetched_before_the_first_run(page, site):
    assert not [u for u in page.fetched if "/python/" in u or u.endswith("_blocks.json")]
    names = {p.name: p for p in runtime(site).iterdir()}
    sizes = {n: len(gzip.compress(p.read_bytes(), 9, mtime=0)) for n, p in names.items()}
    parts = {n: size for n, size in sizes.items() if n.startswith("editor")}
    grammars = [
        n for n in parts if b"#include" in names[n].read_bytes() or b"co_await" in names[n].read_bytes()
    ]
    assert len(grammars) == 1, "C++ comes in a file of its own"
    assert sum(parts.values()) - parts[grammars[0]] <= EDITOR_LIMIT, parts
    sizes = {n: size for n, size in sizes.items() if n not in parts and n != "NOTICE.txt"}
    assert sum(sizes.values()) <= RUNTIME_LIMIT, sizes
    assert page.locator(".run-tools").count() == page.locator(".cell[data-block]").count() >= 10
    assert page.locator(".run-elsewhere").count() >= 10


def test_a_run_shows_progress_then_what_the_kernel_said(page, told):
    post, executed = told
    block = cell(page, "staff")
    press(block, "Run")
    text = finish(block, "run in")
    index = next(b.index for b in post.blocks if b.name == "staff")
    assert text.strip() == said(executed.results[index].outputs).strip()
    assert "line" in block.locator(".run-title").inner_text()  # it says that it ran what it needed first
    recorded = block.locator(".run-recorded")
    assert recorded.locator("summary").inner_text() == "Recorded when the site was built"
    assert recorded.locator("pre").text_content().strip() == text.strip()
    everything = [u for u in page.fetched if "/python/" in u]
    assert everything
    assert all(PREFIX in u for u in everything)


# Deleted in the worker: without them Pyodide cannot suspend WebAssembly, as in WebKit.
NO_SUSPENDING = "for (const name of ['Suspending', 'promising', 'Suspender']) delete WebAssembly[name];\n"


def test_every_block_says_in_pyodide_what_it_said_in_cpython(page, running):
    for post, executed, here in running:
        assert differences(post, executed, here, page.evaluate(RUN_BLOCKS, task(post, here))) == []
    assert sum(len(here) for _, _, here in running) >= 10


def test_it_runs_where_webassembly_cannot_be_suspended(browser, site, running):
    post, executed, here = running[0]
    awaiting = [b for b in here if "await " in b.source and "output-varies" not in b.info.tags]
    assert awaiting
    context = browser.new_context()
    try:
        context.route(
            "**/worker.js",
            lambda route: route.fulfill(
                body=(runtime(site) / "worker.js")
                .read_text()
                .replace('from "./pyodide.mjs";\n', 'from "./pyodide.mjs";\n' + NO_SUSPENDING),
                content_type="text/javascript",
            ),
        )
        page = context.new_page()
        page.goto(site.url())
        assert differences(post, executed, awaiting, page.evaluate(RUN_BLOCKS, task(post, awaiting))) == []
        tried = page.evaluate(
            """async (module) => (await import(module)).python.run("from js import WebAssembly\\nhasattr(WebAssembly, 'promising')",
            { onOutput: (kind, text) => { window.told = text; } }).then(() => window.told)""",
            f"{PREFIX}/executable-posts/python.js",
        )
        assert tried == "False"
    finally:
        context.close()


def test_edit_run_break_and_reset(page, told):
    post, _ = told
    source = next(b for b in post.blocks if b.name == "one-order")
    block, later = cell(page, "one-order"), cell(page, "staff")
    press(block, "Edit")
    block.locator(".cm-content").wait_for()
    assert block.locator(".cm-lineNumbers").inner_text().split()[-1] == str(
        source.line + source.source.count("\n")
    )
    type_over(page, block, source.source.replace("facts.BAKE.value", "2 * facts.BAKE.value"))
    page.keyboard.press("Control+Enter")
    assert "cook held   95 min" in finish(block, "changed: run in")
    assert "2 * facts.BAKE.value" in block.locator(".highlight").text_content()  # what Copy takes
    press(later, "Run")  # it builds on the edited block
    assert "98.0 min a pizza: at least 82 cooks" in finish(later, "run in")

    type_over(page, block, source.source.replace("in_stock + NEXT", "in_stok + NEXT"))
    page.keyboard.press("Control+Enter")
    text = finish(block, "failed")
    line = source.line + source.source.split("\n").index("out_of_stock = in_stock + NEXT_DELIVERY")
    assert f"{post.label}:{line} in <module>" in text
    assert "NameError: name 'in_stok' is not defined" in text
    assert "inbrowser" not in text

    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.textContent") == "Run"
    press(block, "Reset")
    assert not block.locator(".run-mine, .cm-content").count()
    assert block.locator(".highlight").is_visible()
    assert block.locator(".highlight code").text_content().rstrip() == source.source
    assert block.locator(".highlight code span").count()
    press(later, "Run")
    assert "68.0 min a pizza: at least 57 cooks" in finish(later, "run in")
    press(later, "Reset")


def test_stop_at_an_await_keeps_what_was_computed(page):
    block = cell(page, "race-and-cure")
    press(block, "Edit")
    type_over(page, block, "import asyncio\nprint('waiting')\nawait asyncio.sleep(1000)")
    press(block, "Run")
    block.locator(".run-output", has_text="waiting").wait_for(timeout=60_000)
    press(block, "Stop")
    assert finish(block, "stopped").split() == ["waiting", "Stopped."]


def test_stop_ends_what_never_awaits_and_the_next_run_works(page):
    block = cell(page, "race-and-cure")
    type_over(page, block, "print('busy')\nwhile True:\n    pass")
    press(block, "Run")
    block.locator(".run-output", has_text="busy").wait_for(timeout=60_000)
    press(block, "Stop")
    assert "restarted" in finish(block, "stopped")
    press(block, "Reset")
    press(block, "Run")
    assert "take_first: taken by Ada" in finish(block, "run in")
    press(block, "Reset")


def test_a_flood_of_output_ends_and_the_page_keeps_its_frames(page):
    block = cell(page, "race-and-cure")
    press(block, "Edit")
    type_over(page, block, "n = 0\nwhile True:\n    n += 1\n    print('a line of output, number', n)")
    page.evaluate(
        """() => { window.frames_ = []; const t = (now) => { frames_.push(now); if (frames_.length < 5000) requestAnimationFrame(t); };
          requestAnimationFrame(t); }"""
    )
    press(block, "Run")
    text = finish(block, "failed")
    assert "printed more than 1,000,000 characters" in text
    assert "number 200" in text
    gaps = page.evaluate("() => frames_.slice(1).map((t, i) => t - frames_[i])")
    print(f"{len(gaps)} frames, median gap {sorted(gaps)[len(gaps) // 2]:.1f} ms, worst {max(gaps):.0f} ms")
    press(block, "Reset")


def test_a_long_output_scrolls_and_the_verdict_stands_by_its_reason(page):
    block = cell(page, "race-and-cure")
    press(block, "Edit")
    type_over(page, block, "for n in range(20_000):\n    print(n)\nraise ValueError('at the end')")
    press(block, "Run")
    assert "ValueError: at the end" in finish(block, "failed")
    output, title, reason = (
        block.locator(css).bounding_box() for css in (".run-output", ".run-title", ".run-verdict > pre")
    )
    assert output["height"] < 500
    assert 0 <= reason["y"] - title["y"] - title["height"] < 20
    assert block.locator(".run-output").get_attribute("tabindex") == "0"
    block.locator(".run-output").focus()
    page.keyboard.press("End")
    page.wait_for_function("() => document.querySelector('.run-output:focus').scrollTop > 100000")
    press(block, "Reset")


def test_a_block_that_fails_by_an_edit_above_says_which(page, told):
    post, _ = told
    source = next(b for b in post.blocks if b.name == "one-order")
    block, later = cell(page, "one-order"), cell(page, "staff")
    press(block, "Edit")
    assert source.source.count("out_of_stock")
    type_over(page, block, "nothing = 1")
    press(later, "Run")
    assert f"It builds on what you have edited: the block at line {source.line}." in finish(later, "failed")
    press(block, "Reset")
    press(later, "Reset")


def test_edits_survive_a_reload_say_so_and_reset_removes_them(site, browser, told):
    post, _ = told
    source = next(b for b in post.blocks if b.name == "one-order")
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    try:
        page = context.new_page()

        def opened():
            page.locator("[data-block]").first.scroll_into_view_if_needed()
            page.locator(".run-tools").first.wait_for(state="attached")
            return cell(page, "one-order")

        page.goto(site.url())
        block = opened()
        press(block, "Edit")
        changed = source.source + "\nprint('mine')"
        type_over(page, block, changed)
        for _ in range(2):
            page.reload()
            block = opened()
            assert "Edited by you" in block.locator(".run-note").inner_text()
            assert block.locator(".highlight code").text_content() == changed
        press(block, "Run")
        assert "mine" in finish(block, "changed: run in")
        press(block, "Edit")
        block.locator(".cm-content", has_text="mine").wait_for()
        press(block, "Reset")
        page.reload()
        block = opened()
        assert not block.locator(".run-note").count()
        assert block.locator(".highlight code").text_content().rstrip() == source.source
        # Another reader's tab knows nothing of it.
        other = browser.new_context().new_page()
        other.goto(site.url())
        assert not other.locator(".run-note").count()
        other.context.close()
    finally:
        context.close()


def test_a_link_shows_a_senders_edit_and_runs_it_only_on_a_click(site, browser, told):
    post, _ = told
    source = next(b for b in post.blocks if b.name == "one-order")
    text = source.source + "\nprint('s\u00ebnt')"
    with_clipboard = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    fresh = browser.new_context()
    try:
        page = with_clipboard.new_page()
        page.goto(site.url())
        page.locator("[data-block]").first.scroll_into_view_if_needed()
        block = cell(page, "one-order")
        press(block, "Edit")
        type_over(page, block, text)
        press(block, "Copy link")
        block.get_by_text("Copied", exact=True).wait_for()
        link = page.evaluate("navigator.clipboard.readText()")
        assert len(link) < 2_000

        page = fresh.new_page()
        fetched = []
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(link)
        block = page.locator("#one-order")
        block.locator(".run-note").wait_for()
        assert "whoever sent you this link" in block.locator(".run-note").inner_text()
        assert block.locator(".highlight code").text_content() == text
        assert not [u for u in fetched if "/python/" in u], "nothing ran"
        assert page.url.endswith("#one-order")
        press(cell(page, "staff"), "Run")  # it builds on the block, and still takes the post's own
        assert "57 cooks" in finish(page.locator("#staff"), "run in")
        assert "s\u00ebnt" not in page.locator("body").inner_text().replace(text, "")
        press(block, "Run")
        assert "s\u00ebnt" in finish(block, "changed: run in")

        for broken in ("#edit=one-order:%%%", "#edit=one-order", "#edit=:", "#edit=nobody:AAAA"):
            page.goto("about:blank")
            page.goto(site.url() + broken)
            page.locator(".run-tools").first.wait_for(state="attached")
            assert not page.locator(".run-note", has_text="whoever").count()
    finally:
        with_clipboard.close()
        fresh.close()


def test_colours_stay_when_a_block_is_edited(page):
    block = cell(page, "one-order")
    shown = block.locator(".highlight").evaluate(
        "(code) => Object.fromEntries(['b', '.s', '.nf'].map((css) => [css, code.querySelector(css)]).filter(([, e]) => e)"
        ".map(([css, e]) => [e.textContent, getComputedStyle(e).color]))"
    )
    assert shown
    press(block, "Edit")
    block.locator(".cm-content").wait_for()
    edited = block.locator(".run-editor").evaluate(
        "(host) => Object.fromEntries([...host.shadowRoot.querySelectorAll('.cm-line span')].map((e) => [e.textContent, getComputedStyle(e).color]))"
    )
    compared = {word: colour for word, colour in shown.items() if word in edited}
    assert compared, (shown, edited)
    assert compared == {word: edited[word] for word in compared}
    press(block, "Reset")


def test_the_page_kept_its_content_policy(page):
    assert not page.problems


@pytest.mark.parametrize(
    ("chunks", "shown"),
    [
        (["one\n", "two"], "one\ntwo"),
        (["0 %", "\r50 %", "\r", "100 %\n", "done"], "100 %\ndone"),
        (["a\nb", "c\b\bd"], "a\nd"),
        (["x\r", "\ny"], "x\ny"),
        (["\x1b[31mred\x1b[0m", " plain"], "red plain"),
    ],
)
def test_what_is_printed_in_the_page_settles_as_in_a_terminal(page, chunks, shown):
    script = """async ([address, chunks]) => {
      const { printed } = await import(address), box = document.createElement("pre");
      for (const chunk of chunks) printed(box, chunk);
      return box.textContent;
    }"""
    assert page.evaluate(script, [f"{PREFIX}/executable-posts/printed.js", chunks]) == shown
