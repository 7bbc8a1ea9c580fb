"""From a post's file to everything a site publishes of it: the one call a generator's adapter makes."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..authors import explorable
from ..browser.compilers import Compiler
from ..browser.contents import contents
from ..browser.place import Place, Places, describe, runs_in_page
from ..browser.programs import Programs
from ..browser.runtime import Runtime, prepare
from ..config import Config, load, reuse_asked
from ..html.policy import Policy
from ..notebooks.downloads import downloads
from ..reading import post as posts
from ..reading.blocks import Block
from ..reading.header_values import filled
from ..reading.links import check_drawn, files
from ..running.execute import Executed, Progress
from ..running.pieces import Pieces
from ..running.store import Store
from .files import refuse_twins
from .runs import Runs
from .transcript import transcript

WORDS_A_MINUTE = 238  # silent reading of English non-fiction: Brysbaert 2019


@dataclass(frozen=True, kw_only=True)
class Published:
    """Hold what is published of a post. html: the body; toc: the headings as a list, in HTML; header: its fields, values filled in; provenance: where and
    when its blocks ran; reading_minutes: rounded, at least 1; downloads: file name -> content, offered to readers;
    files: file name -> content, which the page itself reads, and the record of what it shows (`changes.record`); browser: the runtime's folder name, "" without one; hashes:
    what a content security policy must name beyond a strict one, by directive; listings: pages of source that frames
    show, as name, title, html and lines. Downloads, files and listings are all written into one folder, the page's own
    (`files.folder_of`); no two have one name."""

    html: str
    toc: str
    header: dict[str, Any]
    provenance: str
    reading_minutes: int
    downloads: dict[str, str]
    files: dict[str, str | bytes]
    browser: str
    hashes: dict[str, str]
    listings: list[dict[str, Any]]

    def names(self) -> list[str]:
        """List the names of all files of the page's folder."""
        return [*self.files, *self.downloads, *(listing["name"] for listing in self.listings)]


class Site:
    """Build the posts of one site. use_recorded: take recorded outputs where nothing they depend on has changed.
    policy: "strict" when the site's pages have a strict content security policy; content_root: where links start. The
    generator knows both; of the policy the settings overrule it. Raise PostError for settings that are not understood."""

    def __init__(
        self,
        config: Config | None = None,
        use_recorded: bool | None = None,
        progress: Progress | None = None,
        policy: str = "none",
        content_root: str | Path | None = None,
    ):
        self.config = config or load()
        if content_root is not None:
            start = os.path.relpath(self.config.root / content_root, self.config.root)
            self.config = replace(self.config, content_root=Path(start).as_posix())
        try:
            self.policy = Policy(self.config.policy or policy, self.config.allow)
        except ValueError as error:
            key = "allow" if str(error).startswith("allow") else "policy"
            self.config.fault(key, f"[tool.executable_posts] {error}", "correct the settings")
        # CACHE=off asks for a clean run; results are still recorded for the next build.
        self.use_recorded = reuse_asked() if use_recorded is None else use_recorded
        self.progress = progress
        self._edited: set[str] = set()  # languages of programs that pages have

    @cached_property
    def runs(self) -> Runs:
        """Give what runs the posts."""
        return Runs(self.config, self.use_recorded, self.progress)

    @cached_property
    def pages(self) -> Store:
        """Give the store of rendered pages."""
        return Store(self.config.cache_dir / "pages", told=self._note)

    def _note(self, text: str) -> None:
        if self.progress:
            self.progress.note(text)

    @cached_property
    def runtime(self) -> Runtime | None:
        """Make what readers' pages need to run Python; None when the site has it off or it cannot be had."""
        if not self.config.browser:
            return None
        pieces = self.runs.pieces("imports")
        made = prepare(self.config, self._note, pieces)
        pieces.save()
        return made

    @cached_property
    def programs(self) -> Programs:
        """Give what makes blocks of other languages than Python programs of the reader's page."""
        return Programs(self.config, self._note)

    def compilers(self) -> list[Compiler]:
        """List what the pages that were published fetch to compile what readers edit."""
        return [made for name in sorted(self._edited) if (made := self.programs.compiler(name))]

    def read(self, path: Path) -> posts.Post:
        """Read a post and check all that can be checked without running it; raise PostError."""
        return self.runs.read(path)

    def execute(self, post: posts.Post, use_recorded: bool | None = None) -> Executed:
        """Run a post's blocks, or find the run recorded; raise PostError at the failing line."""
        return self.runs.execute(post, use_recorded)

    def ahead(self, paths: Iterable[Path]) -> None:
        """Run those of some posts that have to run, several at once, so that `publish` finds them run.

        Raise PostError for the first fault: of reading any of them, before anything runs, then of running them.
        """
        self.runs.ahead(paths)

    def publish(self, path: Path, prefix: str = "") -> Published:
        """Read, run and render one post; raise PostError with the line of the first fault.

        prefix: begins the addresses of the page's files in its HTML, such as ``my-post/``; what a generator replaces
        later will do.
        """
        post, executed = self.runs.of(path)
        check_drawn(post, self.config)
        # Rendering takes longer than finding outputs recorded, so its result is recorded as well.
        key = hashlib.sha256(
            repr(
                (
                    *(self.runs.fingerprint, post.label, post.text, executed.when, self.config),
                    *(self.runtime and self.runtime.name, post.extensions, _pictures(post, self.config)),
                    *(self.policy.strict, self.policy.allowed, prefix),
                    *(self.programs.identity(post) if self.runtime else ()),
                )
            ).encode()
        ).hexdigest()
        page = self.pages.get(key, _whole)
        if page is not None:
            try:
                return self._published(post, executed, page)
            except OSError:  # a program of the page is no longer kept
                pass
        page = self._render(post, executed, prefix)
        self.pages.put(key, page)
        return self._published(post, executed, page)

    def page(self, post: posts.Post, executed: Executed, prefix: str = "") -> Published:
        """Render an executed post, as `publish` does with one that it has executed."""
        return self._published(post, executed, self._render(post, executed, prefix))

    def _published(self, post: posts.Post, executed: Executed, page: dict[str, Any]) -> Published:
        programs = {
            name: self.programs.program(post, post.blocks[index]) for name, index in page["programs"].items()
        }
        self._edited |= {post.blocks[index].language for index in page["programs"].values()}
        page = {k: v for k, v in page.items() if k != "programs"} | {"files": {**page["files"], **programs}}
        published = Published(
            header=filled(post.header, post.templates, post.texts(executed.values)),
            browser=self.runtime.name if self.runtime else "",
            **page,
        )
        refuse_twins(post.label, published.names())
        return published

    def places(
        self, post: posts.Post, executed: Executed, pieces: Pieces | None = None, page: str = ""
    ) -> dict[int, Place]:
        """Decide for every block whether it runs in the reader's page; give block index -> place. pieces: what was decided
        before, for the runtime that is called ``page``."""
        pieces = pieces or Pieces()
        found = functools.cache(lambda: Places(post, contents(self.config)))
        python = "python" in self.config.browser_languages
        earlier = repr((self.runs.fingerprint, page, self.config.emulations))
        own = {}
        for block, result in zip(post.blocks, executed.results, strict=True):
            if not block.speaks.shares_state:
                continue
            what = (block.source, block.info.tags, block.info.caption, block.index)
            key = ("place", earlier, what, [sorted(o.get("data", ())) for o in result.outputs])
            decide = functools.partial(_decided, found, block, result.outputs)
            own[block.index] = Place(*pieces.of(key, decide)) if python else Place("machine", "Python")
            earlier = hashlib.sha256(f"{earlier}{what}".encode()).hexdigest()
        return {**own, **self.programs.places(post, [result.outputs for result in executed.results])}

    def _render(self, post: posts.Post, executed: Executed, prefix: str) -> dict[str, Any]:
        from ..changes import recording
        from ..html.forms import program_file
        from ..html.render import render

        config = self.config
        pieces = self.runs.pieces(post.label)
        places = self.places(post, executed, pieces, self.runtime.name) if self.runtime else {}
        fragment = render(
            post, executed, places, config.run_command, config.links_start, self.policy, prefix, pieces
        )
        described = describe(post, places, self.programs.describe(post, places))
        beside = {**explorable.files(post, executed), **described, **fragment.charts, **fragment.tables}
        offered = downloads(post, executed, pieces.of) if post.blocks else {}
        pieces.save()
        return {
            "html": fragment.html,
            "toc": fragment.toc,
            "provenance": provenance(executed),
            "reading_minutes": reading_minutes(post),
            "downloads": {
                **offered,
                f"{post.header.get('slug') or post.path.stem}.md": transcript(
                    post, executed, fragment.charts
                ),
            },
            "programs": {
                program_file(block): block.index
                for block in post.blocks
                if not block.speaks.shares_state and runs_in_page(block, places)
            },
            "files": {**beside, **recording.files(post, executed, beside)},
            "hashes": fragment.hashes,
            "listings": [asdict(listing) for listing in fragment.listings],
        }


def _decided(found: Callable[[], Places], block: Block, outputs: list[dict[str, Any]]) -> tuple[str, str]:
    place = found().of(block, outputs)
    return place.kind, place.reason


def _whole(page: dict[str, Any]) -> dict[str, Any]:
    """Take a rendered page from its record; raise KeyError when it is none."""
    if page.keys() != {"programs", *(field.name for field in fields(Published))} - {"header", "browser"}:
        raise KeyError("no page")
    return page


def reading_minutes(post: posts.Post) -> int:
    """Estimate the minutes it takes to read a post's prose, at least 1; code and tables are looked at, not read."""
    body = "\n".join(post.text.split("\n")[post.header_lines :])
    body = re.sub(r"^(```+|~~~+).*?^\1[`~]*$", "", body, flags=re.DOTALL | re.MULTILINE)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r"^\|.*$|\]\([^)]*\)", "", body, flags=re.MULTILINE)
    return max(1, round(len(body.split()) / WORDS_A_MINUTE))


def _pictures(post: posts.Post, config: Config) -> list[tuple[str, int, int]]:
    """Tell the pictures that a page shows from what they were: it says their sizes."""
    found = [(path, path.stat()) for link, path in files(post, config) if link.kind == "image"]
    return [(path.name, stat.st_size, stat.st_mtime_ns) for path, stat in found]


def provenance(executed: Executed) -> str:
    """Say where and when the blocks ran, in one sentence for the reader."""
    count = len(executed.results)
    if not count:
        return ""
    blocks = f"{count} block{'s' if count != 1 else ''}"
    ran = f"executed on {executed.when[:10]} in {executed.seconds:.0f} s"
    if executed.carried:
        ran = f"{count - executed.carried} of them {ran}, {executed.carried} carried from runs since {executed.since[:10]}"
        blocks += ","
    return (
        f"{blocks} {ran}: Python "
        f"{platform.python_version()}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores."
    )
