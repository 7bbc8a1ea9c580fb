"""Find everything that is wrong with a site's posts without running a block."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import PostError, Report, stop
from ..html.maths import check_formulas
from ..html.raw import check_html
from ..notebooks import pairing
from ..reading import post as posts
from ..reading.fixes import Fix, fix
from ..reading.links import AnchorsOf, check_links
from ..running.pieces import Kept, made_anew

_MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)


@dataclass(frozen=True)
class Checked:
    """Hold what was found in one post. faults: all of them, by line; text: the post as written, "" when it cannot be
    read; mended: its text with everything mended that has exactly one mend; fixes: what that changed."""

    path: Path
    faults: list[PostError]
    text: str
    mended: str
    fixes: list[Fix]

    def fixable(self, fault: PostError) -> bool:
        """Tell whether --fix mends a fault."""
        return any(fault.line == done.line for done in self.fixes)


def check_post(path: Path, config: Config, lint: bool = False) -> Checked:
    """Check one post: its header, fences, links, values, the syntax of its Python, and its pair.

    A fence that has one mend is read as mended, so that what follows from it is checked in the same run. The pair is
    looked at only when the post itself can be understood. lint: ask ruff about its Python as well.
    """
    label = config.label(path)
    try:
        text = posts.read_text(path, label)
    except PostError as error:
        return Checked(path=path, faults=[error], text="", mended="", fixes=[])
    found: list[PostError] = []
    posts.parse(text, label, path, config.data_languages, config.required, found.append, config.extensions)
    mended, fixes = fix(text, config.data_languages)
    later: list[PostError] = []
    post = posts.parse(
        mended, label, path, config.data_languages, config.required, later.append, config.extensions
    )
    understood = not found and not later
    check_whole(post, config, later.append, complete=not any("fence" in f.found for f in (*found, *later)))
    parsed = len(later)
    check_syntax(post, later.append)
    if lint and len(later) == parsed:  # one block that is no Python would hide the names that it binds
        from .lint import lint as ask_ruff
        from .lint import too_long

        if config.code_columns > 0:
            too_long(post, config.code_columns, later.append)

        ask_ruff(post, later.append)
    if understood and not fixes:
        check_pair(post, config, later.append)
    # A header that cannot be read hides what else is wrong in it.
    hidden = {done.line: done for done in fixes if done.line <= post.header_lines}
    for line in hidden.keys() - {fault.line for fault in found}:
        found.append(PostError(label, line, hidden[line].old.strip(), f"write {hidden[line].new.strip()}"))
    known = {(fault.line, fault.found) for fault in found}
    found += [fault for fault in later if (fault.line, fault.found) not in known]
    return Checked(
        path=path, faults=sorted(found, key=lambda f: f.line), text=text, mended=mended, fixes=fixes
    )


def check_whole(
    post: posts.Post,
    config: Config,
    report: Report = stop,
    complete: bool = True,
    anchors: AnchorsOf | None = None,
    kept: Kept = made_anew,
) -> None:
    """Tell ``report`` of what is wrong with a post as a whole: blocks and header disagree, formulas are none, raw HTML
    breaks the page, links lead nowhere.

    complete: whether all of its fences were understood; else nothing is said about their number. anchors: as of `check_links`; kept: as of `check_html`.
    """
    if complete and not post.blocks and not post.runs_nothing:
        mend = "add one, or say blocks: none in the header"
        report(PostError(post.label, 1, "no block to run was found", mend))
    if post.blocks and post.runs_nothing:
        line = post.blocks[0].fence_line
        report(PostError(post.label, line, "a block, and the header says blocks: none", "drop one"))
    check_formulas(post, report)
    check_html(post, report, kept)
    check_links(post, config, report, anchors)


def check_syntax(post: posts.Post, report: Report = stop) -> None:
    """Tell ``report`` of Python that cannot be compiled: blocks (top-level await and IPython's magics are fine) and
    inline values."""
    for block in post.blocks:
        if block.speaks.shares_state and "raises-exception" not in block.info.tags:
            error = _syntax_error(block.source, post.label)
            if error:
                line = block.line + min(max((error.lineno or 1) - 1, 0), block.source.count("\n"))
                report(PostError(post.label, line, f"SyntaxError: {error.msg}", "correct the block"))
    for value in post.values:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(value.expression, post.label, "eval", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            said = getattr(error, "msg", str(error))
            found = f"{{eval}}`{value.expression}` is no expression: {said}"
            report(PostError(post.label, value.line, found, "write an expression, such as {eval}`total`"))


def _syntax_error(source: str, name: str) -> SyntaxError | None:
    def attempt(text: str) -> SyntaxError | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
        except SyntaxError as error:
            return error
        except (ValueError, RecursionError, MemoryError) as error:
            return SyntaxError(str(error) or type(error).__name__)
        return None

    error = attempt(source)
    if error is None or attempt(_MAGIC.sub(r"\1pass", source)) is None:
        return None
    if not re.search(r"[%!?]", source):
        return error
    # Something only IPython may understand; asking it takes a quarter of a second.
    from IPython.core.inputtransformer2 import TransformerManager

    return attempt(TransformerManager().transform_cell(source))


def check_pair(post: posts.Post, config: Config, report: Report = stop) -> None:
    """Tell ``report`` when a post's notebook is missing, out of step, or not to be read."""
    if post.runs_nothing or pairing.known_in_step(post, config):
        return
    try:
        pairing.check_pair(post, config)
    except PostError as error:
        report(error)


def check_site(config: Config) -> list[PostError]:
    """Find what is wrong with the site beside its posts: notebooks whose post is gone."""
    return [pairing.orphaned(twin, config) for twin in pairing.orphans(config)]
