"""Whatever looks like code to a reader ran, says why not, or stops the build at its line."""

from __future__ import annotations

import pytest

from executable_posts.errors import PostError
from executable_posts.html.outputs_markdown import output_markdown
from executable_posts.reading.post import parse
from executable_posts.reading.raw_html import RawHtml, looks_like_code


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n\n    :::ruby\n    puts 1\n", 3),
        ("a\n\n    #!python\n    raise SystemExit\n", 3),
        ("\tone tab\n", 1),
        ("- item\n\n      indented in a list\n", 3),
        ("> quote\n>\n>     code in it\n", 3),
        ("a[^n]\n\n[^n]: b\n\n        code in a note\n", 5),
        ("!!! note\n    a\n\n        code in a box\n", 4),
        ("a\n\n<pre><code>\nmov ax, bx\n</code></pre>\n", 3),
        ('<pre lang="go" class="language-go">x</pre>\n', 1),
        ('<div class="highlight"><pre><span>x</span></pre></div>\n', 1),
        ("<table><tr><td>\n<pre>\nfor i in range(3):\n    print(i)\n</pre>\n</td></tr></table>\n", 2),
        ("a <pre><samp>$ ls</samp></pre> b\n", 1),
        ("<div>\n<pre>\n\nconst x = 3;\n\n</pre>\n</div>\n", 2),
        ("<code>a = 1<br>b = 2</code>\n", 1),
        ('<p style="white-space:pre-wrap">total += price * 2</p>\n', 1),
        ("<XMP>print</XMP>\n", 1),
        ('<script src="https://gist.github.com/me/1.js"></script>\n', 1),
        ("<pre>\n#include <stdio.h>\n</pre>\n", 1),
        ("<pre>\n&lt;div class='x'&gt;\n</pre>\n", 1),
        ("<textarea>\nimport os\n</textarea>\n", 1),
        ("<!-- note --> <pre><code>x</code></pre>\n", 1),
        ("<details>\n<summary>s</summary>\n<pre>\nSELECT 1 FROM t\n</pre>\n</details>\n", 3),
        ("One\ntwo <code>x = 1\ny = 2</code>\n", 2),
        ("<pre class='python'>\nprint 1\n</pre>\n", 1),
        ("<div class='highlight'><table><tr><td>x = 1</td></tr></table></div>\n", 1),
        ("<blockquote class='language-python'>x = 1</blockquote>\n", 1),
        ("<div style='font-family: monospace'>x = 1<br>print(x)</div>\n", 1),
        ("<script type='text/python'>\nprint(1)\n</script>\n", 1),
        ("a\n\n<py-script>\nprint(1)\n</py-script>\n", 3),
    ],
)
def test_code_that_never_ran_stops_the_build_at_its_line(text, line):
    with pytest.raises(PostError) as caught:
        parse(text, "p.md")
    assert caught.value.line == line
    assert "noeval" in caught.value.mend


@pytest.mark.parametrize(
    "text",
    [
        "<pre>\nShall I compare thee to a summer's day?\nThou art more lovely;\nfor the ones I love:\nreturn home\n</pre>\n",
        "<pre>\n+---+---+\n| a | b |\n+---+---+\n</pre>\n",
        '<pre class="verse">\nx = 1\n</pre>\n',
        "Inline <code>x = 1</code>, <kbd>Ctrl</kbd>-<kbd>C</kbd> and `y = 2`.\n",
        "```text\nx = 1\n```\n",
        '```{.rust .noeval reason="no compiler here"}\nfn main() {}\n```\n',
        "<!-- <pre><code>x</code></pre> -->\n\n<!--\n    x = 1\n-->\n",
        "<div>\nlove is blind\n</div>\n",
        "1. a\n\n   ```text\n   x\n   ```\n",
        "<script>let x = 1;</script>\n\n<style>p { margin: 0 }</style>\n",
    ],
)
def test_what_is_no_listing_is_left_alone(text):
    parse(text, "p.md")


@pytest.mark.parametrize(
    "text",
    [
        "```python\n1/0\n```",
        "~~~\nx\n~~~",
        "a\n\n    x = 1",
        "<pre><code>x</code></pre>",
        "- a\n\n  ```js\n  x\n  ```",
    ],
)
def test_code_in_a_markdown_output_is_refused_at_its_block(text):
    with pytest.raises(PostError, match=r"never r[ua]n") as caught:
        output_markdown(text, "p.md", 12, ())
    assert (caught.value.path, caught.value.line) == ("p.md", 12)
    assert caught.value.mend


def test_a_markdown_output_is_prose_like_the_posts():
    shown = output_markdown(
        "A $x^2$, **b**.\n\n```text\nplain\n```\n\n- [x] done\n", "p.md", 3, ("math", "tasks")
    )
    assert "<math" in shown
    assert "<strong>b</strong>" in shown
    assert "plain" in shown
    assert 'type="checkbox"' in shown
    with pytest.raises(PostError, match="a formula"):
        output_markdown("$\\nope$", "p.md", 3, ("math",))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2 + x", True),
        ("x * 2.5", True),
        ("if x:\n  y", True),
        ("lambda: 1", True),
        ("  f(x) + 1\n  y", True),
        ("a + b", False),
        ("'a' + b", False),
        ("a[0]", False),
        ("x", False),
        ("two roads diverged\nin a wood", False),
    ],
)
def test_python_is_code_and_names_alone_are_none(text, code):
    assert looks_like_code(text) is code


def test_the_end_of_the_last_piece_is_heard():
    html = RawHtml()
    html.piece("<pre>f(1)&g", 7)
    html.finish()
    assert [fault.line for fault in html.faults] == [7]


def test_an_attribute_without_a_value_has_none():
    html = RawHtml()
    html.piece("<p>\n<b markdown id>x</b>", 3)
    assert [(f.line, f.found) for f in html.faults] == [(4, '<b markdown="">, which is not understood here')]
    assert html.ids == set()


def heard(*pieces: str) -> RawHtml:
    html = RawHtml()
    for piece in pieces:
        html.piece(piece, 1)
    html.finish()
    return html


@pytest.mark.parametrize(
    ("html", "count"),
    [
        ("<code>one<br>two</code>", 1),
        ("<code>one two</code>", 0),
        ("<p>one<br>f(1)</p>", 0),
        ("<pre>one<br>f(1)</pre>", 1),
        ("<pre><b>bold words</b></pre>", 0),
        ("<pre><code>words</code></pre>", 1),
        ("<code>x = 1\ny = 2</code>", 1),
        ("<code>some\nwords</code>", 0),
        ("<pre>words</pre><p>f(1)</p>", 0),
        ("<script src='//gist.github.com/a/b.js'></script>", 1),
        ("<img alt='' src='//gist.github.com/a/b.png'>", 0),
    ],
)
def test_what_a_reader_would_take_for_a_listing(html, count):
    assert len(heard(html).faults) == count


@pytest.mark.parametrize(
    ("html", "links"),
    [
        ("<object data=' {static}/x.pdf '></object>", [("{static}/x.pdf", 1)]),
        ("<div data='x'></div>", []),
        ("<p>\n<img alt='' src='a.png'/>", [("a.png", 2)]),
        ("<a href>x</a>", []),
    ],
)
def test_what_raw_html_points_to(html, links):
    assert [(link.target, link.line) for link in heard(html).links] == links
