"""Running a post's blocks in a browser, and comparing with what the kernel said."""

from __future__ import annotations

import re

from executable_posts.browser.place import runs_in_page
from executable_posts.config import load
from executable_posts.running.terminal import settled
from executable_posts.site.build import Site

from .blog import ROOT
from .browsers import PREFIX, as_published


def posts(python=True):
    """Give (post, executed, blocks that run in the page) of every post that has such blocks: Python's, or programs."""
    found = []
    with as_published():
        engine = Site(load(ROOT), use_recorded=True)
        for path in engine.config.post_paths():
            post = engine.read(path)
            executed = engine.execute(post)
            places = engine.places(post, executed)
            here = [b for b in post.blocks if runs_in_page(b, places) and b.speaks.shares_state == python]
            if here:
                found.append((post, executed, here))
    return found


def said(outputs) -> str:
    """Join what a block printed and showed in the kernel, as the page's driver would give it."""
    parts = []
    for output in outputs:
        if output["output_type"] == "stream":
            parts.append(output["text"])
        elif output["output_type"] in ("execute_result", "display_data"):
            data = output["data"]
            parts.append(data.get("image/svg+xml") or data.get("text/plain", ""))
    return "".join(parts)


def masked(text: str) -> str:
    """Put a mark for every number: all that may differ in a block that is declared to vary."""
    return re.sub(r"\s*\d[\d.,]*", " #", text)


# Runs blocks by the page's own module; resolves with what each said, in order.
RUN_BLOCKS = """async ({module, blocks, label, run}) => {
  const { python } = await import(module);
  python.post(label, blocks);
  const said = [];
  for (const index of run) {
    let text = "";
    const onOutput = (kind, piece) => { text += piece; };
    said.push({ ...await python.block(label, index, {}, { onOutput }), text });
  }
  return said;
}"""


def task(post, here) -> dict:
    """Write what ``RUN_BLOCKS`` is to run."""
    blocks = [
        {"index": b.index, "line": b.line, "source": b.source, "figure": bool(b.info.caption)}
        for b in post.blocks
        if b.language == "python"
    ]
    module = f"{PREFIX}/executable-posts/python.js"
    return {"module": module, "label": post.label, "run": [b.index for b in here], "blocks": blocks}


def differences(post, executed, here, results) -> list[str]:
    """Say where a browser's Python said something else than the kernel. Fails when what the kernel said was not compared."""
    wrong, compared = [], 0
    for block, result in zip(here, results, strict=True):
        text, recorded = settled(result["text"]), said(executed.results[block.index].outputs)
        promised = "raises-exception" in block.info.tags
        if result["ok"] == promised:
            wrong.append(f"{post.label}:{block.line} {block.name}: {result.get('error')}")
            continue
        varies = "output-varies" in block.info.tags
        same = masked(text) == masked(recorded) if varies else text == recorded
        compared += bool(recorded)
        if not same:
            wrong.append(f"{post.label}:{block.line} {block.name}\n--- kernel\n{recorded}\n--- page\n{text}")
    assert compared or not any(said(executed.results[block.index].outputs) for block in here)
    return wrong
