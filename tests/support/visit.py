"""One visit of a page, with everything noted that a reader would never hear of."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

WIDE, PHONE = 1280, 390
LOOKS = [(width, scheme) for width in (WIDE, PHONE) for scheme in ("light", "dark")]
# Violations are events of the document; this listener is there before the page's first byte is read.
LISTEN = """
addEventListener('securitypolicyviolation', e => console.error('CSP', e.effectiveDirective, e.blockedURI, e.sample), true);
"""


# Waits for the pictures near what is in sight; those far below are not asked for yet.
PICTURES = """
Promise.all([...document.images]
  .filter(i => !i.complete && (i.loading != 'lazy' || Math.abs(i.getBoundingClientRect().top) < innerHeight))
  .map(i => i.decode().catch(() => {})))
"""


class Visit:
    """A page of its own context: ``problems`` and ``asked`` (addresses of all requests) grow while it is used."""

    def __init__(self, context, base: str):
        self.context, self.base = context, base
        self.problems: list[str] = []
        self.asked: list[str] = []
        context.add_init_script(LISTEN)
        context.on("request", lambda request: self.asked.append(request.url))
        context.on("response", self._hear_answer)
        context.on("requestfailed", self._hear_failure)
        context.on("console", lambda m: self._note(m.text) if m.type in ("error", "warning") else None)
        context.on("weberror", lambda e: self._note(str(e.error)))
        self.page = context.new_page()

    def _note(self, problem: str) -> None:
        self.problems.append(problem)

    def _hear_failure(self, request) -> None:
        if request.failure != "net::ERR_ABORTED":  # what was still loading when the reader went on
            self._note(f"{request.failure} {request.url}")

    def _hear_answer(self, response) -> None:
        if response.status >= 400:
            self._note(f"{response.status} {response.url}")

    def goto(self, url: str) -> Visit:
        self.page.goto(url)
        return self

    @property
    def foreign(self) -> list[str]:
        """List the requests to anybody but the site."""
        mine = (self.base + "/", "data:", "blob:")
        return [url for url in self.asked if not url.startswith(mine)]


@contextmanager
def visit(browser, site, width: int = WIDE, scheme: str = "light", path: str | None = None, **options):
    """Open a page of the site (None: the post) as a reader with this screen, scheme and options; give the Visit."""
    context = browser.new_context(
        viewport={"width": width, "height": 844 if width == PHONE else 900},
        color_scheme=scheme,
        is_mobile=width == PHONE,
        has_touch=width == PHONE,
        **options,
    )
    try:
        yield Visit(context, site.base).goto(site.url() if path is None else site.url(path))
    finally:
        context.close()


def wake(page, name: str):
    """Go to a figure as a reader does, and give it once it is awake."""
    figure = page.locator(f"#{name}")
    figure.scroll_into_view_if_needed()
    figure.locator('.explorable[data-state="awake"]').wait_for(timeout=60_000)
    figure.scroll_into_view_if_needed()  # what woke above it has moved it
    return figure


def violations(page, axe: Path) -> list[str]:
    """Let axe-core judge the page as it is now; give one line a violation."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.read_text(encoding="utf-8") + "\n;undefined")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(r => r.violations)")
    return [
        f"{v['id']}: {v['help']}: {node['target']} {node['html'][:160]}" for v in found for node in v["nodes"]
    ]
