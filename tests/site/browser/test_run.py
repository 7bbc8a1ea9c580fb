"""Blocks in the reader's page: what runs there says what the kernel said; run, edit, break, stop, reset."""

from __future__ import annotations

import gzip
import re

import pytest

from support.blocks import RUN_BLOCKS, differences, posts, said, task
from support.browsers import PREFIX

RUNTIME_LIMIT = 6_400_000  # bytes, gzip: what the first Run may fetch
EDITOR_LIMIT = 125_000


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


def cell(page, name):
    """Find a block by its name, unfolded."""
    found = page.locator(f"#{name}[data-block]")
    found.scroll_into_view_if_needed()
    return found


def finish(block, verdict: str, timeout: float = 90_000) -> str:
    """Wait until a block's run came to an end; return what it put out."""
    block.locator(".run-title", has_text=re.compile("run in|failed|stopped")).wait_for(timeout=timeout)
    title = block.locator(".run-title").inner_text()
    assert verdict in title, (title, block.locator(".run-output").inner_text())
    return block.locator(".run-output").inner_text()


def press(block, name: str) -> None:
    block.get_by_role("button", name=re.compile(f"^{name} ")).click()


def type_over(page, block, text: str) -> None:
    """Replace all that the block's editor holds."""
    block.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)


def test_nothing_is_fetched_before_the_first_run(page, site):
    assert not [u for u in page.fetched if "/python/" in u or u.endswith("_blocks.json")]
    names = {p.name: p for p in next((site.folder / "python").iterdir()).iterdir()}
    sizes = {n: len(gzip.compress(p.read_bytes(), 9, mtime=0)) for n, p in names.items()}
    assert sizes.pop("editor.js") <= EDITOR_LIMIT
    sizes.pop("NOTICE.txt")
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
                body=(next((site.folder / "python").iterdir()) / "worker.js")
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
