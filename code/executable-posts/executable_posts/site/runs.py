"""Run the posts of a site, or find their runs recorded: one by one, or ahead of a generator that reads them one by one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import PostError
from ..reading import post as posts
from ..reading.links import anchors_of, undrawn
from ..running import cache
from ..running.ahead import cores
from ..running.by_unit import UnitRun, execute_units, recorded_units, stands
from ..running.execute import VOLATILE, Executed, Progress, Records, Run, execute, recorded
from ..running.outside import Outside
from ..running.pieces import Pieces
from ..running.records import Records as UnitRecords
from ..running.store import Store
from ..running.together import Ended, Task, run_together
from ..running.turn import Turn
from .faults import check_whole


class Runs:
    """Run a site's posts. reuse: take recorded outputs where nothing they depend on has changed."""

    def __init__(self, config: Config, reuse: bool, progress: Progress | None = None):
        self.config, self.reuse = config, reuse
        self.progress = progress or Progress()
        self._ready: dict[str, tuple[posts.Post, Executed]] = {}
        self._ran: list[posts.Post] = []

    @cached_property
    def fingerprint(self) -> str:
        """Hash what every post depends on besides its own text."""
        return cache.fingerprint(self.config)

    @cached_property
    def unit_base(self) -> str:
        """Hash what every unit of every post depends on, where only what an edit reaches is run."""
        return cache.base(self.config, modules=False)

    @cached_property
    def store(self) -> Store:
        """Give the store of recorded runs."""
        return Store(self.config.cache_dir / "outputs", told=self.progress.note)

    @cached_property
    def turn(self) -> Turn:
        """Give what makes other builds of this tree wait while posts run here."""
        what = "another build runs the posts of this folder"
        return Turn(self.config.cache_dir / "running", what, self.progress.note)

    def read(self, path: Path) -> posts.Post:
        """Read a post and check all that can be checked without running it; raise PostError."""
        config = self.config
        post = posts.read(
            path,
            config.label(path),
            config.data_languages,
            config.required,
            extensions=config.extensions,
            kept=lambda key, make: self._kept(f"tables of {config.label(path)}", key, make),
        )
        elements = partial(self._kept, f"elements of {config.label(path)}")
        check_whole(post, config, anchors=self._anchors, kept=elements)
        return post

    def _anchors(self, path: Path, config: Config) -> frozenset[str] | None:
        """Find what links to a post may name, without reading one that is as it was."""
        if not path.is_file():
            return None
        name = f"anchors of {config.label(path)}"
        found = self._kept(name, (path.read_bytes(), config), lambda: _sorted(anchors_of(path, config)))
        return None if found is None else frozenset(found)

    def _kept(self, name: str, key: object, make: Callable[[], Any]) -> Any:
        """Give a part that is in a record of its own."""
        pieces = self.pieces(name)
        found = pieces.of(key, make)
        pieces.save()
        return found

    @cached_property
    def _engine(self) -> str:
        return cache.engine()

    @cached_property
    def _modules(self) -> Pieces:
        return self.pieces("modules of the site")

    @cached_property
    def _parts(self) -> Store:
        return Store(self.config.cache_dir / "pieces", told=self.progress.note)

    def pieces(self, name: str) -> Pieces:
        """Give what was made of something before, by this engine. name: of what."""
        return Pieces(self._engine, self._parts, name)

    def of(self, path: Path) -> tuple[posts.Post, Executed]:
        """Give a post and its run: the one that was made ahead, else one that is made now. Raise PostError."""
        ready = self._ready.pop(os.path.abspath(path), None)
        if ready is None:
            post = self.read(path)
            ready = post, self._with_pictures(post, self.execute(post))
        return ready

    def ahead(self, paths: Iterable[Path], *, to_the_end: bool = False) -> dict[Path, Executed | PostError]:
        """Run those of some posts that have to run, several at once; `of` gives what came out.

        Raise PostError for the first fault: of reading any of them, before anything runs, then of running them, in the
        order of the paths. to_the_end: give each post's run or fault instead.
        """
        found: dict[Path, Executed | PostError] = {}
        tasks: dict[Path, Task[Executed]] = {}
        read: dict[Path, posts.Post] = {}
        wanted = list(dict.fromkeys(paths))
        for path in wanted:
            try:
                post = read[path] = self.read(path)
            except PostError as error:
                if not to_the_end:
                    raise
                found[path] = error
        outside = Outside(self.config, self._modules)
        for path, post in read.items():
            try:
                executed = self._recorded(post, self.progress, self.reuse, outside)
            except PostError as error:
                if not to_the_end:
                    raise
                found[path] = error
                continue
            if executed is None or _lacks_pictures(post, executed, self.config):
                tasks[path] = self._task(post, self.reuse and executed is None)
            else:
                found[path] = executed
        if tasks:
            self._run_together(tasks, found, to_the_end)
        # After a run of fewer posts the others' modules are not forgotten.
        self._modules.save(whole=set(wanted) >= set(self.config.post_paths()))
        for path, outcome in found.items():
            if not isinstance(outcome, PostError):
                self._ready[os.path.abspath(path)] = read[path], outcome
        return {path: found[path] for path in wanted if path in found}

    def _run_together(
        self, tasks: dict[Path, Task[Executed]], found: dict[Path, Executed | PostError], to_the_end: bool
    ) -> None:
        workers = self.config.jobs or cores()
        with self.turn:
            outcomes = run_together(list(tasks.values()), workers, self.progress, to_the_end=to_the_end)
        ended = None
        for path, outcome in zip(tasks, outcomes, strict=True):
            if isinstance(outcome, Ended):
                ended = outcome
            elif isinstance(outcome, Exception) and not (to_the_end and isinstance(outcome, PostError)):
                raise outcome
            else:
                found[path] = outcome
        if ended:
            raise ended

    def _task(self, post: posts.Post, reuse: bool) -> Task[Executed]:
        def run(progress: Progress) -> Executed:
            return self._with_pictures(post, self._executed(post, progress, reuse), progress)

        return Task(run=run, alone=bool(post.header.get("measures")))

    def execute(self, post: posts.Post, reuse: bool | None = None) -> Executed:
        """Run a post's blocks, or find the run recorded; raise PostError at the failing line."""
        reuse = self.reuse if reuse is None else reuse
        if found := self._recorded(post, self.progress, reuse):
            return found
        with self.turn:
            return self._executed(post, self.progress, reuse)

    def unsettled(self) -> str:
        """Name the first post that ran and would run again in the next build, though nothing changed; "" when there is none."""
        for post in self._ran:
            if any(VOLATILE in block.info.tags for block in post.blocks):
                return post.label
            if self.config.incremental and not stands(post, self._unit_run(Progress())):
                return post.label
        return ""

    def _recorded(
        self, post: posts.Post, progress: Progress, reuse: bool, outside: Outside | None = None
    ) -> Executed | None:
        if self.config.incremental:
            return recorded_units(post, self._unit_run(progress), outside) if reuse else None
        return recorded(post, self._run(progress, reuse))

    def _executed(self, post: posts.Post, progress: Progress, reuse: bool) -> Executed:
        # Another build may just have run it, while this one waited.
        if found := self._recorded(post, progress, reuse):
            return found
        self._ran.append(post)
        if self.config.incremental:
            return execute_units(post, self._unit_run(progress), reuse)
        return execute(post, self._run(progress, reuse))

    def _unit_run(self, progress: Progress) -> UnitRun:
        return UnitRun(
            config=self.config,
            records=UnitRecords(self.config.cache_dir / "records", progress.note),
            base=self.unit_base,
            pieces=self._modules,
            progress=progress,
        )

    def _run(self, progress: Progress, reuse: bool) -> Run:
        records = Records(store=self.store, base=self.fingerprint, reuse=reuse)
        return Run(root=self.config.root, timeout=self.config.timeout, records=records, progress=progress)

    def _with_pictures(
        self, post: posts.Post, executed: Executed, progress: Progress | None = None
    ) -> Executed:
        """Run a post whose run was found recorded anew when a picture that a block had written is gone."""
        if not _lacks_pictures(post, executed, self.config):
            return executed
        with self.turn:
            return self._executed(post, progress or self.progress, False)


def _lacks_pictures(post: posts.Post, executed: Executed, config: Config) -> bool:
    return bool(executed.cached and post.blocks) and any(undrawn(post, config))


def _sorted(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)  # a post of ours may have none
