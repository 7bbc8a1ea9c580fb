"""Outputs as a notebook shows them: one box a stream, no progress bar's earlier states, no path of this machine.

The same for what the kernel sends now and for what a page shows of a record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..in_page.tracebacks import short_path
from .terminal import settled

# What Python writes into any traceback, whoever prints it: a thread, a child process, `traceback.print_exc`.
_FRAME = re.compile(r'(?<=File ")(/[^"\n]+)(?=", line \d)')

_DATE = re.compile(r"\s*<dc:date>[^<]*</dc:date>")

# What XML, and so a feed, cannot hold; and what no browser draws.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def normalised(outputs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join neighbouring chunks of one stream and settle their text; outputs keep their order."""
    joined: list[dict[str, Any]] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output["output_type"] != "stream":
            joined.append(_undated(_clean(output)))
        elif last.get("output_type") == "stream" and last["name"] == output["name"]:
            last["text"].append(output["text"])
        else:
            joined.append({**output, "text": [output["text"]]})
    for output in joined:
        if output["output_type"] == "stream":
            text = _FRAME.sub(lambda match: short_path(match[0]), "".join(output["text"]))
            output["text"] = settled(whole_characters(text))
    return [o for o in joined if o["output_type"] != "stream" or o["text"]]


def of_a_program(outputs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put what a program said on its standard error after all that it printed: which of two pipes was heard first is chance."""
    streams = ("stdout", "stderr")
    return sorted(
        outputs, key=lambda o: streams.index(o["name"]) if o.get("name") in streams else len(streams)
    )


def size(content: Mapping[str, Any]) -> int:
    """Count the characters of one message's outputs."""
    return len(content.get("text", "")) + sum(_length(value) for value in content.get("data", {}).values())


def _length(value: object) -> int:
    if isinstance(value, dict):
        return sum(_length(v) for v in value.values())
    if isinstance(value, list):
        return sum(_length(v) for v in value)
    return len(value) if isinstance(value, str) else 8


def whole_characters(text: str) -> str:
    """Put U+FFFD for halves of characters: no file can hold them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def visible(text: str) -> str:
    """Put a symbol for every control character and half character (``\\a`` becomes ␇); tabs and line ends stay."""

    def symbol(match: re.Match[str]) -> str:
        code = ord(match[0])
        return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"

    return _UNSEEN.sub(symbol, whole_characters(text))


def _undated(output: dict[str, Any]) -> dict[str, Any]:
    """Leave out of matplotlib's SVG when it was drawn: the same picture gives the same bytes."""
    picture = output.get("data", {}).get("image/svg+xml")
    if isinstance(picture, str):
        output["data"]["image/svg+xml"] = _DATE.sub("", picture)
    return output


def _clean(value: Any) -> Any:  # Any: whatever JSON holds
    if isinstance(value, dict):
        return {key: _clean(v) for key, v in value.items()}
    if isinstance(value, list):
        return [_clean(v) for v in value]
    return whole_characters(value) if isinstance(value, str) else value
