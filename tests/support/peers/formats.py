"""One page in the languages of the tools. Every writer is mechanical: the same parts in the same order."""

from __future__ import annotations

import json
import textwrap

from .document import Block, Document


def ours(page: Document) -> str:
    """Write a post of this engine."""
    head = f'---\ntitle: "{page.title}"\ndate: 2026-11-28\nexecutable: true\n---\n'
    return head + _markdown(
        page, lambda block: "```python" + (' tags=["remove-cell"]' if block.hidden else "")
    )


def mystnb(page: Document) -> str:
    """Write a page of MyST-NB, which Jupyter Book 2 reads as well."""
    head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n  display_name: Python 3\n---\n"
    tags = "\n:tags: [remove-cell]\n"
    return (
        head
        + f"\n# {page.title}\n"
        + _markdown(page, lambda block: "```{code-cell} python" + (tags if block.hidden else ""))
    )


def markdown_exec(page: Document) -> str:
    """Write a page of markdown-exec: the blocks of a page share a session."""
    attributes = 'exec="on" result="text" session="page"'

    def fence(block: Block) -> str:
        return f"```python {attributes}" + ("" if block.hidden else ' source="above"')

    return f"# {page.title}\n" + _markdown(page, fence)


def plain(page: Document) -> str:
    """Write Markdown with plain fences, as the test tools read it."""
    return f"# {page.title}\n" + _markdown(page, lambda block: "```python")


def continued(page: Document) -> str:
    """Write Markdown for pytest-markdown-docs, where a block that builds on the one before has to say so."""
    text = plain(page)
    first, rest = text.split("```python\n", 1)
    return first + "```python\n" + rest.replace("```python\n", "```python continuation\n")


def notebook(page: Document) -> str:
    """Write a Jupyter notebook, without outputs."""
    cells = []
    for number, part in enumerate(page.parts):
        code = isinstance(part, Block)
        cell = {"id": f"c{number}", "metadata": {}, "cell_type": "code" if code else "markdown"}
        cell["source"] = part.code if isinstance(part, Block) else part
        if isinstance(part, Block):
            cell |= {"outputs": [], "execution_count": None}
            cell["metadata"] = {"tags": ["remove-cell"]} if part.hidden else {}
        cells.append(cell)
    title = {"id": "title", "metadata": {}, "cell_type": "markdown", "source": f"# {page.title}"}
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    whole = {"cells": [title, *cells], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1)


def marimo(page: Document) -> str:
    """Write a notebook of marimo: a function a cell, what it needs and what it gives named by `marimo` itself."""
    cells = ["@app.cell\ndef _():\n    import marimo as mo\n    return (mo,)\n"]
    for part in page.parts:
        if isinstance(part, Block):
            hide = "(hide_code=True)" if part.hidden else ""
            body = part.code
        else:
            hide, body = "(hide_code=True)", f"mo.md({part!r})"
        cells.append(f"@app.cell{hide}\ndef _():\n{textwrap.indent(body, '    ')}\n    return\n")
    return "import marimo\n\napp = marimo.App()\n\n\n" + "\n\n".join(cells)


def _markdown(page: Document, fence) -> str:
    text = ""
    for part in page.parts:
        if isinstance(part, Block):
            text += f"\n{fence(part).rstrip()}\n{part.code}\n```\n"
        else:
            text += f"\n{part}\n"
    return text
