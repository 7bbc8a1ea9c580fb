"""Whatever a browser's parser would let out of an output is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhtml5 import parse

from executable_posts.html.contained import leak

LEAKS = {
    "a comment": "<p>x</p><!-- and then",
    "a comment of another kind": "<!doctype",
    "a comment that looks closed": "<!-- a --",
    "a double quote": '<a href="#>x</a>',
    "a single quote": "<a title='it>x</a>",
    "a tag": "<p>x</p><em",
    "CDATA": "<![CDATA[ x <b>",
    "CDATA in a picture": "<svg><text><![CDATA[ x </text></svg>",
    "a script": "<script>let x = 1",
    "a script within a comment": "<script><!-- <script> </script>",
    "a style": "<style>p { color: red }",
    "a title": "<title>x",
    "a text area": "<textarea>x",
    "a frame": "<iframe src='x.html'>",
    "old text": "<xmp><p>",
    "all text": "<plaintext>",
    "a template": "<template><b>x</b>",
    "a list of choices": "<select><option>a",
    "a table": "<table><tr><td>x",
    "a picture": "<svg><g>",
    "a formula": "<math><mrow>",
    "an element": "<section><p>x</p>",
    "bold": "<p><b>x</p>",
    "a link": "<a href='#'>x",
    "a stray end": "x</section>",
    "the cell's own end": "x</div></div>",
    "ends in the wrong order": "<div><span></div></span>",
    "an end of the page": "x</body>",
    "a table's end": "</td></tr></table>",
    "the page's attributes": "<body class='dark'><p>x</p>",
    "what runs without scripts": "<noscript><!--</noscript><p>-->",
}


@pytest.mark.parametrize("name", LEAKS)
def test_what_leaves_an_output_is_named(name):
    assert leak(LEAKS[name])


@pytest.mark.parametrize(
    "fragment",
    [
        "words & <i>more</i> < 3",
        "<p>one<p>two<ul><li>a<li>b</ul>",
        "<table><caption>c</caption><tr><th>a<td>b<tr><td>c</table>",
        "<svg viewBox='0 0 9 9'><path d='M0 0'/><style>path{}</style><foreignObject><p>x</p></foreignObject></svg>",
        "<!-- said --><script>if (a<b) f('</p>', '<!--')</script><style>a>b{}</style>",
        "<template><p>x</p></template><textarea></b></textarea><details><summary>s</summary>t</details>",
        "<video controls><source src='x.mp4'></video><img src='data:image/png;base64," + "A" * 500 + "'>",
        "<select><option>a<option>b</select><br><hr/><input>",
        "",
    ],
)
def test_good_html_stays(fragment):
    assert leak(fragment) == ""


PIECES = ["<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<!--", "-->", '"', "'", "<a href=", ">", "x", "<script>",
          "</script>", "<table>", "<td>", "</table>", "<template>", "</template>", "<svg>", "</svg>", "<![CDATA[", "]]>",
          "<textarea>", "</textarea>", "</article>", "<select>", "</select>", "<plaintext>"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_what_is_let_through_leaves_the_page_around_it_as_it_was(fragment):
    if leak(fragment):
        return
    page = f"<!DOCTYPE html><body><article><section><figure><div>{fragment}</div></figure></section><footer>f</footer></article>"
    ns = "{http://www.w3.org/1999/xhtml}"
    body = parse(page).find(f"{ns}body")
    (article,) = body
    assert [child.tag for child in article] == [f"{ns}section", f"{ns}footer"]
    assert article[1].text == "f"
    assert not len(article[1])
