"""What the engine wants to know of a language whose blocks run: the interface of a plug-in.

A distribution brings a language by an entry point whose name is the fence's::

    [project.entry-points."executable_posts.languages"]
    lua = "my_package.lua:LUA"          # LUA = Language(name="lua", ...)

`executable_posts.testing.LanguageContract` is the suite that every language passes. Keep the module that the entry
point names light: it is imported whenever a post has such a block, recorded or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_AT = re.compile(r"--at=(?P<label>.+?):(?P<line>\d+)(?:\s+|$)")


class BlockFailed(Exception):
    """Report that a block failed. message: what happened, in one line; line: the post's line, 0 if unknown."""

    def __init__(self, message: str, line: int = 0):
        super().__init__(message)
        self.line = line


class ToolAbsent(BlockFailed):
    """Report that what runs a language is not on this machine. found, mend: one line each."""

    def __init__(self, found: str, mend: str, line: int = 0):
        super().__init__(found, line)
        self.found, self.mend = found, mend


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Hold a block as its language gets it. args: its ``magic_args``; label, line: where its first line stands."""

    source: str
    args: str = ""
    label: str = "cell"
    line: int = 1

    @classmethod
    def of_magic(cls, args: str, source: str) -> Cell:
        """Read what a cell magic is called with; the engine puts ``--at=LABEL:LINE`` first, a notebook nothing."""
        match = _AT.match(args)
        if not match:
            return cls(source=source, args=args)
        return cls(source=source, args=args[match.end() :], label=match["label"], line=int(match["line"]))

    @property
    def padded(self) -> str:
        """Give the source with newlines before it, so that its lines have the post's numbers."""
        return "\n" * (self.line - 1) + self.source


def _no_more(_cell: Cell) -> tuple[object, ...]:
    return ()


@dataclass(frozen=True, kw_only=True)
class PageCompiler:
    """Describe what makes a language's blocks programs that a reader's page runs: WebAssembly for WASI preview 1.

    folder: holds ``package.json`` and ``package-lock.json`` of what npm brings, and ``compile.mjs``, an ES module. Its
    ``load(base)`` loads the compiler from an address that ends with a slash, ``compile(loaded, {source, args, label,
    line, files})`` gives ``{program, said}``: bytes or null, and the compiler's words at the post's lines. lacks: what a
    page has not and a cell needs, found without compiling it, "" for nothing. files: a cell's own files, by their path
    below the working directory; it raises BlockFailed for one that is elsewhere. title: the compiler as readers know it.
    pack: give what a page fetches of it when a reader edits a block, from npm's folder ``node_modules``: file name ->
    content, as small as it can be; None where no page compiles anything.
    """

    title: str
    folder: Path
    lacks: Callable[[Cell], str]
    files: Callable[[Cell], dict[str, str]]
    pack: Callable[[Path], dict[str, bytes]] | None = None


@dataclass(frozen=True, kw_only=True)
class Language:
    """Describe one language.

    name: the word that a fence writes. misspelt: words that mean it, each refused with this name as the mend. label: the name as
    readers know it; label_for: the same from a block's arguments, where these decide (``C++20``). suffixes: endings of its files, such as ``.hpp``.
    lexer: Pygments' name for it, for a ``name`` that Pygments does not know. needs: what a reader's machine must have, for the badge.
    arguments: what ``magic_args`` means, "" when it takes none.

    run: run a cell as a program, in the kernel's process: show what it prints (`process.run_program`), raise BlockFailed
    with the post's line when it fails, ToolAbsent when nothing here can run it. None for Python, whose cells the kernel
    itself runs on the state that a post's blocks share. ahead: do for a cell what changes nothing but how long its run takes,
    such as compiling it; in a process of its own, in the site's folder, while blocks before it run. False when it cannot be done
    yet, for an environment variable that is not there; it is asked again when the environment has changed. What it raises
    or prints is lost: the run will say it. tool: the command that runs or compiles it; raises ToolAbsent. It
    becomes part of a record's key, with the date of its file. key: what else a record depends on besides the source and
    the arguments, such as local headers, or the line when the program asks for it. page: what makes its blocks programs of
    a reader's page, None when nothing does.
    """

    name: str
    label: str
    misspelt: tuple[str, ...] = ()
    label_for: Callable[[str], str] | None = None
    suffixes: tuple[str, ...] = ()
    lexer: str = ""
    needs: str = ""
    arguments: str = ""
    run: Callable[[Cell], None] | None = None
    ahead: Callable[[Cell], bool] | None = None
    tool: Callable[[], tuple[str, ...]] | None = None
    key: Callable[[Cell], tuple[object, ...]] = _no_more
    page: PageCompiler | None = None

    @property
    def shares_state(self) -> bool:
        """Tell whether blocks see each other's names; a block that does not is a program of its own."""
        return self.run is None

    def shown_as(self, args: str) -> str:
        """Name the language of a block for readers."""
        return self.label_for(args) if self.label_for else self.label

    def notebook_source(self, cell: Cell) -> str:
        """Give a cell as the paired notebook holds it: with a cell magic first unless the kernel runs it itself."""
        return (
            cell.source if self.shares_state else f"%%{self.name} {cell.args}".rstrip() + "\n" + cell.source
        )

    def request(self, cell: Cell) -> str:
        """Give a cell as the kernel is asked to run it: it knows its place in the post."""
        if self.shares_state:
            return cell.padded
        return f"%%{self.name} --at={cell.label}:{cell.line} {cell.args}".rstrip() + "\n" + cell.source
