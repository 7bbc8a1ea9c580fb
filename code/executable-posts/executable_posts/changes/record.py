"""The record of what a post's page shows of its run: a file of JSON beside the page, read by no reader's browser.

It holds what the comparison needs and no more: the outputs that are shown (their beginning, where they are long), the
numbers of charts, digests of pictures, and the values of sentences. No time, no duration, nothing of a hidden output.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import PostError
from .numbers import Tolerance

FORMAT = "executable-posts outputs"
VERSION = 1
BEGINS = json.dumps({"format": FORMAT})[:-2].encode()  # every record, whatever became of the rest
STREAMS = ("stdout", "stderr")
EXPLORABLE, SOURCE = "explorable", "source"  # forms of our own; their MIME types are no words for people
MOST = 64_000_000  # bytes of a file that is read at all

_MEND = "publish that site anew; until then this post is not compared"


@dataclass(frozen=True, kw_only=True)
class Output:
    """Hold one output. form: "stdout", "stderr", "error", "explorable", "source" or a MIME type; text: what can be read of it, its beginning where
    it is long, without the numbers of the post's own lines; digest: of what the text leaves out, "" where that is nothing; size: of the whole, in characters or
    bytes; pixels: of a picture, "" where it does not say; tables: a chart's, each a list of rows, its heading first."""

    form: str
    text: str = ""
    digest: str = ""
    size: int = 0
    pixels: str = ""
    tables: tuple[tuple[tuple[str, ...], ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Block:
    """Hold one block. line: of its code, from 1; code: a digest; varies: its numbers are never the same twice; tolerance:
    as the fence says it; outputs: those that are shown."""

    name: str
    line: int
    language: str
    code: str
    varies: bool = False
    tolerance: str = ""
    outputs: tuple[Output, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Value:
    """Hold one value of a sentence. after: rank of the block above it, -1 without one; text: as printed."""

    expression: str
    line: int
    after: int
    text: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """Hold one post. post: its path as an author knows it; blocks: in the post's order; values: by their lines."""

    post: str
    blocks: tuple[Block, ...]
    values: tuple[Value, ...]


def written(record: Record) -> str:
    """Write a record as JSON: a line a block and a value, without what says nothing."""
    blocks = [
        _object({**vars(block), "outputs": [_lean(vars(one)) for one in block.outputs]})
        for block in record.blocks
    ]
    values = [_object(vars(one)) for one in record.values]
    head = f"{json.dumps({'format': f'{FORMAT} {VERSION}'})[:-1]}, {_object({'post': record.post})[1:-1]}"
    return f'{head},\n"blocks": [{_list(blocks)}],\n"values": [{_list(values)}]}}\n'


def read(path: Path) -> Record | None:
    """Read a record; None for a file that is none of ours. Raise PostError for one that is damaged."""
    if path.stat().st_size > MOST:
        raise PostError(path, 0, "is larger than any record of outputs", _MEND)
    raw = path.read_bytes()
    if not raw.startswith(BEGINS) and not BEGINS.startswith(raw):
        return None
    return parsed(raw, path)


def parsed(raw: bytes | str, path: Path | str) -> Record:
    """Read a record's text; raise PostError when it is damaged. path: for the message."""
    try:
        found = json.loads(raw)
        if found["format"] != f"{FORMAT} {VERSION}":
            mend = "publish both sites by the same version of the engine"
            raise PostError(path, 0, f"is a record of another kind: {found['format']}", mend)
        blocks = tuple(_block(one) for one in found["blocks"])
        values = tuple(_value(one, len(blocks)) for one in found["values"])
        return Record(post=_text(found, "post"), blocks=blocks, values=values)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        told = f"{error}" if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        raise PostError(path, 0, f"is a damaged record of outputs: {told[:200]}", _MEND) from None


def _block(found: Mapping[str, Any]) -> Block:
    Tolerance.of(_text(found, "tolerance", ""))
    return Block(
        name=_text(found, "name", ""),
        line=_whole(found, "line"),
        language=_text(found, "language"),
        code=_text(found, "code"),
        varies=bool(found.get("varies")),
        tolerance=_text(found, "tolerance", ""),
        outputs=tuple(_output(one) for one in found.get("outputs", ())),
    )


def _output(found: Mapping[str, Any]) -> Output:
    return Output(
        form=_text(found, "form"),
        text=_text(found, "text", ""),
        digest=_text(found, "digest", ""),
        size=_whole(found, "size", 0),
        pixels=_text(found, "pixels", ""),
        tables=tuple(_table(one) for one in found.get("tables", ())),
    )


def _table(found: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(found, list) or not all(
        isinstance(row, list) and all(isinstance(cell, str) for cell in row) for row in found
    ):
        raise ValueError("a table is no list of rows")
    return tuple(map(tuple, found))


def _value(found: Mapping[str, Any], blocks: int) -> Value:
    after = _whole(found, "after", 0)
    if not -1 <= after < blocks:
        raise ValueError(f"a value after block {after}, of {blocks}")
    return Value(
        expression=_text(found, "expression"),
        line=_whole(found, "line"),
        after=after,
        text=_text(found, "text", ""),
    )


def _text(found: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = found[key] if default is None else found.get(key, default)
    if not isinstance(value, str):
        raise ValueError(f"{key} is no text")
    return value


def _whole(found: Mapping[str, Any], key: str, default: int | None = None) -> int:
    value = found[key] if default is None else found.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{key} is no whole number")
    return value


def _lean(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing; the line and the text of whatever has one stay."""
    return {key: value for key, value in fields.items() if value not in ("", 0, (), [], False)}


def _object(fields: Mapping[str, Any]) -> str:
    return json.dumps(_lean(fields), ensure_ascii=False)


def _list(lines: list[str]) -> str:
    return "".join(f"\n{line}{',' if n < len(lines) else ''}" for n, line in enumerate(lines, 1))
