"""C++: a block is a whole program, compiled once (`compiler`) and run, or kept under a name for later blocks."""

from __future__ import annotations

import re
from pathlib import Path

from .. import config
from .cpp_page import CLANG
from .language import BlockFailed, Cell, Language

DEFAULT_STANDARD = "17"


def programs_folder() -> Path:
    """Give the folder of compiled programs of the site that the process runs in."""
    return config.load().cache_dir / "c++"


def named_programs(cache: Path) -> Path:
    """Give the folder of programs kept under a name. cache: the folder of compiled programs."""
    return cache / "named"


def run(cell: Cell) -> None:
    """Compile the cell as a C++ program and run it, showing what it prints.

    Its arguments are compiler flags, such as ``-std=c++20 -pthread``; C++17 is the default, and ``$NAME`` is the
    environment's. With ``-o NAME`` the program is not run but kept, and ``executable_posts.authors.program(NAME)`` finds
    it. Raise BlockFailed when it does not compile, is ended by a signal, or returns anything but 0.
    """
    from .compiler import CompileError, build, keep, split_name
    from .process import ending, run_program

    cache = programs_folder()
    try:
        flags, name = split_name(cell.args)
        program = build(cell.source, flags, cell.label, cell.line, cache)
    except CompileError as error:
        raise BlockFailed(
            f"the C++ block does not compile\n{error.text}".rstrip(), error.line or cell.line
        ) from None
    if name:
        keep(program, cell.source, name, cache)
        return
    ended = run_program([str(program)])
    if ended.code:
        raise BlockFailed(f"the C++ program {ending(ended.code)}", cell.line)


def ahead(cell: Cell) -> bool:
    """Compile the cell, so that its run finds it compiled; False while its flags name a variable that is not there."""
    from .compiler import build, split_name, unknown

    flags, _ = split_name(cell.args)
    if unknown(flags):
        return False
    build(cell.source, flags, cell.label, cell.line, programs_folder())
    return True


def tool() -> tuple[str, ...]:
    """Find the compiler; raise ToolAbsent."""
    from .compiler import find_compiler

    return find_compiler()


def key(cell: Cell) -> tuple[object, ...]:
    """Hash the local headers that a program includes, and keep its line when it asks for it."""
    from .compiler import header_digests, wants_line

    place = (cell.label, cell.line) if wants_line(cell.source) else ()
    return (*place, *header_digests(cell.source, cell.args))


def label_for(args: str) -> str:
    """Name the language with the standard that a block's flags choose."""
    standard = re.search(r"-std=(?:c|gnu)\+\+(\w+)", args)
    return f"C++{standard[1] if standard else DEFAULT_STANDARD}"


CPP = Language(
    name="c++",
    label="C++",
    misspelt=("cpp", "cxx", "cc", "c"),
    label_for=label_for,
    suffixes=(".cpp", ".cc", ".h", ".hpp"),
    needs="a compiler",
    arguments="compiler flags; -o NAME keeps the program instead of running it",
    run=run,
    ahead=ahead,
    tool=tool,
    key=key,
    page=CLANG,
)
