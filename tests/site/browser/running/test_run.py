"""Blocks in the reader's page: what runs there says what the kernel said; run, edit, break, reset."""

from __future__ import annotations

import gzip

from support.blocks import RUN_BLOCKS, differences, said, task
from support.browsers import PREFIX
from support.running import cell, finish, press, runtime, type_over
from support.visit import visit

RUNTIME_LIMIT = 6_400_000  # bytes, gzip: what the first Run may fetch
EDITOR_LIMIT = 125_000  # of the editor for Python; a grammar of another language is a file of its own


def test_nothing_is_fetched_before_the_first_run(site, browser):
    with visit(browser, site) as reader:
        reader.page.locator("[data-block]").first.scroll_into_view_if_needed()
        reader.page.locator(".run-tools").first.wait_for(state="attached")
        assert not [u for u in reader.asked if "/python/" in u or u.endswith("_blocks.json")]
        blocks = reader.page.locator(".cell[data-block]").count()
        assert reader.page.locator(".run-tools").count() == blocks >= 10
        assert reader.page.locator(".run-elsewhere").count() >= 10
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


def test_every_block_says_in_pyodide_what_it_said_in_cpython(page, running):
    for post, executed, here in running:
        assert differences(post, executed, here, page.evaluate(RUN_BLOCKS, task(post, here))) == []
    assert sum(len(here) for _, _, here in running) >= 10


# Deleted in the worker: without them Pyodide cannot suspend WebAssembly, as in WebKit.
NO_SUSPENDING = "for (const name of ['Suspending', 'promising', 'Suspender']) delete WebAssembly[name];\n"


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
