"""The article in WebKit, which has no promise integration for WebAssembly: every block says what the kernel said."""

from __future__ import annotations

from support.blocks import RUN_BLOCKS, differences, posts, task
from support.browsers import absent
from support.webkit import BROWSERS, DISPLAY, DRIVER, webkit


def test_webkit_runs_every_block_too(site):
    if not (DRIVER and DISPLAY and BROWSERS):
        absent("no WebKitWebDriver, MiniBrowser or Xvfb on this machine")
    todo = posts()
    wrong = []
    with webkit() as page:
        page.goto(site.url())
        for post, executed, here in todo:
            wrong += differences(post, executed, here, page.evaluate(RUN_BLOCKS, task(post, here)))
        wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert not wrong, "\n\n".join(wrong)
    assert wide <= 0
