"""The account of a post's last build: which blocks and values ran for it, which were carried from earlier ones, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..reading.post import Post
from .incremental import Outcome
from .store import Store
from .units import group_of


@dataclass(frozen=True, kw_only=True)
class Told:
    """Hold what became of a block or a value. id: as reports name it; line, end: its first and last in the post; did: "ran", "helped" (parts of it
    ran, for others) or "carried"; when: what is shown of it ran; why: sentences, the last of which names what has changed."""

    id: str
    line: int
    end: int
    did: str
    when: str
    why: tuple[str, ...] = ()
    block: bool = True


@dataclass(frozen=True, kw_only=True)
class Account:
    """Hold the account of one build. text: hash of the post as it was; when: ISO date and time, UTC; passes: runs it took; worked: seconds of its
    statements."""

    label: str
    text: str
    when: str
    seconds: float
    passes: int
    worked: float
    told: tuple[Told, ...]


class Accounts:
    """Keep the account of each post's last build in a folder. hears: of a damaged one."""

    def __init__(self, folder: Path, hears: Callable[[str], None] = lambda text: None):
        self.store = Store(folder, told=hears)

    def read(self, label: str) -> Account | None:
        """Read the account of a post; None when there is none."""

        def made(told: dict[str, Any]) -> Account:
            blocks = tuple(Told(**{**one, "why": tuple(one["why"])}) for one in told["told"])
            return Account(**{**told, "told": blocks})

        return self.store.get(_key(label), made)

    def write(self, account: Account) -> None:
        """Write the account of a post."""
        self.store.put(_key(account.label), asdict(account))


def account(post: Post, outcome: Outcome, when: str, seconds: float) -> Account:
    """Make the account of a build."""
    shown, reasons = outcome.shown, outcome.reasons

    def one(group: str, name: str, line: int, end: int, block: bool) -> Told:
        reason = reasons.get(group)
        did = "carried" if reason is None else "ran" if reason.shown else "helped"
        why = reason.chain if reason else ()
        return Told(id=name, line=line, end=end, did=did, when=shown[group].when, why=why, block=block)

    told = [
        one(group_of(b), b.id, b.fence_line, b.line + b.source.count("\n") + 1, True) for b in post.blocks
    ]
    told += [
        one(f"value {rank}", f"L{value.line}-value", value.line, value.line, False)
        for rank, value in enumerate(post.values)
    ]
    told.sort(key=lambda part: part.line)
    return Account(
        label=post.label,
        text=digest_of(post.text),
        when=when,
        seconds=seconds,
        passes=outcome.passes,
        worked=outcome.worked,
        told=tuple(told),
    )


def digest_of(text: str) -> str:
    """Hash a post's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _key(label: str) -> str:
    return hashlib.sha256(label.encode()).hexdigest()[:24]
