"""Footnotes beside their mark: a theme shows them in the margin, or unfolds them where they stand.

Markdown puts all notes at the end of the page. A note of plain paragraphs moves into the sentence, as markup that reads
well without any style sheet too (in brackets); one that holds lists or code stays at the end.
"""

from __future__ import annotations

import re

_SECTION = re.compile(
    r'<hr class="footnotes-sep" />\n<section class="footnotes">\n<ol class="footnotes-list">\n(.*?)</ol>\n</section>\n',
    re.DOTALL,
)
_ITEM = re.compile(r'<li id="fn(\d+)" class="footnote-item">(.*?)</li>\n', re.DOTALL)
_BACK = re.compile(r'\s*<a href="#fnref[\d:]+" class="footnote-backref">.*?</a>')
_MARK = r'<sup class="footnote-ref"><a href="#fn{number}" id="fnref{number}">\[{number}\]</a></sup>'
_PLAIN = re.compile(r"(?:<p>((?:(?!</?(?:p|div|ul|ol|pre|table|blockquote|figure)\b).)*)</p>\s*)+", re.DOTALL)


def beside(text: str) -> str:
    """Move the footnotes of a rendered page to their marks."""
    # The text's own stand last; what a block shows may have notes of its own, with other names.
    section = next((s for s in reversed(list(_SECTION.finditer(text))) if _ITEM.search(s[1])), None)
    if not section:
        return text
    left = []
    for number, body in _ITEM.findall(section[1]):
        words = _BACK.sub("", body).strip()
        mark = re.search(_MARK.format(number=number), text)
        if not mark or not _PLAIN.fullmatch(words) or not _in_running_text(text[: mark.start()]):
            left.append(f'<li id="fn{number}" class="footnote-item" value="{number}">{body}</li>\n')
            continue
        words = re.sub(r"</p>\s*<p>", "<br>", words).removeprefix("<p>").removesuffix("</p>")
        text = text.replace(mark[0], _note(number, words), 1)
    # Only marks were replaced: the section stands as it was found.
    rest = section[0].replace(section[1], "".join(left)) if left else ""
    return text.replace(section[0], rest)


def _note(number: str, words: str) -> str:
    return (
        f'<sup class="footnote-ref note-mark"><a href="#fn{number}" id="fnref{number}">[{number}]</a></sup>'
        f'<span class="note" id="fn{number}" role="note"><span class="note-edge"> (</span>'
        f'<span class="note-number" aria-hidden="true">{number}</span> {words} '
        f'<a class="note-back" href="#fnref{number}" aria-label="Back to the text">↩\ufe0e</a>'
        '<span class="note-edge">)</span></span>'
    )


def _in_running_text(before: str) -> bool:
    """Tell whether what follows ``before`` stands in a paragraph or a list: notes fit in neither headings nor cells."""
    opened = re.findall(r"<(p|li|td|th|h[1-6]|figcaption)\b", before)
    return bool(opened) and opened[-1] in ("p", "li")
