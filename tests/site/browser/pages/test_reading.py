"""What it is like to read: lines of a length that eyes can follow, tables that stay tables, dates that say what is new."""

from __future__ import annotations

import pytest

from support.visit import PHONE, visit

# The longest line, in characters, of each long paragraph of the article's own column.
LINES = """[...document.querySelectorAll('.prose > p')].filter(p => p.textContent.length > 400).slice(0, 15).map(p => {
    const walker = document.createTreeWalker(p, NodeFilter.SHOW_TEXT), range = document.createRange(), lines = new Map();
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (node.parentElement.closest('.note, sup, code')) continue;
        for (const found of node.data.matchAll(/\\S+\\s*/g)) {
            range.setStart(node, found.index);
            range.setEnd(node, found.index + found[0].trimEnd().length);
            const y = Math.round(range.getClientRects()[0].top / 12);
            lines.set(y, (lines.get(y) ?? 0) + found[0].length);
        }
    }
    return Math.max(...lines.values());
})"""


@pytest.mark.parametrize("font", ["DejaVu Serif", "DejaVu Serif Condensed"])
def test_a_line_has_sixty_to_seventy_five_characters(browser, site, font):
    with visit(browser, site, 1400) as reader:
        page = reader.page
        page.evaluate("font => document.documentElement.style.setProperty('--serif', `\"${font}\"`)", font)
        longest = page.evaluate(LINES)
        assert len(longest) > 8
        assert max(longest) <= 76, (font, longest)
        assert min(longest) >= 58, (font, longest)


@pytest.mark.parametrize(("width", "shown"), [(1400, "table-row"), (1000, "table-row"), (PHONE, "block")])
def test_the_armoury_is_a_table_until_there_is_no_room(browser, site, width, shown):
    with visit(browser, site, width) as reader:
        table = reader.page.locator("#the-whole-armoury ~ .table-wrap").first
        table.scroll_into_view_if_needed()
        row = table.locator("tbody tr").first
        assert row.evaluate("row => getComputedStyle(row).display") == shown
        assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_front_page_says_what_is_new(browser, site):
    with visit(browser, site, path="") as reader:
        first = reader.page.locator(".posts > li").first.inner_text()
        assert "2016" in first
        assert "updated" in first
        assert "2026" in first
