"""Measure Python in the page, in Chromium on a folder of a site that was built: first Run, rerun, frames meanwhile.

Budgets: first output within 5 s of the first Run on a warm cache, a rerun within 0.5 s, 50 frames a second while it runs.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.pages import serve

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BLOCK, HEAVY = "one-order", "burnt"
MEASURE = """async (block) => {
  const cell = document.getElementById(block), run = cell.querySelector(".run-button");
  const frames = [];
  let on = true;
  const tick = (now) => { frames.push(now); if (on) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  const begun = performance.now();
  run.click();
  let first = 0;
  while (performance.now() - begun < 120000) {
    await new Promise(requestAnimationFrame);
    if (!first && cell.querySelector(".run-output pre")) first = performance.now() - begun;
    if (cell.querySelector(".run-title")?.textContent.includes("run in")) break;
  }
  on = false;
  const whole = performance.now() - begun;
  return { first, whole, frames: frames.slice(1).map((t, at) => t - frames[at]) };
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=Path("output"))
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    if not CHROMIUM or not (args.site / "python").is_dir():
        print("bench_page: needs Chromium, and a site with Python in its pages (make html)")
        return
    from playwright.sync_api import sync_playwright

    rows: dict[str, list[float]] = {name: [] for name in ("cold", "warm", "rerun", "fps", "worst gap")}
    with serve(args.site) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(args.rounds):
            context = browser.new_context()
            for name in ("cold", "warm"):
                page = context.new_page()
                page.goto(f"{base}/asynchronous-pizzeria/")
                page.locator(
                    f"#{BLOCK}"
                ).scroll_into_view_if_needed()  # near it, the page fetches what runs it
                page.locator(".run-tools").first.wait_for(state="attached")
                rows[name].append(page.evaluate(MEASURE, BLOCK)["first"] / 1000)
            rows["rerun"].append(page.evaluate(MEASURE, BLOCK)["first"] / 1000)
            gaps = page.evaluate(MEASURE, HEAVY)["frames"]
            rows["fps"].append(1000 * len(gaps) / sum(gaps))
            rows["worst gap"].append(max(gaps))
            context.close()
        browser.close()
    for name, unit in (
        ("cold", "s"),
        ("warm", "s"),
        ("rerun", "s"),
        ("fps", "frames/s"),
        ("worst gap", "ms"),
    ):
        found = rows[name]
        print(
            f"{name:10} median {median(found):8.2f} {unit:9} best {min(found) if name != 'fps' else max(found):8.2f}"
        )


if __name__ == "__main__":
    main()
