"""Whatever a browser's parser would let out of an output is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tinyhtml5 import parse

from executable_posts.errors import PostError
from executable_posts.html.contained import leak
from executable_posts.html.raw import check_html
from executable_posts.reading.post import parse as parse_post

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
    "every link of the page": ("<base href='/x'>", "<base>, which changes the links of the whole page"),
    "the reader": (
        "<meta http-equiv=refresh content=0>",
        "<meta http-equiv>, which speaks for the whole page",
    ),
    "an instruction": ("<p>x</p><?php echo 1 ?>", "<?...?>, which no browser shows"),
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
        "<script>let a = '<base>'</script><!-- <meta http-equiv=x> <? -->",
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


# The text of a post -> the line to blame, and the words for it.
IN_TEXT = {
    "One\n\n<details>\n<summary>s</summary>\n\nMore": (3, "<details> has no partner"),
    "<div>\n\ntext\n\n</div>\n\n<!-- open\n\nmore": (7, "a comment that is never closed"),
    "One\n\n</div>\n\ntwo": (3, "</div> has no partner"),
    "</section>": (1, "</section> has no partner"),
    "One\ntwo <b>three\n\nfour": (2, "<b> has no partner"),
    "<table><tr><td>\n\nx": (1, "<table> has no partner"),
    "<script>\nlet a = 1\n\nx": (1, "<script> has no partner"),
    "<textarea>\n\nx": (1, "<textarea> has no partner"),
    "<body class='dark'>\n\nx": (1, "the attributes of its <html> or <body> would become the page's"),
    "One <a href='#x'>x\n\ny": (1, "<a> has no partner"),
    "- one\n\n  <div>\n\n  two\n\nthree": (3, "<div> has no partner"),
    "> <span>a <i>b</span>\n\nc": (1, "<i> has no partner"),
    "<div>\n\n<b>\n\n</div>\n": (3, "<b> has no partner"),
    "One\n\ntwo <base href='/x'>": (3, "<base>, which changes the links of the whole page"),
    "<template>\n\nx": (1, "<template> has no partner"),
    "---\ntitle: a\nsummary: a <b>word\n---\nx": (3, "<b> has no partner"),
    "---\ntitle: a\ndescription: |\n  a\n  <i>word\n---\nx": (3, "<i> has no partner"),
    "---\n{title: a, summary: a <b>word}\n---\nx": (1, "<b> has no partner"),
    "---\ntitle: a\nsummary:\n---\n\n</div>": (6, "</div> has no partner"),
    "One\n\n<div>\n<i>x</i>\n<b>\n</div>\n\nfour": (5, "<b> has no partner"),
}


@pytest.mark.parametrize("text", IN_TEXT)
def test_html_of_the_text_that_would_break_the_page_is_told_at_its_line(text):
    line, words = IN_TEXT[text]
    with pytest.raises(PostError) as caught:
        check_html(parse_post(text, "p.md"))
    assert caught.value.line == line
    assert caught.value.found.endswith(f": {words}")


@pytest.mark.parametrize(
    "text",
    [
        "a <b>b</b> <br> c <img alt='' src='x.png'> &lt;div&gt; `<div>`\n\n```python\n'<div>'\n```\n\n$a<b$\n",
        "<details>\n<summary>s</summary>\n\n*text*\n\n</details>\n\nx <div>block in a line</div>\n",
        "<!-- one\n\ntwo <div> --> <span title='>'>x</span>\n\n<svg viewBox='0 0 1 1'><g/></svg>\n",
        '<div markdown="1">\n*a*\n\n| a |\n|---|\n| <sub>b</sub> |\n</div>\n\n<p>one\n<p>two\n',
    ],
)
def test_html_of_the_text_that_stays_inside_is_left_alone(text):
    check_html(parse_post(text, "p.md"))
