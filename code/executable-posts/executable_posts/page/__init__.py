"""The reader's side of a page with blocks: style sheets and scripts, put where any theme's pages find them.

A theme that knows nothing of this engine gets one sheet, nested in ``.executable-post``, so that nothing else of its pages
changes, and one script: `head_tags` and `into_head` put both into a written page. A theme that dresses blocks itself links
``cells.css`` and ``cells.js`` and defines the custom properties of ``alone.css``. Generators that are not Pelican call the
same functions.
"""

from __future__ import annotations

import html
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import rcssmin

from .scripts import smaller_script

FOLDER = "executable-posts"  # of the published site
WRAPPER = "executable-post"  # the class of the element that holds a post's body on a page of a theme that knows nothing of us
_HERE = Path(__file__).parent
_SHEETS = ("cells", "pygments")  # of every page with blocks; what Run brings is fetched with it
_SCRIPTS = (
    *("page", "cells", "explorables", "scrubs"),
    *(
        "run",
        "edits",
        "result",
        "pictures",
        "printed",
        "python",
        "programs",
        "program",
        "wasi",
        "compilers",
        "compiler",
    ),
)
_BEFORE_COLON = re.compile(
    r"""("[^"]*"|'[^']*'|/\*.*?\*/)|([\w)\]*])[ \t]+(?=:[a-z])""", re.DOTALL
)  # a string or a comment, or the end of a selector's part
_HEAD_END = re.compile(r"</head\s*>|<body\b", re.IGNORECASE)


def sheet() -> str:
    """Return the style of blocks, minified, for a theme that defines the custom properties and links it itself."""
    return smaller("".join(_css(name) for name in _SHEETS))


def whole_sheet() -> str:
    """Return all the style that blocks need on a page of any theme, minified, in force only inside a `WRAPPER`."""
    return smaller(f".{WRAPPER} {{\n" + "".join(_css(name) for name in ("alone", *_SHEETS, "run")) + "}\n")


def smaller(css: str) -> str:
    """Return a style sheet without comments and needless white space; it means the same."""
    # rcssmin takes `td :is(b)` for a declaration and joins both; `td *:is(b)` is the same selector, and it keeps that.
    made: str = rcssmin.cssmin(
        _BEFORE_COLON.sub(lambda match: match[0] if match[1] else f"{match[2]} *", css)
    )
    return made


def write(output: Path, explorables: Path | None = None) -> None:
    """Write the sheets and scripts into ``output / FOLDER``. explorables: folder of the site's own modules, which come along."""
    folder = Path(output, FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "page.css").write_text(whole_sheet(), encoding="utf-8")
    (folder / "cells.css").write_text(sheet(), encoding="utf-8")
    (folder / "run.css").write_text(smaller(_css("run")), encoding="utf-8")
    for name in _SCRIPTS:
        script = (_HERE / "js" / f"{name}.js").read_text(encoding="utf-8")
        (folder / f"{name}.js").write_text(smaller_script(script), encoding="utf-8")
    if explorables:
        shutil.copytree(explorables, folder / "explorables", dirs_exist_ok=True)


def wrapped(body: str) -> str:
    """Return a post's body (HTML) in the element that the whole sheet is in force in."""
    return f'<div class="{WRAPPER}">\n{body}\n</div>'


def unwrapped(body: str) -> str:
    """Return a body without what `wrapped` put around it, without scripts, and without what only a page's blocks need to
    say (where one runs): as a feed's reader may have it."""
    opening = f'<div class="{WRAPPER}">'
    if body.startswith(opening) and body.rstrip().endswith("</div>"):
        body = body[len(opening) :].rstrip().removesuffix("</div>").strip("\n")
    body = re.sub(r'<details class="run-elsewhere">.*?</details>', "", body, flags=re.DOTALL)
    return re.sub(r"<script\b.*?(</script\s*>|\Z)", "", body, flags=re.DOTALL | re.IGNORECASE)


def way(page: Path, output: Path) -> str:
    """Return the relative address of ``output / FOLDER`` from a page below ``output``; no slash at its end."""
    return Path(os.path.relpath(Path(output, FOLDER), Path(page).parent)).as_posix()


def head_tags(base: str, runtime: str = "", blocks: str = "") -> str:
    """Return the elements a page needs in its head.

    base: address of `FOLDER`, as `way` gives it. runtime: address of the folder with Python; blocks: of the file with the
    page's blocks; without either, nothing on the page runs.
    """
    tags = [f'<link rel="stylesheet" href="{html.escape(base)}/page.css">']
    if runtime and blocks:
        tags.append(f'<meta name="python-runtime" content="{html.escape(runtime)}/">')
        tags.append(f'<meta name="python-blocks" content="{html.escape(blocks)}">')
    tags.append(f'<script type="module" src="{html.escape(base)}/page.js"></script>')
    return "\n".join(tags) + "\n"


def into_head(page: str, tags: str) -> str:
    """Return a written page (HTML) with ``tags`` last in its head; a page that leaves the head out gets them first in its body."""
    found = _HEAD_END.search(re.sub(r"<!--.*?-->", lambda m: " " * len(m[0]), page, flags=re.DOTALL))
    at = found.start() if found else page.find(f'<div class="{WRAPPER}"')
    return page[:at] + tags + page[at:] if at >= 0 else page


def listing_page(listing: Mapping[str, object], base: str, lang: str = "en") -> str:
    """Return the page (HTML) of a long source. listing: its title and html; base: address of `FOLDER`."""
    from jinja2 import Template

    template = Template((_HERE / "listing.html").read_text(encoding="utf-8"), autoescape=True)
    page: str = template.render(listing=listing, base=base, lang=lang)
    return page + "\n"


def _css(name: str) -> str:
    return (_HERE / "css" / f"{name}.css").read_text(encoding="utf-8")
