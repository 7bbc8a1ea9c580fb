"""Whatever a browser's parser would let out of an output is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhtml5 import parse

from executable_posts.html.contained import leak

# What leaves -> and how its author is told.
LEAKS = {
    "a comment": ("<p>x</p><!-- and then", "a comment that is never closed"),
    "a comment of another kind": ("<!doctype", "a tag that is never finished"),
    "a comment that looks closed": ("<!-- a --", "a comment that is never closed"),
    "a double quote": ('<a href="#>x</a>', "a quote that is never closed"),
    "a single quote": ("<a title='it>x</a>", "a quote that is never closed"),
    "a tag": ("<p>x</p><em", "<em> has no partner"),
    "CDATA": ("<![CDATA[ x <b>", "a CDATA section, which HTML does not have"),
    "CDATA in a picture": (
        "<svg><text><![CDATA[ x </text></svg>",
        "a CDATA section, which HTML does not have",
    ),
    "a script": ("<script>let x = 1", "<script> has no partner"),
    "a script within a comment": ("<script><!-- <script> </script>", "a comment that is never closed"),
    "a style": ("<style>p { color: red }", "<style> has no partner"),
    "a title": ("<title>x", "<title> has no partner"),
    "a text area": ("<textarea>x", "<textarea> has no partner"),
    "a frame": ("<iframe src='x.html'>", "<iframe> has no partner"),
    "old text": ("<xmp><p>", "<xmp> has no partner"),
    "all text": ("<plaintext>", "<plaintext>, which turns the rest of the page into text"),
    "a template": ("<template><b>x</b>", "<template> has no partner"),
    "a list of choices": ("<select><option>a", "<select> has no partner"),
    "a table": ("<table><tr><td>x", "<table> has no partner"),
    "a picture": ("<svg><g>", "<svg> has no partner"),
    "a formula": ("<math><mrow>", "<math> has no partner"),
    "an element": ("<section><p>x</p>", "<section> has no partner"),
    "bold": ("<p><b>x</p>", "<b> has no partner"),
    "a link": ("<a href='#'>x", "<a> has no partner"),
    "a stray end": ("x</section>", "</section> has no partner"),
    "the cell's own end": ("x</div></div>", "</div> has no partner"),
    "ends in the wrong order": ("<div><span></div></span>", "</div> closes what it should not"),
    "an end of the page": ("x</body>", "</body> has no partner"),
    "a table's end": ("</td></tr></table>", "</td> has no partner"),
    "the page's attributes": (
        "<body class='dark'><p>x</p>",
        "the attributes of its <html> or <body> would become the page's",
    ),
    "what runs without scripts": ("<noscript><!--</noscript><p>-->", "</div> closes what it should not"),
    "an end after a whole script": ("<script>1</script></section>", "</section> has no partner"),
    "an element after what closes itself": ("<br><td>x<em>", "<em> has no partner"),
    "an element after a whole one": ("<b>x</b><i>", "<i> has no partner"),
    "an element in capitals": ("<DIV>x<em>y</em>", "<div> has no partner"),
    "an end that the paragraph's is not": ("<b>a</b><s>b</s></i>", "</i> has no partner"),
    "an element among items": ("<ul><li>a<li>b</ul><section>", "<section> has no partner"),
    "an element of two": ("<u><b>x</b><b>y</b>", "<u> has no partner"),
    "an address in capitals": ("<TEXTAREA>x", "<textarea> has no partner"),
    "a comment of several lines": ("<!-- and\nthen", "a comment that is never closed"),
    "all text in capitals": ("<PLAINTEXT>", "<plaintext>, which turns the rest of the page into text"),
    "what a browser with scripts takes for a noscript's end": (
        "<noscript><p title='</noscript>'>x</p></noscript>",
        "</noscript> has no partner",
    ),
    "the whole page's attributes": (
        "<html lang='la'><p>x</p>",
        "the attributes of its <html> or <body> would become the page's",
    ),
}


@pytest.mark.parametrize("name", LEAKS)
def test_what_leaves_an_output_is_named(name):
    fragment, words = LEAKS[name]
    assert leak(fragment) == words


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
