"""Edits that outlive a visit: kept over a reload, and sent in a link."""

from __future__ import annotations

from support.running import cell, finish, press, type_over


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
