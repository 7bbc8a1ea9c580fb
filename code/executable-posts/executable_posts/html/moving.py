"""Numbers that a reader moves, on the page: where each stands, what follows it, and the tables beside the page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ..errors import PostError
from ..reading.post import Post

SUFFIX = "_scrubs.json"  # of the page's file with the tables; no block's own file has an underscore


@dataclass(frozen=True, kw_only=True)
class Moving:
    """Hold the numbers that move. tables: rank of a number -> its table; followers: ranks of these and of what follows;
    address: of the file that holds all tables; files: that file, name -> JSON."""

    tables: dict[int, dict[str, Any]] = field(default_factory=dict)
    followers: frozenset[int] = frozenset()
    address: str = ""
    files: dict[str, str] = field(default_factory=dict)

    def attributes(self, rank: int) -> str:
        """Give what the element of a value needs besides its class, "" for one that stands still."""
        if rank not in self.followers:
            return ""
        told = f' data-value="{rank}"'
        return f'{told} data-scrub-src="{self.address}"' if rank in self.tables else told


def moving(post: Post, texts: dict[int, str], prefix: str) -> Moving:
    """Read the tables of a post's moving numbers. texts: what every value says, by rank; prefix: begins the address of the
    page's files. What says something else when it is worked out anew does not follow; raise PostError if nothing does."""
    tables: dict[int, dict[str, Any]] = {}
    for value in post.values:
        if value.table_of < 0:
            continue
        told = json.loads(texts[value.rank])
        follow = {rank: said for rank, said in told["texts"].items() if told["own"][rank] == texts[int(rank)]}
        if not follow.keys() - {str(value.table_of)}:
            raise PostError(
                post.label,
                value.line,
                f"{value.written}: what follows from it says something else each time it is worked out",
                "let it follow from statements that draw nothing at random and change nothing, or write {eval} here",
            )
        name = value.written.partition("`")[2].partition(" ")[0]
        tables[value.table_of] = {"name": name, "at": told["at"], "texts": follow}
    if not tables:
        return Moving()
    name = f"{post.header.get('slug') or post.path.stem}{SUFFIX}"
    followers = {int(rank) for table in tables.values() for rank in table["texts"]}
    return Moving(
        tables=tables,
        followers=frozenset(followers | tables.keys()),
        address=prefix + name,
        files={name: json.dumps(tables, ensure_ascii=False)},
    )
