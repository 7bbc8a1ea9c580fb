"""Definitions of links and notes that Markdown takes out of the text, and then never uses: words that nobody would see."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markdown_it.common.utils import normalizeReference

if TYPE_CHECKING:
    from markdown_it.token import Token

_NOTE = re.compile(r"[ >]*\[\^(?P<name>[^\]\s]+)\]:")
_NAMED = re.compile(r"\[((?:[^\[\]\\]|\\.)+)\]", re.DOTALL)
_VERBATIM = ("fence", "code_block", "html_block", "math_block", "amsmath")


def lost(
    tokens: Sequence[Token], env: Mapping[str, Any], lines: Sequence[str]
) -> Iterator[tuple[int, str, str]]:
    """Yield the line, from 1, of every definition that is lost, what is wrong with it, and the mend. lines: the document's."""
    if "references" not in env and "footnotes" not in env:
        return
    prose = list(lines)
    defined = [ref["map"] for ref in env.get("references", {}).values()]
    defined += [ref["map"] for ref in env.get("duplicate_refs", ())]
    for first, end in [*defined, *(token.map for token in tokens if token.type in _VERBATIM and token.map)]:
        prose[first:end] = [""] * (end - first)
    for ref in env.get("duplicate_refs", ()):
        found = f"[{ref['label'].lower()}] has two addresses, and the second would be lost"
        yield ref["map"][0] + 1, found, "give one of them another name"
    spoken = {normalizeReference(name) for name in _NAMED.findall("\n".join(prose))}
    for name, ref in env.get("references", {}).items():
        if name not in spoken:
            written = lines[ref["map"][0]].strip()
            found = f"this line would not be seen: {written[:60]}"
            yield (
                ref["map"][0] + 1,
                found,
                r"it is a link's address, which no text uses: remove it, or write \[ for a bracket",
            )
    notes: dict[str, int] = {}
    for number, line in enumerate(prose, 1):
        if match := _NOTE.match(line):
            if match["name"] in notes:
                found = f"the footnote [^{match['name']}] is written twice, and one of the two would be lost"
                yield number, found, "give one of them another name"
            notes[match["name"]] = number
