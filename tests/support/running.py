"""How a reader runs the blocks of a page."""

from __future__ import annotations

import re


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
