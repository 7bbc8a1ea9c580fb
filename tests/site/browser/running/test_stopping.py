"""Blocks in the reader's page that are stopped, flood, print much, or fail by an edit above; what they print, settled."""

from __future__ import annotations

import pytest

from support.browsers import PREFIX
from support.running import cell, finish, press, type_over


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
