"""What the tools can do, each shown by a small page that the tool builds: no tick without a page that earned it."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from .catalog import SPHINX, TABLE, Peer
from .document import Block, Document
from .installing import Environment
from .timing import run

PATIENCE = 300  # seconds a page may take
PLACE = "Here it stands."  # the paragraph of the page that a way replaces
PAGE = Document(
    "feature",
    "About feature",
    ("A first word.", Block("oven = 6\neggs = oven * 7\nprint('answer 1 is', oven)"), PLACE, "A last word."),
)


@dataclass(frozen=True)
class Built:
    """What a build left. folder: where it ran; page: as HTML or XML, or what stands in its place; text: as one reads it."""

    folder: Path
    page: str

    @property
    def text(self) -> str:
        """The page without its markup, spaces as one."""
        bare = re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", "", self.page, flags=re.DOTALL)
        return " ".join(html.unescape(bare).split())


@dataclass(frozen=True, kw_only=True)
class Way:
    """How a tool does it. piece: what replaces the paragraph, in the tool's language (a cell of a notebook: JSON);
    settings: files beside the page; commands: when not the tool's usual ones; page: where it is, when elsewhere;
    note: what a reader of the tick must know."""

    piece: str
    settings: dict[str, str] = field(default_factory=dict)
    commands: tuple[tuple[str, ...], ...] = ()
    page: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """Something that a tool may do. shown: tells whether what was built does it; ways: tool -> how, where one is documented."""

    name: str
    shown: Callable[[Built], bool]
    ways: dict[str, Way]


def _cell(kind: str, source: str, **metadata: Any) -> str:
    cell: dict[str, Any] = {"id": "it", "cell_type": kind, "metadata": metadata, "source": source}
    return json.dumps(cell | ({"outputs": [], "execution_count": None} if kind == "code" else {}))


def _myst(code: str, *options: str) -> str:
    return "```{code-cell} python\n" + "".join(f":{option}\n" for option in options) + f"{code}\n```"


def _tagged(code: str, tag: str) -> dict[str, Way]:
    return {
        "executable-posts": Way(piece=f'```python tags=["{tag}"]\n{code}\n```'),
        "MyST-NB": Way(piece=_myst(code, f"tags: [{tag}]")),
        "Jupyter Book 2": Way(piece=_myst(code, f"tags: [{tag}]")),
        "nbconvert": Way(piece=_cell("code", code, tags=[tag])),
    }


SENTENCE = "It needs 42 eggs."
SVG = """from IPython.display import SVG
row = SVG('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></svg>')"""
INLINE = SPHINX.replace('"cache"', '"inline"')
SHELL = "printf '%s-' from the shell"
BROWSER = TABLE.replace("browser = false", "browser = true\nbrowser_packages = []")

FEATURES = (
    Feature(
        name="a number in a sentence is computed",
        shown=lambda built: SENTENCE in built.text or SENTENCE in built.page,
        ways={
            "executable-posts": Way(piece="It needs {eval}`eggs` eggs."),
            "MyST-NB": Way(piece="It needs {eval}`eggs` eggs.", settings={"conf.py": INLINE}),
            "Jupyter Book 2": Way(piece="It needs {eval}`eggs` eggs."),
            "marimo": Way(piece='mo.md(f"It needs {eggs} eggs.")'),
            "mkdocs + markdown-exec": Way(
                piece='```python exec="on" session="page"\nprint(f"It needs {eggs} eggs.")\n```',
                note="as a block that prints its paragraph",
            ),
        },
    ),
    Feature(
        name="code folded, its output shown",
        shown=lambda built: (
            any("fold_me" in part for part in re.findall(r"<details.*?</details>", built.page, re.DOTALL))
            and "unfolded 42" in built.text
        ),
        ways={
            name: way
            for name, way in _tagged("fold_me = eggs\nprint('unfolded', fold_me)", "hide-input").items()
            if name in ("executable-posts", "MyST-NB")
        },
    ),
    Feature(
        name="an exception that belongs there is shown",
        shown=lambda built: "ZeroDivisionError" in built.text and "A last word." in built.text,
        ways=_tagged("eggs / 0", "raises-exception"),
    ),
    Feature(
        name="a block of the shell",
        shown=lambda built: "from-the-shell-" in built.text,
        ways={
            "executable-posts": Way(piece=f"```bash\n{SHELL}\n```"),
            "MyST-NB": Way(piece=_myst(f"%%bash\n{SHELL}")),
            "Jupyter Book 2": Way(piece=_myst(f"%%bash\n{SHELL}")),
            "mkdocs + markdown-exec": Way(piece=f'```bash exec="on" result="text"\n{SHELL}\n```'),
            "nbconvert": Way(piece=_cell("code", f"%%bash\n{SHELL}")),
        },
    ),
    Feature(
        name="a block of C++, compiled and run",
        shown=lambda built: "eggs from C++" in built.text.replace("42 ", ""),
        ways={
            "executable-posts": Way(
                piece='```c++\n#include <iostream>\nint main() { std::cout << 6 * 7 << " eggs from " << "C++\\n"; }\n```'
            )
        },
    ),
    Feature(
        name="a caption, and a link to the figure",
        shown=lambda built: (
            "Eggs in a row" in built.text
            and re.search(r'href="[^"]*#(fig-)?eggs|<xref ref-type="fig"', built.page) is not None
        ),
        ways={
            "executable-posts": Way(
                piece='See [the eggs](#fig-eggs).\n\n```python caption="Eggs in a row." name="fig-eggs"\n'
                + SVG
                + "\nrow\n```"
            ),
            "MyST-NB": Way(
                piece="See {ref}`eggs`.\n\n"
                + _myst(SVG)
                + "\n\n```{eval:figure} row\n:name: eggs\nEggs in a row.\n```",
                settings={"conf.py": INLINE},
            ),
            "Jupyter Book 2": Way(
                piece="See [the eggs](#fig-eggs).\n\n"
                + _myst(SVG + "\nrow", "label: cell")
                + "\n\n```{figure} #cell\n:name: fig-eggs\nEggs in a row.\n```"
            ),
        },
    ),
    Feature(
        name="readers run and edit it, without a server",
        shown=lambda built: (
            any(built.folder.rglob("pyodide*.wasm"))
            or 'class="pyodide-editor"' in built.page
            or "marimo-wasm" in built.page
        ),
        ways={
            "executable-posts": Way(
                piece="```python name=\"played\"\nprint('eggs', eggs)\n```",
                settings={"pyproject.toml": BROWSER},
                note="all of it comes from the site itself",
            ),
            "marimo": Way(
                piece="print('eggs', eggs)",
                commands=(
                    (
                        "marimo",
                        "--quiet",
                        "export",
                        "html-wasm",
                        "feature.py",
                        "--output",
                        "wasm",
                        "--mode",
                        "edit",
                        "--no-show-code",
                    ),
                ),
                page="wasm/index.html",
                note="Python comes from another host",
            ),
            "mkdocs + markdown-exec": Way(
                piece="```pyodide\nprint('eggs')\n```", note="Python and editor come from other hosts"
            ),
        },
    ),
    Feature(
        name="the page as a notebook, to download",
        shown=lambda built: any("oven * 7" in path.read_text() for path in built.folder.rglob("*.ipynb")),
        ways={
            "executable-posts": Way(piece="As a notebook."),
            "MyST-NB": Way(piece="As a notebook."),
            "marimo": Way(
                piece="mo.md('As a notebook.')",
                commands=(
                    ("marimo", "--quiet", "export", "ipynb", "feature.py", "--output", "feature.ipynb"),
                ),
                page="feature.ipynb",
                note="by a command of its own",
            ),
            "nbconvert": Way(piece=_cell("markdown", "As a notebook."), note="it is one"),
        },
    ),
    Feature(
        name="a number that readers move, and what follows from it",
        shown=lambda built: "data-scrub-src" in built.page or "mo.ui.slider" in unquote(built.page),
        ways={
            "executable-posts": Way(piece="For {scrub}`oven 1..12` ovens, {eval}`eggs` eggs."),
            "marimo": Way(
                piece="slider = mo.ui.slider(1, 12)\nslider",
                commands=(
                    (
                        "marimo",
                        "--quiet",
                        "export",
                        "html-wasm",
                        "feature.py",
                        "--output",
                        "wasm",
                        "--mode",
                        "run",
                    ),
                ),
                page="wasm/index.html",
                note="once Python has come from another host",
            ),
        },
    ),
)


def written(peer: Peer, way: Way | None) -> str:
    """Write the page for a tool, with a way in its place; without one as it is."""
    text = peer.write(PAGE)
    if way is None:
        return text
    if peer.suffix == ".ipynb":
        whole = json.loads(text)
        new = json.loads(way.piece)
        whole["cells"] = [new if cell["source"] == PLACE else cell for cell in whole["cells"]]
        return json.dumps(whole)
    if peer.suffix == ".py":
        return text.replace(
            f"    mo.md({PLACE!r})", "\n".join(f"    {line}" for line in way.piece.split("\n"))
        )
    return text.replace(PLACE, way.piece)


def built(peer: Peer, way: Way | None, environment: Environment, folder: Path) -> tuple[Built | None, str]:
    """Build the page; give what came out, or None, and the end of what the tool said."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    peer.lay_out(folder, (PAGE,))
    for name, text in (way.settings if way else {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    peer.source(folder, PAGE.name).write_text(written(peer, way), encoding="utf-8")
    said = ""
    commands = (
        [list(command) for command in way.commands] if way and way.commands else peer.build([PAGE.name])
    )
    for command in commands:
        _, code, text = run(command, environment, folder, PATIENCE)
        said += text
        if code:
            return None, said.strip()[-400:]
    page = folder / way.page if way and way.page else peer.page(folder, PAGE.name)
    if not page.is_file():
        return None, f"no {page.name} was made; {said.strip()[-300:]}"
    # An export of Jupyter Book 2 keeps what blocks printed in files beside it.
    parts = [page, *sorted((page.parent / "files").glob("*.txt"))]
    return Built(
        folder, "\n".join(p.read_text(encoding="utf-8", errors="replace") for p in parts)
    ), said.strip()[-400:]


def shown(feature: Feature, peer: Peer, environment: Environment, folder: Path) -> dict[str, Any] | None:
    """Tell whether a tool does it; None where no way is known."""
    way = feature.ways.get(peer.name)
    if way is None:
        return None
    made, said = built(peer, way, environment, folder)
    does = made is not None and feature.shown(made)
    return {"does": does, "note": way.note, "said": "" if does else said}
