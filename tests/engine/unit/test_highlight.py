"""Code keeps its text to the letter, wears few tags, and marks the lines it was asked to mark."""

from __future__ import annotations

import html
import re

import pytest

from executable_posts.authors.highlight import CLASSES, highlight
from executable_posts.html.policy import inline_hashes

SAMPLES = {
    "python": 'async def f(x: int):\n    """Two\n    lines."""\n    return await g(f"{x!r} & <b>")\n\n\nclass A(ValueError):\n    pass',
    "c++": '#include <cstdio>\n// é\nint main() {\n\treturn std::puts("a\\n") < 0;\n}',
    "bash": "for x in 1 2; do\n  echo \"$x\" | sed 's/1/2/'  # one\ndone",
    "console": "$ make html\nwrote output/",
    "nonsense": "just <text>",
}


def text_of(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


@pytest.mark.parametrize("language", SAMPLES)
def test_the_text_is_the_source(language):
    source = SAMPLES[language]
    assert text_of(highlight(source, language)).rstrip("\n") == source


def test_only_what_has_a_colour_has_a_tag():
    page = highlight(SAMPLES["python"], "python")
    assert set(re.findall(r'<span class="(\w+)"', page)) <= {css for _, css in CLASSES if css}
    assert page.count("<span") < 10
    assert '<b>async def </b><span class="nf">f</span>(x: int)' in page
    assert "<i>" in page, "a docstring is said about the code"


def test_steps_and_chosen_lines_are_marked():
    source = "a = 1\nawait credentials()  # (2) credentials\nb = 2\n"
    page = highlight(source, "python", marks=frozenset({3}))
    assert re.findall(r'<span class="hll"([^>]*)>', page) == [' data-step="2"', ""]
    assert text_of(page).rstrip("\n") == source.rstrip("\n")
    assert 'data-step="1"' in highlight("int x;  // (1)", "c++")
    assert "hll" not in highlight("f(1)  # see (1) above", "python")


def test_a_marked_line_closes_its_colours():
    page = highlight('x = """one\ntwo  # (1)\n"""', "python")
    depth = 0
    for tag in re.findall(r"</?span", page):
        depth += 1 if tag == "<span" else -1
        assert 0 <= depth <= 2
    assert depth == 0


def test_the_policy_names_what_is_inline_and_nothing_else():
    assert inline_hashes("<p>plain</p><script src='x.js'></script>") == {}
    found = inline_hashes('<p style="color:red">x</p><style>b{}</style><script>1</script>')
    # printf '%s' 'color:red' | openssl dgst -sha256 -binary | base64
    assert found["style-src"].startswith("'unsafe-hashes' ")
    assert "'sha256-8f935d27GvUutRyY9yWScUMiFUk4WTdZURISiYfPOeQ='" in found["style-src"]
    assert found["style-src"].count("sha256-") == 2
    assert found["script-src"].count("sha256-") == 1
