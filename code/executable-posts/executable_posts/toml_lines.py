"""The engine's table in a TOML file: where a key stands, and which word was probably meant."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import PostError


def line_of_key(text: str, key: str, table: bool = True) -> int:
    """Return the 1-based line of a key, 0 when it cannot be found.

    table: look for a key of ``[tool.executable_posts]``; otherwise for a table or key of ``[tool]``. Dotted and quoted keys
    and inline tables are found too.
    """
    name = rf"[\"']?{re.escape(key)}[\"']?"
    dotted = r"(?:tool\s*\.\s*)?[\"']?executable_posts[\"']?" if table else "tool"
    inside, wanted = False, "tool.executable_posts" if table else "tool"
    for number, line in enumerate(text.split("\n"), 1):
        if header := re.match(r"\s*\[+([^\]]+)\]", line):
            title = re.sub(r"[\s\"']", "", header[1])
            inside = title == wanted
            if not table and (title == f"tool.{key}" or title.startswith(f"tool.{key}.")):
                return number
            if table and title == f"tool.executable_posts.{key}":
                return number
        elif (
            (inside and re.match(rf"\s*{name}\s*[.=]", line))
            or re.match(rf"\s*{dotted}\s*\.\s*{name}\s*[.=]", line)
            or re.search(rf"{dotted}\s*=\s*\{{.*\b{name}\s*=", line)
        ):
            return number
    return 0


def line_of_error(message: str) -> int:
    """Return the line that a message of `tomllib` names, 0 when it names none."""
    found = re.search(r"at line (\d+)", message)
    return int(found[1]) if found else 0


def nearest(word: str, words: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the word that was probably meant, "" when none is near."""
    return next(iter(difflib.get_close_matches(word, list(words), 1, cutoff)), "")


def table_of(file: Path) -> dict[str, Any] | None:
    """Return the table ``[tool.executable_posts]`` of a ``pyproject.toml``, None without one; raise PostError at a fault's line."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise PostError(file, 0, f"not valid TOML: {error}", "save the file as UTF-8") from None
    except OSError as error:
        raise PostError(file, 0, f"cannot be read: {error.strerror}", "check the file") from None
    try:
        whole = tomllib.loads(text)
        tools = whole.get("tool", {})
    except tomllib.TOMLDecodeError as error:
        raise PostError(
            file, line_of_error(str(error)), f"not valid TOML: {error}", "correct the file"
        ) from None
    for name, value in whole.items():
        # A table beside [tool], or in another that was meant to be it.
        misplaced = name == "executable_posts" or (
            name != "tool"
            and nearest(name.lower(), ["tool"], 0.75)
            and isinstance(value, dict)
            and "executable_posts" in value
        )
        if misplaced:
            named = re.compile(rf"\s*\[*\s*[\"']?{re.escape(name)}\b")
            line = next((n for n, words in enumerate(text.split("\n"), 1) if named.match(words)), 0)
            raise PostError(file, line, f"the table [{name}...]", "name it [tool.executable_posts]")
    if not isinstance(tools, dict):
        return None
    table = tools.get("executable_posts")
    if table is None:
        for name in tools:
            # Others' tables are others' business, unless nobody else could be meant.
            if name.replace("-", "_").lower() == "executable_posts" or nearest(
                name, ["executable_posts"], 0.9
            ):
                line = line_of_key(text, name, table=False)
                raise PostError(file, line, f"the table [tool.{name}]", "name it [tool.executable_posts]")
    elif not isinstance(table, dict):
        line = line_of_key(text, "executable_posts", table=False)
        raise PostError(
            file, line, f"executable_posts = {table!r}", "make it a table: [tool.executable_posts]"
        )
    return table
