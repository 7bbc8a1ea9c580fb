"""Faults that an author makes, seeded one at a time into the same page: which tool says what, and what becomes of the site."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .catalog import Peer
from .document import Document, hundred
from .installing import Environment
from .timing import Failed, run

PATIENCE = 40  # seconds: four times what a hang is given by the tools that have a time-out, and a start
MEND = re.compile(
    r"\b(mend|hint|help|tip|did you mean|try|use|run|write|add|remove|set|correct|rename|consider|should|instead)\b",
    re.IGNORECASE,
)
CRASH = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
UNSEEN = 'from IPython.display import display\ndisplay({"application/pdf": "JVBERi0="}, raw=True)'
OPEN = 'from IPython.display import HTML\nHTML("<p>begun</p><!-- never closed")'


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault. page: what it makes of the good page; text: what it makes of the page as it is written for a tool, given
    its fence. where: pieces of the line that a good message names, any of them. files: beside the page. stale: the page is
    good, but what it stands on has changed, and this text must be on the new page."""

    name: str
    page: Callable[[Document], Document] = lambda page: page
    text: Callable[[str, str], str] = lambda text, fence: text
    where: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    later: dict[str, str] = field(default_factory=dict)
    stale: str = ""
    markdown: bool = False


@dataclass(frozen=True)
class Verdict:
    """How a tool took a fault: it stopped with an exit code, named the file, the line, a mend; the site stayed whole."""

    fails: bool
    file: bool
    line: bool
    mend: bool
    whole: bool
    said: str

    @property
    def points(self) -> int:
        """Count what was done well, at most 5."""
        return sum((self.fails, self.file, self.line, self.mend, self.whole))


def _seventh(code: str, hidden: bool = False) -> Callable[[Document], Document]:
    return lambda page: page.with_block(6, code, hidden)


def _called(page: Document) -> Document:
    return page.with_block(2, "v2 = v1 + 2\ndef scale(x):\n    return x / 0\nprint(v2)").with_block(
        6, "v6 = v5 + 6\nscale(v6)"
    )


def _prose(text: str) -> Callable[[Document], Document]:
    return lambda page: page.with_prose(text)


def _first_fence(make: Callable[[str], str]) -> Callable[[str, str], str]:
    """Rewrite the opening line of the last block's fence."""

    def text(whole: str, fence: str) -> str:
        before, opening, after = whole.rpartition(fence)
        line, rest = after.split("\n", 1)
        return before + make(opening + line) + "\n" + rest

    return text


def _indented(whole: str, fence: str) -> str:
    return whole + "\n    raise ValueError('shown, and never run')\n"


def _bad_header(whole: str, fence: str) -> str:
    """Break the title of a header, or give a page that has none a header with a broken one."""
    if not whole.startswith("---\n"):
        return f"---\ntitle: [open\n---\n{whole}"
    head, rest = whole.removeprefix("---\n").split("\n---\n", 1)
    lines = [line for line in head.split("\n") if not line.startswith("title:")]
    return "\n".join(["---", "title: [open", *lines, "---", rest])


FAULTS = (
    Fault(name="an exception in the seventh block", page=_seventh("v6 = v5 + 6\n1 / 0"), where=("1 / 0",)),
    Fault(name="one inside of a function that it calls", page=_called, where=("return x / 0", "scale(v6)")),
    Fault(name="a syntax error", page=_seventh("v6 = v5 + 6\nprint(v6"), where=("print(v6",)),
    Fault(name="a misspelt name", page=_seventh("v6 = v5 + 6\nprint(v66)"), where=("print(v66)",)),
    Fault(name="a missing module", page=_seventh("v6 = v5 + 6\nimport nosuch"), where=("import nosuch",)),
    Fault(
        name="a missing file", page=_seventh('v6 = v5 + 6\nopen("nosuch.csv")'), where=('open("nosuch.csv")',)
    ),
    Fault(name="an assertion", page=_seventh("v6 = v5 + 6\nassert v6 == 0"), where=("assert v6 == 0",)),
    Fault(
        name="a hang",
        page=_seventh("v6 = v5 + 6\nwhile True: pass"),
        where=("while True: pass", "v6 = v5 + 6"),
    ),
    Fault(name="a crash of the kernel", page=_seventh(CRASH), where=tuple(CRASH.split("\n"))),
    Fault(name="SystemExit", page=_seventh("v6 = v5 + 6\nraise SystemExit(0)"), where=("raise SystemExit",)),
    Fault(
        name="a failing block hidden by a tag", page=_seventh("v6 = v5 + 6\n1 / 0", True), where=("1 / 0",)
    ),
    Fault(
        name="an output nobody can see",
        page=_seventh(f"v6 = v5 + 6\n{UNSEEN}"),
        where=("display(", "v6 = v5 + 6"),
    ),
    Fault(
        name="HTML that swallows the page",
        page=_seventh(f"v6 = v5 + 6\n{OPEN}"),
        where=("HTML(", "v6 = v5 + 6"),
    ),
    Fault(name="a missing picture", page=_prose("![a dot](dot.png)"), where=("![a dot]",), markdown=True),
    Fault(
        name="a link to a missing page",
        page=_prose("See [it](nosuch.md)."),
        where=("See [it]",),
        markdown=True,
    ),
    Fault(
        name="a link to a missing heading",
        page=_prose("See [it](#nosuch)."),
        where=("See [it]",),
        markdown=True,
    ),
    Fault(name="a footnote nobody defined", page=_prose("Really.[^why]"), where=("Really.",), markdown=True),
    Fault(
        name="a fence with a capital",
        text=_first_fence(lambda line: line.replace("python", "Python")),
        where=("Python",),
        markdown=True,
    ),
    Fault(
        name="a fence of another name",
        text=_first_fence(
            lambda line: line.replace("{code-cell}", "{codecell}").replace("```python", "```py")
        ),
        where=("codecell", "```py"),
        markdown=True,
    ),
    Fault(name="an indented block", text=_indented, where=("raise ValueError",), markdown=True),
    Fault(
        name="a fence that is never closed",
        text=lambda whole, fence: whole[: whole.rindex("```")],
        where=("print(", "```python", "```{code-cell}"),
        markdown=True,
    ),
    Fault(
        name="a misspelt option of a block",
        text=_first_fence(lambda line: line + ("\n:tagz: [x]" if "code-cell" in line else ' tagz=["x"]')),
        where=("tagz",),
        markdown=True,
    ),
    Fault(
        name="a header that is no YAML",
        text=_bad_header,
        where=("title: [open",),
        markdown=True,
    ),
    Fault(
        name="a module of the site that changed",
        page=_seventh("v6 = v5 + 6\nimport shop\nprint('shop says', shop.WORD)"),
        files={"shop.py": "WORD = 'old'\n"},
        later={"shop.py": "WORD = 'new'\n"},
        stale="shop says new",
    ),
    Fault(
        name="a data file that changed",
        page=_seventh("v6 = v5 + 6\nprint('file says', open('word.txt').read())"),
        files={"word.txt": "old"},
        later={"word.txt": "new"},
        stale="file says new",
    ),
)


def judged(peer: Peer, environment: Environment, fault: Fault, folder: Path) -> Verdict | None:
    """Build the good page, then the faulty one, strictly; None when the tool's language has no such thing."""
    if fault.markdown and peer.suffix in (".py", ".ipynb") and fault.text is not Fault.text:
        return None
    good = hundred(12).documents[0]
    page = fault.page(good)
    if fault.stale:
        _fresh(peer, environment, folder, page, fault.files)
    else:
        # The good site is built once a tool, and copied back to where it was built.
        kept = folder.with_name(f"good-{peer.name.replace(' ', '-')}")
        if not kept.exists():
            _fresh(peer, environment, folder, good, fault.files)
            shutil.copytree(folder, kept, symlinks=True)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(kept, folder, symlinks=True)
    published = peer.page(folder, good.name)
    before = published.read_bytes()
    for name, text in fault.later.items():
        (folder / name).write_text(text, encoding="utf-8")
    source = peer.source(folder, good.name)
    written = fault.text(peer.write(page), _fence(peer))
    source.write_text(written, encoding="utf-8")
    code, said = _build(peer, environment, folder)
    if fault.stale:
        right = fault.stale in published.read_text(encoding="utf-8", errors="replace")
        return Verdict(right, right, right, right, right, "" if right else "the page shows what was")
    lines = [
        n for n, line in enumerate(written.split("\n"), 1) if any(piece in line for piece in fault.where)
    ]
    return Verdict(
        code != 0,
        code != 0 and source.name in said,
        code != 0 and any(re.search(rf"{re.escape(source.name)}\D{{1,20}}{n}\b", said) for n in lines),
        code != 0 and bool(MEND.search(_without_code(said))),
        code != 0 and published.is_file() and published.read_bytes() == before,
        said.strip()[-600:],
    )


def _fresh(peer: Peer, environment: Environment, folder: Path, page: Document, files: dict[str, str]) -> None:
    """Lay a page out in an empty folder, and build it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    peer.lay_out(folder, (page,), strict=True)
    _build(peer, environment, folder, must=True)


def _fence(peer: Peer) -> str:
    return "```{code-cell}" if "code-cell" in peer.write(hundred(12).documents[0]) else "```python"


def _without_code(said: str) -> str:
    """Leave out what a message quotes: words of a program are no advice."""
    return "\n".join(
        line for line in said.splitlines() if not line.startswith(("    ", "\t", "  File", "  >"))
    )


def _build(peer: Peer, environment: Environment, folder: Path, must: bool = False) -> tuple[int, str]:
    said = ""
    for command in peer.build(["hundred"], strict=True):
        _, code, text = run(command, environment, folder, PATIENCE)
        said += text
        if code:
            if must:
                raise Failed(f"{peer.name} does not build the good page: {text.strip()[-400:]}")
            return code, said
    return 0, said
