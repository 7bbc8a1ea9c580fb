"""C++ in the reader's page: every block with the badge says what its native program said; run, stop, keyboard, policy."""

from __future__ import annotations

import gzip
import re

import pytest

from support.blocks import masked, posts
from support.browsers import PREFIX
from support.visit import violations

PROGRAM_LIMIT = 16_000  # bytes, gzip
# (module (memory (export "memory") 1) (func (export "_start") (loop br 0)))
ENDLESS = bytes.fromhex(
    "0061736d01000000 010401600000 03020100 0503010001 0713 02 066d656d6f72790200 065f737461727400 00 0a09010700 03400c000b0b"
)


@pytest.fixture(scope="module")
def running(site):
    """Give (post, executed, blocks that are programs of the page) of every post that has some."""
    found = posts(python=False)
    assert len(found) >= 2
    return found


@pytest.fixture
def opened(site, browser):
    """Give what opens a post; whatever its page complains of fails the test."""
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    problems: list[str] = []
    fetched: list[str] = []

    def at(post):
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda m: problems.append(f"{m.text} {m.location}") if m.type in ("error", "warning") else None,
        )
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(site.url(f"{post.path.stem}/"))
        page.locator("[data-program-src]").first.scroll_into_view_if_needed()
        page.locator("[data-program-src] .run-tools").first.wait_for()
        return page

    at.fetched = fetched
    yield at
    context.close()
    assert problems == []


def printed(executed, block, name):
    return "".join(o["text"] for o in executed.results[block.index].outputs if o.get("name") == name)


def finish(cell) -> str:
    cell.locator(".run-title", has_text=re.compile("run in|failed|stopped")).wait_for(timeout=60_000)
    return cell.locator(".run-title").inner_text()


def test_every_program_says_what_the_native_one_said(running, opened, site):
    for post, executed, here in running:
        page = opened(post)
        assert page.locator(".cell[data-program-src]").count() == len(here)
        before = len(opened.fetched)
        for block in here:
            cell = page.locator(f"#{block.name}")
            cell.locator("details.cell-folded").evaluate_all(
                "(folds) => folds.forEach((fold) => { fold.open = true; })"
            )
            cell.scroll_into_view_if_needed()
            assert cell.locator(".run-badge").text_content() == "runs here"
            cell.get_by_role("button", name=re.compile("^Run ")).click()
            assert "run in" in finish(cell), cell.locator(".run-output").inner_text()
            for name in ("stdout", "stderr"):
                native = printed(executed, block, name)
                shown = "".join(cell.locator(f".run-output .run-{name}").all_text_contents())
                if "output-varies" in block.info.tags:
                    native, shown = masked(native), masked(shown)
                assert shown == native, f"{post.label}:{block.line}"
            assert cell.locator(".run-recorded summary").inner_text() == "Recorded when the site was built"
            program = site.folder / post.path.stem / f"{block.name}.wasm"
            assert len(gzip.compress(program.read_bytes(), 9)) <= PROGRAM_LIMIT
        asked = opened.fetched[before:]
        assert not [u for u in asked if "/python/" in u], "a program needs no Python"
        assert all(PREFIX in u for u in asked)
    assert sum(len(here) for _, _, here in running) >= 5


def test_by_keyboard_and_without_a_fault_that_axe_knows(running, opened, judges):
    post, executed, here = running[0]
    page = opened(post)
    cell = page.locator(f"#{here[0].name}")
    cell.get_by_role("button", name=re.compile("^Run ")).focus()
    page.keyboard.press("Enter")
    assert "run in" in finish(cell)
    assert printed(executed, here[0], "stdout").strip() in cell.locator(".run-output").inner_text()
    assert violations(page, judges / "axe-core" / "axe.min.js") == []


def test_a_program_that_never_ends_is_stopped(running, opened):
    post, _, here = running[0]
    page = opened(post)
    page.route("**/*.wasm", lambda route: route.fulfill(body=ENDLESS, content_type="application/wasm"))
    cell = page.locator(f"#{here[0].name}")
    cell.get_by_role("button", name=re.compile("^Run ")).click()
    cell.locator(".run-state", has_text="Running").wait_for()
    cell.get_by_role("button", name=re.compile("^Stop ")).click()
    assert "stopped" in finish(cell)
    cell.get_by_role("button", name=re.compile("^Reset ")).click()
    assert cell.locator(".run-mine").count() == 0


def test_an_edit_is_compiled_in_the_page_by_a_compiler_whose_size_was_told(running, opened, site):
    post, executed, here = running[0]
    page = opened(post)
    block = here[0]
    cell = page.locator(f"#{block.name}")
    cell.scroll_into_view_if_needed()
    cell.get_by_role("button", name=re.compile("^Edit ")).click()
    cell.locator(".run-state", has_text="Ctrl-Enter").wait_for()
    (folder,) = (site.folder / "python").glob("clang-*")
    size = round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6)
    assert f"fetches clang ({size} MB, once)" in cell.locator(".run-state").inner_text()
    assert size < 30
    assert not [u for u in opened.fetched if "/clang-" in u], "nothing is fetched unasked"

    def typed(text):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(text)
        page.keyboard.press("Control+Enter")
        cell.locator(".run-title", has_text="running").wait_for()
        return finish_slowly(cell)

    native = printed(executed, block, "stdout")
    assert "changed: run in" in typed(block.source + "\n// mine")
    assert "".join(cell.locator(".run-output .run-stdout").all_text_contents()) == native
    fetched = [u for u in opened.fetched if "/clang-" in u]
    assert any(u.endswith("llvm.core.wasm.packed") for u in fetched)

    lines = block.source.split("\n")
    line = next(at for at, text in enumerate(lines) if "return" in text or "std::p" in text)
    broken = "\n".join([*lines[:line], lines[line].replace(";", " = nonsense;", 1), *lines[line + 1 :]])
    assert "failed" in typed(broken)
    assert f"{post.label}:{block.line + line}:" in cell.locator(".run-verdict > pre").inner_text()
    assert "nonsense" in cell.locator(".run-verdict > pre").inner_text()

    # Stop while it compiles; then the compiler comes out of what the browser has kept.
    before = len(opened.fetched)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("int main() { for (;;); }")
    page.keyboard.press("Control+Enter")
    cell.locator(".run-state", has_text=re.compile("Compiling|Running")).wait_for(timeout=120_000)
    cell.get_by_role("button", name=re.compile("^Stop ")).click()
    assert "stopped" in finish(cell)
    cell.get_by_role("button", name=re.compile("^Reset ")).click()
    assert cell.locator(".highlight code").text_content().rstrip() == block.source
    cell.get_by_role("button", name=re.compile("^Edit ")).click()
    cell.locator(".run-state", has_text="Ctrl-Enter runs").wait_for()
    assert "changed: run in" in typed(block.source + "\n// again")
    assert not [u for u in opened.fetched[before:] if u.endswith(".packed")], "it was kept"


def finish_slowly(cell) -> str:
    """Wait for a compiler that starts on a busy machine."""
    cell.locator(".run-title", has_text=re.compile("run in|failed|stopped")).wait_for(timeout=240_000)
    return cell.locator(".run-title").inner_text()
