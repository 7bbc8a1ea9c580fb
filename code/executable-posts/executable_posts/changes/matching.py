"""Which block, value or post of one site is which of another: by name, then by content, then by where it stands."""

from __future__ import annotations

import bisect
import difflib
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from .record import Block, Value

_One = TypeVar("_One")
Matched = dict[int, int]  # rank in the new sequence -> rank in the old one


def blocks(old: Sequence[Block], new: Sequence[Block]) -> Matched:
    """Match the blocks of a post: those of one name, then of one code, then neighbours of one language."""
    found: Matched = {}
    by_key(old, new, found, lambda block: block.name or None)
    by_key(old, new, found, lambda block: (block.language, block.code))
    # An edited block is known by the ones around it; two that have different names are two blocks.
    _between(found, len(old), len(new), lambda a, b: _alike(old[a], new[b]))
    return found


def values(old: Sequence[Value], new: Sequence[Value], above: Matched) -> Matched:
    """Match the values of a post: those of one expression, in order, then what stands between the same neighbours below
    one block. above: how the blocks are matched."""
    found: Matched = {}
    matcher = difflib.SequenceMatcher(
        None, [value.expression for value in old], [value.expression for value in new], autojunk=False
    )
    for a, b, length in matcher.get_matching_blocks():
        found.update({b + n: a + n for n in range(length)})
    by_key(old, new, found, lambda value: value.expression)
    below = {**above, -1: -1}
    _between(found, len(old), len(new), lambda a, b: below.get(new[b].after) == old[a].after)
    return found


def by_key(
    old: Sequence[_One], new: Sequence[_One], found: Matched, key: Callable[[_One], Hashable | None]
) -> None:
    """Match what has one key, in order, among what is not matched yet. key: None matches nothing."""
    taken = set(found.values())
    waiting: dict[Hashable, list[int]] = {}
    for rank, one in enumerate(old):
        if rank not in taken and (word := key(one)) is not None:
            waiting.setdefault(word, []).append(rank)
    for rank, one in enumerate(new):
        if rank not in found and (ranks := waiting.get(key(one))):
            found[rank] = ranks.pop(0)


def staying(found: Matched) -> set[int]:
    """List the new ranks of a longest series that kept its order; whatever else is matched has moved."""
    news = sorted(found)
    ends: list[int] = []  # the old rank that ends the best series of each length
    ranks: list[int] = []
    before: dict[int, int] = {}
    for new in news:
        place = bisect.bisect_left(ends, found[new])
        if place:
            before[new] = ranks[place - 1]
        ends[place : place + 1] = [found[new]]
        ranks[place : place + 1] = [new]
    kept: set[int] = set()
    last = ranks[-1] if ranks else None
    while last is not None:
        kept.add(last)
        last = before.get(last)
    return kept


def _alike(old: Block, new: Block) -> bool:
    return old.language == new.language and not (old.name and new.name)


def _between(found: Matched, olds: int, news: int, alike: Callable[[int, int], bool]) -> None:
    """Match, in order, what is left between two neighbours that are matched and kept their order."""
    anchors = sorted((new, found[new]) for new in staying(found))
    taken, after = set(found.values()), (-1, -1)
    for new_end, old_end in [*anchors, (news, olds)]:
        left = [rank for rank in range(after[1] + 1, old_end) if rank not in taken]
        for rank in range(after[0] + 1, new_end):
            if rank not in found:
                match = next((other for other in left if alike(other, rank)), None)
                if match is not None:
                    found[rank] = match
                    left = left[left.index(match) + 1 :]
        after = (new_end, old_end)
