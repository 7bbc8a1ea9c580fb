"""Make every block of every post a pytest item: ``content/post.md::L123-name``.

The plugin is active in a site whose ``pyproject.toml`` has a ``[tool.executable_posts]`` table; it collects the posts
that opted in, by their folder or by their header. A post's items share one kernel and run in the post's order; selecting one runs
the blocks before it. After a failing block the rest are reported as not run because of it. Under pytest-xdist a post
stays whole: `-n 4` gives each post to one worker.
"""

from __future__ import annotations

import concurrent.futures
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# What a session without a post need not load, and what can be loaded while a kernel comes up, is imported where it is used.
from .config import Config, find
from .errors import PostError

if TYPE_CHECKING:
    from _pytest._code.code import TerminalRepr

    from .reading.blocks import Block
    from .running.kernel import KernelRunner, Result, Runner


def pytest_configure(config: pytest.Config) -> None:
    """Read the site's settings once; without them the plugin stays out of the way."""
    try:
        site = config.stash[_SITE] = find(config.rootpath)
        for warning in site.check() if site else ():
            config.issue_config_time_warning(pytest.PytestConfigWarning(warning), stacklevel=2)
    except PostError as error:
        raise pytest.UsageError(str(error)) from None


_SITE = pytest.StashKey[Config | None]()
_EARLY = pytest.StashKey["PostFile"]()  # whose kernel comes up while pytest collects


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> PostFile | None:
    """Collect a post of the site; leave every other file alone."""
    site = parent.config.stash.get(_SITE, None)
    try:
        ours = site is not None and site.is_post(file_path)
    except PostError:
        ours = True  # whose header answers neither yes nor no: collecting it says so
    if site is None or not ours:
        return None
    file: PostFile = PostFile.from_parent(parent, path=file_path, site=site)
    if _EARLY not in parent.config.stash and _comes_first(file_path, parent.config):
        parent.config.stash[_EARLY] = file
        file.start_kernel()
    return file


def _comes_first(path: Path, config: pytest.Config) -> bool:
    """Tell whether the session begins with all blocks of a post, so that its kernel can come up while pytest collects."""
    chosen = ("collectonly", "keyword", "markexpr", "deselect", "lf", "stepwise")
    if hasattr(config, "workerinput") or any(getattr(config.option, name, None) for name in chosen):
        return False  # which worker gets the post is not known yet; or whether it runs at all
    first = (config.invocation_params.dir / config.args[0].partition("::")[0]).resolve()
    return path.is_relative_to(first) and first != config.rootpath and b"\n```" in path.read_bytes()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out a post whole, as its items share a kernel: under `-n` alone, and where other tests have groups."""
    site = config.stash.get(_SITE, None)
    if site is None or config.getoption("dist") not in ("load", "loadgroup"):
        return None
    from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]  # it has none

    class WholePosts(LoadGroupScheduling):  # type: ignore[misc]  # for the same reason
        def _split_scope(self, nodeid: str) -> str:
            path = nodeid.partition("::")[0]
            return path if path.endswith(".md") else str(super()._split_scope(nodeid))

    return WholePosts(config, log)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the first post's kernel come up while pytest gets going: it takes as long as a hundred small blocks."""
    first = session.items[0] if session.items else None
    if (
        isinstance(first, _PostItem)
        and not session.config.option.collectonly
        and not hasattr(session.config, "workerinput")
        and first.file.runner is None
        and any(isinstance(i, BlockItem) and i.parent is first.parent for i in session.items)
    ):
        first.file.start_kernel()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop the kernel of a post that the run, ended early, did not come to."""
    files = {i.file for i in getattr(session, "items", ()) if isinstance(i, _PostItem)}
    if _EARLY in session.config.stash:
        files.add(session.config.stash[_EARLY])
    for file in files:
        file.teardown()


class PostFile(pytest.File):
    """Collect one post: its completeness, its pairing, its blocks."""

    def __init__(self, *, site: Config, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.site = site
        self.blocks: list[BlockItem] = []
        self.runner: KernelRunner | None = None
        self._starting: concurrent.futures.Future[None] | None = None
        self.passed = 0
        self.failed: BlockItem | None = None
        self.failure: PostError | None = None
        self.results: list[Result] = []
        self.values: list[str] = []

    def collect(self) -> Iterator[pytest.Item]:
        """Read the post; give its items in the order in which they run."""
        from .reading import post as posts
        from .reading.links import check_links

        site = self.site
        try:
            site.is_post(self.path)
            self.post = posts.read(
                self.path,
                site.label(self.path),
                site.data_languages,
                site.required,
                extensions=site.extensions,
            )
            check_links(self.post, site)
        except PostError as error:
            self.teardown()
            raise self.CollectError(error.told(site.commands)) from None
        yield CompletenessItem.from_parent(self, name="completeness")
        if self.post.blocks:
            yield PairingItem.from_parent(self, name="pairing")
        self.blocks = [BlockItem.from_parent(self, name=b.id, block=b) for b in self.post.blocks]
        yield from self.blocks
        yield PageItem.from_parent(self, name="page")

    def start_kernel(self) -> KernelRunner:
        """Begin to start the post's kernel; `run_through` waits for it."""
        from .running.kernel import KernelRunner

        runner = self.runner = KernelRunner(self.site.label(self.path), self.site.root)
        pool = concurrent.futures.ThreadPoolExecutor(1)
        self._starting = pool.submit(runner.start)
        pool.shutdown(wait=False)
        return runner

    def run_through(self, item: pytest.Item, last: int) -> None:
        """Run the blocks up to number ``last`` for an item; raise the PostError of the first one that fails."""
        from .running.judging import evaluate

        runner = self.runner or self.start_kernel()
        if self._starting is not None:
            starting, self._starting = self._starting, None
            from .html import render  # noqa: F401 - the last item needs it, and here is time for it
            from .site import build  # noqa: F401

            starting.result()
            first = self.blocks[0] if self.blocks else None
            self._guard(first, lambda: self.values.extend(evaluate(runner, self.post, -1, self.site.timeout)))
        while self.failure is None and self.passed <= last:
            current = self.blocks[self.passed]
            self._guard(current, functools.partial(self._run, runner, current.block))
            self.passed += 1
        if self.failure is None:
            return
        selected = self.failed is not None and self.failed in self.session.items
        if self.failed is item or not selected:
            raise self.failure
        pytest.skip(f"not run: {self.failure.where} failed")

    def _run(self, runner: Runner, block: Block) -> None:
        from .running.judging import check, evaluate

        result = runner.run(block, self.site.timeout)
        check(self.post, block, result)
        self.values += evaluate(runner, self.post, block.index, self.site.timeout)
        self.results.append(result)

    def _guard(self, item: BlockItem | None, action: Callable[[], object]) -> None:
        try:
            action()
        except PostError as error:
            self.failed, self.failure = item, error

    def teardown(self) -> None:
        """Stop the post's kernel, so that another run of its items begins afresh."""
        if self._starting is not None:
            self._starting.exception()
        if self.runner is not None:
            self.runner.stop()
        self.runner = self._starting = None
        self.passed, self.failed, self.failure = 0, None, None
        self.results, self.values = [], []


class _PostItem(pytest.Item):
    @property
    def file(self) -> PostFile:
        """Give the post whose item this is."""
        assert isinstance(self.parent, PostFile)
        return self.parent

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> str | TerminalRepr:
        """Say a fault of the post in its own words, anything else as pytest does."""
        if isinstance(excinfo.value, PostError):
            return excinfo.value.told(self.file.site.commands)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say which post it is of."""
        return self.path, 0, self.name


class BlockItem(_PostItem):
    """Run one block."""

    def __init__(self, *, block: Block, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.block = block

    def runtest(self) -> None:
        """Run the block, and first those before it."""
        self.file.run_through(self, self.block.index)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where the block stands: at its fence's line."""
        return self.path, self.block.fence_line - 1, self.name


class CompletenessItem(_PostItem):
    """Compare the blocks the parser found with the cells of the notebook and the items collected."""

    def runtest(self) -> None:
        """Raise PostError when they do not add up."""
        from .notebooks import pairing
        from .notebooks.convert import notebook_from_post
        from .notebooks.files import read_notebook

        post, site = self.file.post, self.file.site
        if post.runs_nothing:
            if post.blocks:
                raise PostError(
                    post.label, post.blocks[0].fence_line, "a block, and the header says blocks: none"
                )
            return
        twin = site.notebook_path(post.path)
        if not twin.is_file():
            raise PostError(post.label, 0, f"no paired notebook {site.label(twin)}", pairing.MEND)
        cells = [c for c in read_notebook(twin, site.label(twin)).cells if c.cell_type == "code"]
        counts = {
            "found by the parser": len(post.blocks),
            "found by jupytext": sum(c.cell_type == "code" for c in notebook_from_post(post).cells),
            f"cells of {site.label(twin)}": len(cells),
            "collected by pytest": len(self.file.blocks),
        }
        if len(set(counts.values())) != 1 or not post.blocks:
            found = ", ".join(f"{count} {what}" for what, count in counts.items())
            raise PostError(post.label, 0, f"blocks do not add up: {found}", pairing.MEND)


class PairingItem(_PostItem):
    """Prove that the committed notebook is the post's twin."""

    def runtest(self) -> None:
        """Raise PostError when it is not."""
        from .notebooks import pairing

        pairing.check_pair(self.file.post, self.file.site)


class PageItem(_PostItem):
    """Render the post from the results of its blocks, as the site build does."""

    def runtest(self) -> None:
        """Raise PostError for what the page could not show."""
        from .reading.links import check_drawn
        from .running.execute import Executed
        from .site.build import Site

        file = self.file
        site = Site(file.site)
        site.read(file.path)
        if file.post.blocks or file.post.values:
            file.run_through(self, len(file.post.blocks) - 1)
        check_drawn(file.post, file.site)
        executed = Executed(results=file.results, values=file.values, cached=False, when="", seconds=0.0)
        site.page(file.post, executed)
