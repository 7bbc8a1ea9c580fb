"""The article in Firefox, as a distribution ships it: every block that runs in the page says what the kernel said."""

from __future__ import annotations

import json
import shutil

from support.blocks import RUN_BLOCKS, differences, posts, task
from support.browsers import absent
from support.judges import LOCKED, node
from support.visit import PHONE

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")


def test_firefox_runs_every_block_too(site, judges, shots):
    if not FIREFOX:
        absent("no Firefox on this machine")
    todo = posts()
    done = node(
        LOCKED / "firefox.mjs",
        timeout=400,
        input=json.dumps(
            {
                "puppeteer": str(judges / "puppeteer-core" / "lib" / "puppeteer" / "puppeteer-core.js"),
                "firefox": FIREFOX,
                "url": site.url(),
                "tasks": [task(post, here) for post, _, here in todo],
                "run": RUN_BLOCKS,
                "shot": str(shots / "article-firefox.png"),
            }
        ),
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert "firefox" in seen["version"].lower()
    wrong = [
        fault
        for (post, executed, here), results in zip(todo, seen["results"], strict=True)
        for fault in differences(post, executed, here, results)
    ]
    assert not wrong, "\n\n".join(wrong)
    assert seen["problems"] == []
    assert [url for url in seen["asked"] if not url.startswith((site.base + "/", "data:", "blob:"))] == []
    assert seen["width"] <= PHONE
