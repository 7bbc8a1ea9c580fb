"""The Markdown that posts are written in: CommonMark, tables, footnotes, values, and what a site switches on by name.

One parser is shared by every part of the engine. A rule that finds a construct it cannot accept leaves a fault in
``token.meta["fault"]`` (found, mend); the reader of posts raises it at its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from markdown_it.ruler import RuleOptionsType
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.gfm_autolink import gfm_autolink_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

from ..config import EXTENSIONS
from . import admonitions, attributes, markdown_in_html

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore

# Text that begins like an amount, and is no formula: "$5 and the other 6$".
_AMOUNT = re.compile(r"\d[\d.,]*\s+[A-Za-z][^\\^_={}<>+*/]*\Z")
_MARKED = re.compile(r"[{|][a-z]+[}|]")


@lru_cache(maxsize=8)
def markdown(extensions: tuple[str, ...] = EXTENSIONS) -> MarkdownIt:
    """Make the parser that every part of the engine shares, with the named extensions of the dialect."""
    on = set(extensions)
    md = MarkdownIt("commonmark", {"html": True, "typographer": False})
    md.options.update(tasklists="tasks" in on, alerts="admonitions" in on)
    md.enable(["table", "strikethrough"]).use(footnote_plugin).use(myst_role_plugin)
    if "math" in on:
        md.use(
            dollarmath_plugin,
            allow_labels=False,
            allow_space=False,
            allow_blank_lines=False,
            double_inline=True,
        )
        md.use(amsmath_plugin)
        md.inline.ruler.at("math_inline", _formula(md))
    if "definitions" in on:
        md.use(deflist_plugin)
    if "autolinks" in on:
        md.use(gfm_autolink_plugin)
    if "admonitions" in on:
        md.use(admon_plugin)
    if "containers" in on:
        md.use(container_plugin, "box", validate=lambda params, markup: bool(params.strip()))
    if "attributes" in on:
        md.use(attrs_plugin, spans=True).use(attrs_block_plugin)
        attributes.guard(md)
        md.inline.ruler.push("attr_colon", attributes.colon_rule)
        md.core.ruler.before("inline", "attributes_of_blocks", attributes.block_rule)
    if "html" in on:
        alternatives: RuleOptionsType = {"alt": ["paragraph", "reference", "blockquote"]}
        md.block.ruler.before("html_block", "markdown_in_html", markdown_in_html.rule, alternatives)
    md.core.ruler.before("inline", "admonitions", admonitions.rule)
    md.core.ruler.before("text_join", "plain", _plain)
    # Site generators mark links with {static} and {filename}; percent-encoding the braces would hide them.
    usual = md.normalizeLink
    md.normalizeLink = lambda url: url if _MARKED.match(url) else usual(url)  # type: ignore[method-assign]  # its documented hook
    return md


def _formula(md: MarkdownIt) -> Callable[[StateInline, bool], bool]:
    """Wrap the rule of inline formulas: a dollar sign that touches a word or a number is money or a shell's variable."""
    rule = attributes.rule_of(md.inline.ruler, "math_inline")

    def formula(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        if state.src[start] != "$" or (
            start and (state.src[start - 1].isalnum() or state.src[start - 1] == "$")
        ):
            return False
        pending = state.pending
        if not rule(state, silent):
            return False
        content = state.src[start : state.pos].strip("$")
        after = state.src[state.pos : state.pos + 1]
        if after.isalnum() or _AMOUNT.match(content) or "`" in content or not content.strip():
            state.pos, state.pending = start, pending
            del state.tokens[count:]
            return False
        return True

    return formula


def _plain(state: StateCore) -> None:
    """Keep what an inline token says in plain text, before escapes become text: a NUL stands for everything else."""
    for token in state.tokens:
        if token.type == "inline":
            token.meta["plain"] = "".join(
                child.content
                if child.type == "text"
                else "\n"
                if child.type in ("softbreak", "hardbreak")
                else "\0"
                for child in token.children or ()
            )
