"""Parts of what was made of a post, each by a hash of all that it depends on: a word of prose makes no cell anew."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from .store import Store

Kept = Callable[[object, Callable[[], Any]], Any]  # `Pieces.of`


def made_anew(key: object, make: Callable[[], Any]) -> Any:
    """Make a part: where nothing is kept."""
    return make()


class Pieces:
    """Keep the parts of one thing in one record, which holds those that were asked for last. base: what all of them depend on;
    store, name: where the record is; without a store they last as long as this object."""

    def __init__(self, base: str = "", store: Store | None = None, name: str = ""):
        self._base, self._store = base, store
        self._name = hashlib.sha256(name.encode()).hexdigest()[:24]
        self._kept: dict[str, Any] = (store.get(self._name, dict) if store else None) or {}
        self._used: dict[str, Any] = {}

    def of(self, key: object, make: Callable[[], Any]) -> Any:
        """Give a part (plain JSON): the one that is kept, else what ``make`` returns. key: its `repr` says all that the part
        depends on, besides the base."""
        name = hashlib.sha256(f"{self._base}{key!r}".encode()).hexdigest()[:32]
        if name not in self._used:
            self._used[name] = self._kept[name] if name in self._kept else make()
        return self._used[name]

    def save(self, whole: bool = True) -> None:
        """Write the record, if it is another one. whole: what was not asked for is not needed any more."""
        now = self._used if whole else {**self._kept, **self._used}
        if self._store and now.keys() != self._kept.keys():
            self._kept = dict(now)  # posts that run at once add to it
            self._store.put(self._name, self._kept)
