"""What is said where: the topic tree, one versioned JSON Schema a message, and the only way in and out."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


SCHEMAS = Path(__file__).parent / "schemas"
VERSION = 1
LARGEST = 64 * 1024  # bytes of a message; anything longer is not even parsed
BEGINNING = 200  # characters of a bad message that its dead letter keeps
NAME = re.compile(r"[A-Za-z0-9_-]{1,32}")
WORDS = {"start": "start", "prepare": "prepare", "take_out": "take out", "finish": "finish", "bake": "bake"}
LAST = 2**31 - 1  # the seq of a will: nothing on its connection comes later


Message: TypeAlias = dict[str, Any]
"""What was said, as plain data; its schema has the types, and whatever comes in was checked against it."""
Heard: TypeAlias = tuple[str, str, Message]
"""A kind of message, the name in its topic, and the message."""
Said: TypeAlias = tuple[str, bytes, bool]
"""A topic, a payload, and whether the broker retains it."""


class BadMessage(ValueError):
    """A message that cannot be accepted; the text says why, in one line."""


@dataclass(frozen=True)
class Topic:
    """A branch of the tree: `{}` stands for a name. `says` and `hears` are programs."""

    kind: str
    pattern: str
    retained: bool
    says: str
    hears: str

    def of(self, name: str = "") -> str:
        """Return the topic of this oven or tablet."""
        return self.pattern.format(name)

    @property
    def filter(self) -> str:
        """The filter that subscribes to all of them."""
        return self.pattern.format("+")


TREE = {
    topic.kind: topic
    for topic in (
        Topic("run", "kitchen/pass/run", True, "expediter", "everybody"),
        Topic("oven_state", "kitchen/oven/{}/state", True, "oven", "expediter, board"),
        Topic("oven_work", "kitchen/oven/{}/work", False, "expediter", "oven"),
        Topic("tablet_state", "kitchen/tablet/{}/state", True, "tablet", "expediter, board"),
        Topic("tablet_work", "kitchen/tablet/{}/work", False, "expediter", "tablet"),
        Topic("asks", "kitchen/pass/asks", False, "orders", "expediter"),
        Topic("news", "kitchen/pass/news", False, "expediter", "orders"),
        Topic("board", "kitchen/pass/board", True, "expediter", "board"),
        Topic("dead", "kitchen/pass/dead", False, "whoever hears something bad", "whoever cares"),
    )
}
_PATTERNS = [
    (re.compile(re.escape(topic.pattern).replace(r"\{\}", "([^/]*)")), kind) for kind, topic in TREE.items()
]


def schema(kind: str) -> Message:
    """Return the JSON Schema of a kind of message, as plain data."""
    described: Message = json.loads((SCHEMAS / f"{kind}.json").read_text(encoding="utf-8"))
    return described


@cache
def validator(kind: str) -> Draft202012Validator:
    """Return what checks a message of this kind."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema(kind))


@cache
def quick_check(kind: str) -> Callable[[object], bool]:
    """Return what tells whether a message of this kind is surely good: compiled, a twentieth of the validator's time.

    Our schemas say nothing that draft 7, which is what it compiles, reads otherwise.
    """
    import fastjsonschema

    compiled = fastjsonschema.compile(schema(kind) | {"$schema": "http://json-schema.org/draft-07/schema#"})

    def surely_good(said: object) -> bool:
        try:
            compiled(said)
        except fastjsonschema.JsonSchemaValueException:
            return False
        return not (isinstance(said, dict) and said["v"] is True)  # to Python it is 1

    return surely_good


def encode(kind: str, **said: object) -> bytes:
    """Return a message as bytes, with its version."""
    return _ENCODER.encode({"v": VERSION, **said}).encode()


def decode(topic: str, payload: bytes) -> Heard:
    """Return `(kind, name, message)` of what came on a topic; raise `BadMessage` when it is not what the tree says."""
    kind, name = place(topic)
    if len(payload) > LARGEST:
        raise BadMessage(f"{len(payload)} bytes; the most is {LARGEST}")
    try:
        said = _DECODER.decode(payload.decode())
    except UnicodeDecodeError:
        raise BadMessage("not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise BadMessage(f"malformed JSON: {error}") from None
    if isinstance(said, dict) and said.get("v") != VERSION:
        raise BadMessage(f"version {str(said.get('v'))[:20]}; this kitchen speaks version {VERSION}")
    if not quick_check(kind)(said) and (wrong := next(validator(kind).iter_errors(said), None)) is not None:
        raise BadMessage(f"{wrong.json_path}: {wrong.message}"[:300].replace("\n", " "))
    return kind, name, said


def place(topic: str) -> tuple[str, str]:
    """Return the kind of message a topic carries and the name in it; raise `BadMessage` when the tree has none."""
    for pattern, kind in _PATTERNS:
        if match := pattern.fullmatch(topic):
            name = match.group(1) if match.groups() else ""
            if match.groups() and not NAME.fullmatch(name):
                raise BadMessage("a name is 1 to 32 letters, digits, _ and -")
            return kind, name
    raise BadMessage("no such topic in the tree")


def dead_letter(who: str, topic: str, payload: bytes, why: object) -> bytes:
    """Return the dead letter of a bad message, as bytes."""
    begins = payload[: 4 * BEGINNING].decode("utf-8", "replace")[:BEGINNING]
    return encode(
        "dead", topic=topic[:200], who=who, why=str(why), size=len(payload), begins=begins, at=time.time()
    )


def checked_name(name: str) -> str:
    """Return the name if an oven or a tablet can have it; raise `ValueError` if not."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name: 1 to 32 letters, digits, _ and -")
    return name


def _no_number(word: str) -> object:
    raise ValueError(f"{word} is no JSON")


_ENCODER, _DECODER = json.JSONEncoder(separators=(",", ":")), json.JSONDecoder(parse_constant=_no_number)
