"""Turn an old post into an executable one: its code becomes fences that are shown and not run, to be switched on one by
one; every line of prose stays byte for byte.

markdown-it-py decides what is code, as everywhere in the engine. Understood are Pelican's indented blocks
(``:::python``, ``#!python``), indented code without a language, and fences in any of the usual forms
(```` ```py ````, ``~~~ {.python hl_lines="1"}``, ```` ```{.python .numberLines} ````).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import languages
from .dialect import markdown
from .fences import FenceError, Info, parse_info
from .fixes import split_lines
from .tokens import lines_of

if TYPE_CHECKING:
    from markdown_it.token import Token

REASON = "not run yet"
_FIELD = re.compile(r" {0,3}[A-Za-z0-9_-]+:(\s|\Z)")
_EXECUTABLE = re.compile(r"(?P<key> {0,3}executable:\s*)(?P<value>.*?)(?P<rest>\s*)\Z", re.IGNORECASE)
_COLONS = re.compile(r":{3,}\s*(?P<language>[\w+#.-]+)(\s.*)?\Z")
_SHEBANG = re.compile(r"#!\s*(?P<language>[\w+#.-]+)(\s.*)?\Z")  # with a path it is code, and shown
_ATTRIBUTES = re.compile(r"\{:?\s*(?:[^.}]*\s)?\.(?P<language>[\w+#-]+)[^}]*\}\Z")
_WORD = re.compile(r"\.?(?P<language>[\w+#-]+)(\s*\{.*\}|\s+.*)?\Z")
_PLAIN = {
    "txt": "text",
    "plain": "text",
    "plaintext": "text",
    "none": "text",
    "shell-session": "console",
    "yml": "yaml",
}

Edit = tuple[int, int, list[str], str]  # first line, end, the new lines, what was done ("" says nothing)


@dataclass(frozen=True)
class Adopted:
    """Hold an adopted post. text: its new text; done: line of the old text and what became of it, in order."""

    text: str
    done: list[tuple[int, str]]


def adopt(text: str, data_languages: tuple[str, ...]) -> Adopted:
    """Turn a post's text into an executable post's; an executable post comes back as it is."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = split_lines(text.removeprefix(mark))
    edits: list[Edit] = []
    end, edit = _header(lines)
    if edit:
        edits.append(edit)
    body = "\n".join([""] * end + [line.rstrip("\r\n") for line in lines[end:]])
    for token in markdown().parse(body):
        if token.type == "fence":
            edits += _fence(token, lines, data_languages)
        elif token.type == "code_block":
            edits += _indented(token, lines, data_languages)
        elif token.type == "html_block" and re.search(r"<pre\b", token.content, re.IGNORECASE):
            at, _ = lines_of(token)
            edits.append((at, at, [], "left as it is: <pre> in HTML; make a fence of it"))
    for first, stop, new, _ in sorted(edits, key=lambda edit: edit[:2], reverse=True):
        lines[first:stop] = new
    return Adopted(
        text=mark + "".join(lines), done=sorted((first + 1, said) for first, _, _, said in edits if said)
    )


def _newline(lines: list[str]) -> str:
    return "\r\n" if lines and lines[0].endswith("\r\n") else "\n"


def _header(lines: list[str]) -> tuple[int, Edit | None]:
    """Find the end of the header, and how it comes to say ``executable: true``."""
    new = _newline(lines)
    first = lines[0].rstrip() if lines else ""
    if first == "---":
        end = next((at for at, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), 0)
        if not end:
            return 0, None
        return end + 1, _switched(lines, 1, end) or (
            end,
            end,
            [f"executable: true{new}"],
            "executable: true added",
        )
    if _FIELD.match(first):
        # Pelican's own style: fields up to the first empty line, continued by indented lines.
        end = next((at for at, line in enumerate(lines) if not line.strip()), len(lines))
        if all(_FIELD.match(line) or line.startswith(("    ", "\t")) for line in lines[1:end]):
            edit = _switched(lines, 0, end)
            if edit is None:
                written = [f"Executable: true{new}"]
                if end and not lines[end - 1].endswith(("\n", "\r")):
                    written = [new, *written]
                edit = (end, end, written, "Executable: true added")
            return end, edit
    return 0, (
        0,
        0,
        [f"---{new}", f"executable: true{new}", f"---{new}", new],
        "a header made: executable: true",
    )


def _switched(lines: list[str], first: int, end: int) -> Edit | None:
    for at in range(first, end):
        match = _EXECUTABLE.match(lines[at])
        if match:
            if match["value"].lower() in ("true", "yes"):
                return (at, at, [], "")
            return (
                at,
                at + 1,
                [f"{match['key']}true{match['rest']}"],
                f"executable: {match['value']} became true",
            )
    return None


def _noeval(language: str) -> str:
    return f'{{.{language} .noeval reason="{REASON}"}}'


def _meant(language: str, data_languages: tuple[str, ...]) -> str:
    """Write the info string for code of a language, however it was called."""
    lower = language.lower()
    lower = _PLAIN.get(lower, lower)
    lower = lower if lower == "c" else languages.meant(lower) or lower
    if lower in data_languages:
        return lower
    kept = re.sub(r"[^\w+-]", "-", lower)
    return _noeval(kept)


def _fence(token: Token, lines: list[str], data_languages: tuple[str, ...]) -> list[Edit]:
    first, stop = lines_of(token)
    last = stop - 1
    opening = lines[first].rstrip("\r\n")
    start = opening.find(token.markup)
    written = opening[start + len(token.markup) :].strip() if start >= 0 else ""
    if start < 0:
        return [(first, first, [], "left as it is: a fence that is not understood")]
    try:
        already: Info | None = parse_info(written, data_languages)
    except FenceError:
        already = None
    if already and already.kind != "cell":
        return []
    if written:
        match = _ATTRIBUTES.match(written) or _WORD.match(written)
        if not match:
            return [(first, first, [], f"left as it is: a fence that is not understood: {written}")]
        info = _meant(match["language"], data_languages)
    else:
        info = "text"
    end = lines[first][len(opening) :]
    markup, edits = token.markup, []
    # In backticks it is ready to be switched on, unless its text holds such a fence itself.
    closing = lines[last].rstrip("\r\n") if last > first else ""
    found = re.search(rf"{re.escape(token.markup[0])}{{{len(token.markup)},}}[ \t]*\Z", closing)
    if markup[0] == "~" and found and not re.search(r"^ {0,3}`{3}", token.content, re.MULTILINE):
        markup = "```"
        new = closing[: found.start()] + markup + lines[last][len(closing) :]
        edits.append((last, last + 1, [new], ""))
    said = f"{token.markup}{written} became {markup}{info}"
    return [(first, first + 1, [opening[:start] + markup + info + end], said), *edits]


def _indented(token: Token, lines: list[str], data_languages: tuple[str, ...]) -> list[Edit]:
    first, content = lines_of(token)[0], token.content.split("\n")
    content = content[:-1] if content[-1] == "" else content
    raw = lines[first : first + len(content)]
    dedented, margin = [], None
    for line, code in zip(raw, content, strict=False):
        bare = line.rstrip("\r\n")
        prefix = _prefix(bare, code)
        if prefix is None:
            return [(first, first, [], "left as it is: indented code among tabs; make a fence of it")]
        if code.strip() and margin is None:
            margin = prefix
        dedented.append((prefix if code.strip() else "") + code + line[len(bare) :])
    margin = margin or ""
    head = content[0].strip()
    match = _COLONS.match(head) or _SHEBANG.match(head)
    if match:
        # Under a list Markdown leaves more indentation than the author meant.
        extra = len(content[0]) - len(content[0].lstrip(" "))
        dedented = [
            line[: len(margin)] + line[len(margin) + extra :]
            if line.startswith(margin + " " * extra)
            else line
            for line in dedented
        ]
    info = _meant(match["language"], data_languages) if match else "text"
    body = dedented[1:] if match else dedented
    ticks = "```"
    while any(re.match(rf" {{0,3}}{ticks}", code) for code in content):
        ticks += "`"
    new = _newline(lines)
    if body and not body[-1].endswith(("\n", "\r")):
        body[-1] += new
    edit = [f"{margin}{ticks}{info}{new}", *body, f"{margin}{ticks}{new}"]
    before = lines[first - 1].strip() if first else ""
    if before and not margin.strip():
        edit.insert(0, new)
    said = f"indented {head if match else 'code'} became {ticks}{info}"
    return [(first, first + len(raw), edit, said)]


def _prefix(line: str, code: str) -> str | None:
    """Find what stands before an indented line of code beside its indentation: the margin of a list or quote."""
    if not code.strip():
        return ""
    if not line.endswith(code):
        return None
    before = line[: len(line) - len(code)]
    if before.endswith("    "):
        return before[:-4]
    return before[:-1] if before.endswith("\t") else None
