"""Forms of other dialects that nobody writes by chance: they would stand on the page as raw text, so they are errors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .admonitions import KINDS


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """Hold a form that is no text. without: the extension whose absence makes it one, "" for always."""

    form: re.Pattern[str]
    found: str
    mend: str
    without: str = ""


def _form(pattern: str, found: str, mend: str, without: str = "") -> Leftover:
    return Leftover(form=re.compile(pattern, re.MULTILINE), found=found, mend=mend, without=without)


_ON = "switch it on: add {0!r} to extensions in [tool.executable_posts], or write it otherwise"
_FORMS = (
    _form(
        r"!?\[\[(?!TOC|_TOC_)[^\W\d][^\[\],=;(\n\0]*\]\](?!\()",
        "a wiki link",
        "write [words]({filename}NAME.md), or put it in backticks",
    ),
    _form(
        r"\{\{[<%]?[ \t]*[A-Za-z_][^{}\n\0]*\}\}|\{%[-+]?[ \t]*[a-z_][^\n\0]*?%\}",
        "a template's placeholder, which nobody fills in",
        "write {eval}`expression` for a value, or put it in backticks",
    ),
    _form(
        r"\{(?:eval|scrub)\}[ \t]?[`\0]",
        "a value that is not understood",
        "write {eval}`expression` or {scrub}`NAME LOW..HIGH`, without a space",
    ),
    _form(r"^\[\[?_?TOC_?\]\]?[ \t]*$", "a marker for a contents list", "remove it: the page has one"),
    _form(
        r"(?<=[\w.,;:!?)\"'\0])\[\^[\w-]+\]",
        "a footnote that is nowhere defined",
        "add a line [^name]: with its text, or correct the name",
    ),
    _form(
        r"!\[[^\]\n\0]*\]\([^)\n\0]+\)|\]\([ \t]*<?[{|](?:static|filename|attach|tag|category|author|index)[}|][^)\n\0]*",
        "a link or a picture that is not understood",
        "a target with spaces stands between < and >, or has %20 for each",
    ),
    _form(
        r"\]\([ \t]*(?:\0?(?:javascript|vbscript|data|file|https?|mailto):[^)\n]*"
        r"|[^()\n\0]*[^()\s\0]\.[A-Za-z][A-Za-z0-9]{1,4}(?:[#?][^()\n\0]*)?)\)",
        "a link that is not understood",
        "a target with spaces stands between < and >, or has %20 for each; javascript:, data: and file: are none",
    ),
    _form(
        r"(?<![\w\]\)])\[[^\[\]\n\0]*[^\W\d_]{2}[^\[\]\n\0]*\]\[[^\[\]\n\0]*\]",
        "a link whose address is nowhere defined",
        "add a line [name]: address, or put it in backticks",
    ),
    _form(
        r"^\|[^\n]*\|[ \t]*(?=\n\|[^\n]*\|[ \t]*$)",
        "a table that is not understood",
        "its second line is of dashes, | --- | --- |, in as many columns as its first",
    ),
    _form(r"^<{7} \S", "a merge conflict", "keep one side, and remove the three lines that mark them"),
    _form(
        r"(?<![=\w])==(?=[^\s=])[^=\n\0]*[^\s=\0]==(?![=\w])",
        "marked words of another dialect",
        "write <mark>words</mark>, or put it in backticks",
    ),
    _form(
        r"(?<=[\w)])\^\d{1,3}\^|(?<=[A-Za-z)])~\d{1,3}~(?!~)",
        "a raised or lowered number of another dialect",
        "write <sup>2</sup> or <sub>2</sub>, or put it in backticks",
    ),
    _form(r"^\*\[[^\]\n]+\]:[ \t]", "an abbreviation's definition", 'write <abbr title="...">...</abbr>'),
    _form(
        r"^\[![A-Za-z]+\]",
        "a box that is not understood",
        "write > [!NOTE] on a line of its own; TIP, IMPORTANT, WARNING and CAUTION are the others",
    ),
    _form(
        r"^:{3,}[ \t]*\{?[\w.-]",
        "a box of colons that is not understood",
        f"write :::note Title with a closing line :::, one of {', '.join(KINDS[:6])}, ...",
    ),
    _form(
        r"^:{3,}[ \t]*$",
        "a line that closes no box",
        "remove it, or open the box with a line such as :::note",
    ),
    _form(
        r"^\$\$|\$\$[ \t]*$",
        "a formula that is never closed",
        "close it by $$; a blank line cannot stand in it",
        "-math",
    ),
    _form(
        r"\0\{:?[^{}\n\0]*=[^{}\n\0]*\}|\{:[ \t]*[.#]?\w[^{}\n\0]*\}|\{[.#][A-Za-z][\w-]*(?:[ \t][^{}\n\0]*)?\}",
        "attributes that belong to nothing, or are not understood",
        'write them right after a picture or a link, or at the end of a heading: {#id .class width="50%"}',
    ),
    _form(
        r"(?:^|(?<=[\s(]))(?:https?://|www\.)[^\s<>\0]+",
        "a bare address",
        _ON.format("autolinks"),
        "autolinks",
    ),
    _form(
        r"^!!!?[ \t]+[a-z][\w-]*(?:[ \t]+\"[^\"\n]*\")?[ \t]*$",
        "a box",
        _ON.format("admonitions"),
        "admonitions",
    ),
    _form(
        r"^\$\$|(?<![\w$])\$(?=[^\s\d$])[^$\n]*[\\^_=][^$\n]*(?<!\s)\$(?!\w)",
        "a formula",
        _ON.format("math"),
        "math",
    ),
    _form(r"(?<=\n):[ \t]{1,3}\S", "a definition", _ON.format("definitions"), "definitions"),
)
_TASK = re.compile(r"\[[ xX]\](?:[ \t]|\Z)")


def find(plain: str, extensions: tuple[str, ...], in_list: bool) -> tuple[int, str, str] | None:
    """Find the first such form in an inline token's plain text; return (lines below its first, found, mend).

    in_list: whether the text begins an item of a list.
    """
    for left in _FORMS:
        if left.without and (left.without.removeprefix("-") in extensions) != left.without.startswith("-"):
            continue
        match = left.form.search(plain)
        if match:
            shown = match[0].replace("\0", "").strip()
            return plain[: match.start()].count("\n"), f"{left.found}: {shown}", left.mend
    if in_list and "tasks" not in extensions and _TASK.match(plain):
        return 0, f"a task: {plain[:3]}", _ON.format("tasks")
    return None
