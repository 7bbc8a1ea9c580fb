"""The tools: what is installed of each, how a folder of pages is laid out for it, and the command that builds it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import formats
from .document import Document

KERNEL = ("ipykernel==7.1.0",)


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A tool that makes pages.

    write: a page in its language; suffix: of the page's file. settings: files beside the pages, by path. commands: what
    builds all pages of a folder, each a list of words. shown: where a page is then. kept: what is removed for a cold
    build. strict: words that make the build fail where the tool would go on, added to each command when faults are
    counted; strict_settings: the same for files. note: what a reader of the table must know.
    """

    name: str
    packages: tuple[str, ...]
    write: Callable[[Document], str]
    suffix: str
    pages: str = "."
    settings: dict[str, str]
    strict_settings: dict[str, str]
    commands: Callable[[list[str]], list[list[str]]]
    shown: str
    kept: tuple[str, ...]
    strict: tuple[str, ...] = ()
    preview: tuple[str, ...] = ()
    note: str = ""

    def source(self, folder: Path, name: str) -> Path:
        """Where the page of this name is written."""
        return folder / self.pages / f"{name}{self.suffix}"

    def page(self, folder: Path, name: str) -> Path:
        """Where the page of this name is published."""
        return folder / self.shown.format(name=name)

    def lay_out(self, folder: Path, documents: tuple[Document, ...], strict: bool = False) -> None:
        """Write settings and pages into an empty folder."""
        for path, text in {**self.settings, **(self.strict_settings if strict else {})}.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        for document in documents:
            file = self.source(folder, document.name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self.write(document), encoding="utf-8")

    def forget(self, folder: Path) -> None:
        """Remove what builds have left."""
        for path in self.kept:
            shutil.rmtree(folder / path, ignore_errors=True)

    def build(self, names: list[str], strict: bool = False) -> list[list[str]]:
        """Give the commands that build the pages of these names; a strict build speaks, since MkDocs counts what it says."""
        if not strict:
            return self.commands(names)
        return [
            [*(word for word in command if word != "--quiet"), *self.strict]
            for command in self.commands(names)
        ]


PELICAN = """SITENAME = "bench"
SITEURL = ""
PATH = "content"
TIMEZONE = "UTC"
DEFAULT_LANG = "en"
PLUGINS = ["executable_posts"]
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = None
"""
SPHINX = 'extensions = ["myst_nb"]\nnb_execution_mode = "cache"\nnb_execution_timeout = 5\n'
INDEX = "# bench\n\n```{toctree}\n:glob:\n*\n```\n"
TABLE = """[tool.executable_posts]
timeout = 5
browser = false
generator = "pelican content -s pelicanconf.py -o {output}"
"""


def _ours(name: str, table: str, note: str = "") -> Peer:
    return Peer(
        name=name,
        packages=("executable-posts[pelican]", "nbconvert==7.17.2"),
        write=formats.ours,
        suffix=".md",
        pages="content",
        settings={"pelicanconf.py": PELICAN, "pyproject.toml": table},
        strict_settings={"pyproject.toml": table + 'inputs = ["*.py", "*.txt"]\n'},
        commands=lambda names: [["executable-posts", "publish", "--output", "output"]],
        shown="output/about-{name}.html",
        kept=("output", ".cache", "notebooks"),
        preview=("executable-posts", "serve", "--output", "output", "--port", "{port}"),
        note=note,
    )


PEERS = (
    _ours("executable-posts", TABLE),
    _ours("executable-posts, incremental", TABLE + "incremental = true\n", "the setting `incremental`"),
    Peer(
        name="MyST-NB",
        packages=("myst-nb==1.4.0", "sphinx==9.0.4", *KERNEL),
        write=formats.mystnb,
        suffix=".md",
        settings={"conf.py": SPHINX, "index.md": INDEX},
        strict_settings={"conf.py": SPHINX + "nb_execution_raise_on_error = True\nnitpicky = True\n"},
        commands=lambda names: [["sphinx-build", "--quiet", ".", "_build"]],
        strict=("--fail-on-warning",),
        shown="_build/{name}.html",
        kept=("_build", "jupyter_execute"),
        note="cached by page",
    ),
    Peer(
        name="Jupyter Book 2",
        packages=("jupyter-book==2.1.7", "jupyter-server", *KERNEL),
        write=formats.mystnb,
        suffix=".md",
        settings={"myst.yml": "version: 1\nproject:\n  title: bench\n"},
        strict_settings={},
        commands=lambda names: [
            ["jupyter-book", "build", *(f"{name}.md" for name in names), "--jats", "--execute", "--force"]
        ],
        strict=("--strict",),
        shown="_build/exports/{name}.xml",
        kept=("_build",),
        note="as JATS: its theme for HTML is on no package index",
    ),
    Peer(
        name="Quarto",
        packages=("quarto-cli==1.10.19", *KERNEL),
        write=formats.mystnb,
        suffix=".qmd",
        settings={},
        strict_settings={},
        commands=lambda names: [["quarto", "render"]],
        shown="{name}.html",
        kept=(),
    ),
    Peer(
        name="marimo",
        packages=("marimo==0.25.2", "nbformat", "uv"),  # as two of its exports ask for
        write=formats.marimo,
        suffix=".py",
        settings={},
        strict_settings={},
        commands=lambda names: [
            ["marimo", "--quiet", "export", "html", f"{name}.py", "--output", f"{name}.html", "--force"]
            for name in names
        ],
        shown="{name}.html",
        kept=("__marimo__",),
        note="a command a page",
    ),
    Peer(
        name="mkdocs + markdown-exec",
        packages=("mkdocs==1.6.1", "markdown-exec==1.12.6", "pymdown-extensions"),
        write=formats.markdown_exec,
        suffix=".md",
        pages="docs",
        settings={
            "mkdocs.yml": "site_name: bench\nplugins: [markdown-exec]\nmarkdown_extensions: [pymdownx.superfences]\n"
        },
        strict_settings={},
        commands=lambda names: [["mkdocs", "build", "--quiet"]],
        strict=("--strict",),
        shown="site/{name}/index.html",
        kept=("site",),
        preview=("mkdocs", "serve", "--quiet", "--dev-addr", "127.0.0.1:{port}"),
        note="runs in its own process, without a kernel",
    ),
    Peer(
        name="nbconvert",
        packages=("nbconvert==7.17.2", "nbclient==0.11.0", *KERNEL),
        write=formats.notebook,
        suffix=".ipynb",
        settings={},
        strict_settings={},
        commands=lambda names: [
            [
                *("jupyter", "nbconvert", "--log-level", "ERROR", "--to", "html", "--execute"),
                *("--ExecutePreprocessor.timeout=5", *(f"{name}.ipynb" for name in names)),
            ]
        ],
        shown="{name}.html",
        kept=(),
        note="a notebook; the bare pipeline that others build on",
    ),
)
BY_NAME = {peer.name: peer for peer in PEERS}
