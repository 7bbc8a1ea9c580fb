"""Cut a post into units: the top-level statements of its Python, its programs, and its inline values."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field

from ..in_page import slices, trees
from ..in_page.names import names
from ..reading.blocks import Block
from ..reading.post import Post
from ..reading.prose import Value
from . import magic_lines
from .cache import tool_identity
from .execute import VOLATILE
from .plan import Unit, digest

_SHELL = frozenset(["_", "__", "___", "In", "Out", "_oh", "_ih"])
_FILES = frozenset(["open", "__import__"])
_BUILTINS = frozenset(dir(builtins))
_SHOWING = frozenset(["state:IPython"])  # what magic commands may have changed for all that is shown


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Hold where a unit stands. unit: what is planned with; block, value: where it is from, the other None; first, last:
    its lines in the post; nodes: number of statements; changes: names whose attributes or items it sets; whole: the block
    runs as one; shell: the module whose ways its magic commands change, "IPython" for all that is shown."""

    unit: Unit
    block: Block | None = None
    value: Value | None = None
    first: int = 0
    last: int = 0
    nodes: int = 0
    changes: frozenset[str] = field(default=frozenset())
    whole: bool = False
    shell: str = ""

    def told(self) -> dict[str, object]:
        """Tell the observer what to look at."""
        unit = self.unit
        return {
            "index": unit.index,
            "text": digest(unit.text),
            "nodes": self.nodes,
            "whole": self.whole or self.value is not None,
            "wants": sorted(unit.wants),
            "binds": sorted(unit.binds),
            "changes": sorted(self.changes),
            "all": unit.reads_all,
            "shell": self.shell,
        }


def cut(post: Post) -> list[Piece]:
    """Cut a post into units, in the order in which they run."""
    pieces: list[Piece] = []
    for value in post.values_after(-1):
        pieces.append(_of_value(post, value, len(pieces)))
    for block in post.blocks:
        if not block.speaks.shares_state:
            pieces.append(_of_program(post, block, len(pieces)))
        elif statements := _statements(post, block):
            pieces += _of_statements(block, statements, len(pieces))
        else:
            pieces.append(_of_whole(block, len(pieces)))
        for value in post.values_after(block.index):
            pieces.append(_of_value(post, value, len(pieces)))
    return pieces


def group_of(block: Block) -> str:
    """Name what is shown of a block, for a plan."""
    return f"block {block.index}"


def promised(block: Block) -> bool:
    """Tell whether a block says that it fails."""
    return "raises-exception" in block.info.tags


def _of_value(post: Post, value: Value, index: int) -> Piece:
    try:
        found = names(trees.expression(f"(\n{value.expression}\n)"))
    except SyntaxError:
        found = names()
    wants = frozenset(found.uses | found.later) | _SHOWING
    unit = Unit(
        index=index,
        group=f"value {post.values.index(value)}",
        line=value.line,
        text=f"value {value.expression}",
        wants=wants,
        reads_all=bool(wants & _SHELL),
    )
    return Piece(unit=unit, value=value, first=value.line, last=value.line)


def _of_program(post: Post, block: Block, index: int) -> Piece:
    language = block.speaks
    own = (block.language, block.source, block.info.magic_args, *language.key(block.cell(post.label)))
    unit = Unit(
        index=index,
        group=group_of(block),
        line=block.line,
        text=repr((*own, *tool_identity(language), promised(block))),
        wants=frozenset(["state:os"]),
        volatile=VOLATILE in block.info.tags,
    )
    return Piece(unit=unit, block=block, first=block.line, last=_last(block), nodes=1, whole=True)


def _of_whole(block: Block, index: int) -> Piece:
    """Make one unit of a block that fails on purpose, gives the shell commands, or has no statement."""
    try:
        found = names(*slices.parse(block.source, "block").body)
    except SyntaxError:
        found = names()
    magic = slices.has_magic(block.source)
    shell = "IPython" if magic and magic_lines.any_changes(block.source) else ""
    unit = Unit(
        index=index,
        group=group_of(block),
        line=block.line,
        text=f"whole {block.source if found.uses or found.binds or magic else ''}",
        wants=frozenset(found.uses | found.later) | {"state:os", "state:sys"} | _SHOWING,
        binds=frozenset(found.binds) | _states(shell),
        later=frozenset(found.later),
        reads_all=magic or bool(found.uses & _SHELL),
        volatile=VOLATILE in block.info.tags,
    )
    return Piece(
        unit=unit, block=block, first=block.line, last=_last(block), nodes=1, whole=True, shell=shell
    )


def _states(shell: str) -> frozenset[str]:
    return frozenset([f"state:{shell}"] if shell else [])


def _last(block: Block) -> int:
    return block.line + block.source.count("\n")


def _statements(post: Post, block: Block) -> list[slices.Statement]:
    if promised(block):
        return []
    source = block.source
    if slices.has_magic(source):
        source = magic_lines.as_statements(source)
        if source == block.source:
            return []
    try:
        return slices.statements(source, block.index, block.line, name=post.label)
    except SyntaxError:
        return []


def _of_statements(block: Block, statements: list[slices.Statement], index: int) -> list[Piece]:
    # Statements that share a line run together.
    lines: list[list[slices.Statement]] = []
    for statement in statements:
        if lines and statement.line <= lines[-1][-1].end:
            lines[-1].append(statement)
        else:
            lines.append([statement])
    source = block.source.split("\n")
    pieces = []
    for rank, together in enumerate(lines):
        first, last = together[0].line, max(s.end for s in together)
        found = names(*(s.node for s in together))
        deferred = all(_only_defines(s.node) for s in together)
        # A name that the statement binds itself before it uses it is not wanted, unless it may be a builtin's.
        own = found.binds - _BUILTINS - frozenset().union(*(s.uses for s in together))
        wants = frozenset(found.uses - own if deferred else (found.uses - own) | found.later)
        swallowed = frozenset().union(*(s.swallowed for s in together))
        text = "\n".join(source[first - block.line : last - block.line + 1])
        magic = "get_ipython" in wants and magic_lines.begins(text)
        shell = magic_lines.changed_by(text) if magic else ""
        unit = Unit(
            index=index + rank,
            group=group_of(block),
            line=first,
            text=text,
            wants=wants | _surroundings(together, wants) | _SHOWING,
            binds=frozenset(found.binds) | _states(shell),
            later=frozenset(found.later),
            certain=frozenset().union(*(s.certain for s in together)) - swallowed,
            reads_all=bool(magic or wants & _SHELL),
            volatile=VOLATILE in block.info.tags,
        )
        changes = frozenset().union(*(s.changes for s in together))
        if wants & {"setattr", "delattr", "patch", "mock"}:
            changes |= wants
        pieces.append(
            Piece(
                unit=unit,
                block=block,
                first=first,
                last=last,
                nodes=len(together),
                changes=changes,
                shell=shell,
            )
        )
    return pieces


def _surroundings(together: list[slices.Statement], wants: frozenset[str]) -> frozenset[str]:
    """Name the states that decide which file a relative path or an import means."""
    found: set[str] = set()
    if wants & _FILES:
        found.add("state:os")
    for node in (n for s in together for n in ast.walk(s.node)):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {"state:os", "state:sys"}
        if isinstance(node, ast.Import):
            found |= {f"state:{alias.name.partition('.')[0]}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(f"state:{node.module.partition('.')[0]}")
    return frozenset(found)


def _only_defines(node: ast.stmt) -> bool:
    """Tell whether a statement defines a function and calls nothing, so that what its body uses may come later."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    return not (node.decorator_list or node.args.defaults or any(node.args.kw_defaults))
