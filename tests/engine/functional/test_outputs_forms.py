"""The forms of an output: the best one is shown, in its size, or it is refused at its line."""

from __future__ import annotations

import base64
import struct
import zlib

import pytest

from executable_posts.errors import PostError
from executable_posts.html.cells import render_cells
from executable_posts.html.policy import Policy
from executable_posts.html.render import render
from executable_posts.reading.post import parse
from executable_posts.running.execute import Executed
from executable_posts.running.kernel import Result


def png(width: int, height: int) -> bytes:
    """Make a whole black PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" * (1 + width)) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def rendered(data: dict, metadata: dict | None = None, policy: Policy | None = None, fence: str = "") -> str:
    """Render one output of one block."""
    post = parse(f'```python name="fig-x" {fence}\nx\n```\n'.replace(" \n", "\n"), "content/p.md")
    output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
    (cell,), _, _ = render_cells(
        post, Executed([Result([output])], [], True, "", 0.0), {}, "", policy or Policy("strict")
    )
    return cell.partition("</code></pre></div>")[2]


SHOWN = {
    "latex": ({"text/latex": r"$\displaystyle \int_0^1 x\,dx$", "text/plain": "<Math object>"}, "<msubsup>"),
    "sympy": ({"text/latex": "$x^2$", "image/png": "AAAA", "text/plain": "x**2"}, "<msup>"),
    "a formula too hard": (
        {"text/latex": r"$\nosuch{x}$", "image/png": base64.b64encode(png(8, 4)).decode(), "text/plain": "x"},
        'width="8" height="4"',
    ),
    "gif": (
        {"image/gif": base64.b64encode(GIF).decode(), "text/plain": "<Image>"},
        'src="data:image/gif;base64,R0lG',
    ),
    "webp": ({"image/webp": "UklGRgAAAABXRUJQ", "text/plain": "<Image>"}, 'src="data:image/webp;base64,Ukl'),
    "json": ({"application/json": {"a": [1, "<b>"]}, "text/plain": "<JSON object>"}, "&lt;b&gt;"),
    "html before a picture": (
        {"text/html": "<b>html</b>", "image/png": "AAAA", "text/plain": "t"},
        "<b>html</b>",
    ),
    "markdown before a picture": (
        {"text/markdown": "**md**", "image/svg+xml": "<svg/>"},
        "<strong>md</strong>",
    ),
    "unknown with html": (
        {"application/vnd.vegalite.v5+json": {}, "text/html": "<i>chart</i>"},
        "<i>chart</i>",
    ),
    "the site's own": ({"text/html": "<img alt='' src='{static}/images/x.png'>"}, "{static}/images/x.png"),
    "plain": ({"text/plain": "<object>"}, "&lt;object&gt;"),
    "in lines": ({"text/html": ["<p>a", "b</p>"], "text/plain": "t"}, "<p>ab</p>"),
    "empty html": ({"text/html": "", "text/plain": "words"}, "words"),
    "a place for a script": ({"text/html": "<div id='x'></div>"}, "<div id='x'>"),
    "style alone": ({"text/html": "<style>b{}</style>"}, "<style>"),
    "a bitmap under another name": ({"image/jpeg": base64.b64encode(GIF).decode()}, "data:image/jpeg"),
    "notes of its own": ({"text/markdown": "a[^1]\n\n[^1]: b"}, 'id="fn-L2-1"'),
    "a link from the root": (
        {"text/html": "<a href='/x'>x</a> <a href='#y'>y</a> <a href='mailto:a@b.c'>z</a>"},
        "mailto",
    ),
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_best_form_is_shown(name):
    data, shown = SHOWN[name]
    page = rendered(data)
    assert shown in page
    assert page.count('class="cell-output') == 1


REFUSED = {
    "pdf": ({"application/pdf": "JVBERi0=", "text/plain": "<Figure>"}, "application/pdf", "SVG or PNG"),
    "widget": (
        {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "IntSlider()"},
        "widget",
        "kernel",
    ),
    "plotly": ({"application/vnd.plotly.v1+json": {"data": []}}, "plotly", "renderers"),
    "bokeh": (
        {"application/javascript": "1", "application/vnd.bokehjs_load.v0+json": ""},
        "javascript",
        "HTML(",
    ),
    "bokeh's own": (
        {"application/javascript": "1", "application/vnd.bokehjs_exec.v0+json": "x"},
        "bokehjs",
        "export_svg",
    ),
    "script": ({"application/javascript": "alert(1)", "text/plain": "<Javascript>"}, "javascript", "HTML("),
    "unheard of": (
        {"application/x-new": "?", "text/plain": "<New>"},
        "application/x-new",
        "file of the site",
    ),
    "nothing": ({}, "empty", "file of the site"),
    "latex": ({"text/latex": r"$\nosuch$", "text/plain": "x"}, "unknown command", "LaTeX"),
    "svg": ({"image/svg+xml": "<svg><g></svg>"}, "SVG", "well-formed"),
    "no base64": ({"image/png": "§§"}, "base64", "Image"),
    "comment": ({"text/html": "<p>x</p><!-- "}, "comment", "close every"),
    "out of its box": ({"text/html": "</div>x<div>"}, "</div> has no partner", "close every"),
    "markdown": ({"text/markdown": "<div>\n\nx"}, "<div> has no partner", "close every"),
    "remote": (
        {"text/html": "<img src='https://example.net/x.png'>"},
        "example.net",
        "img-src https://example.net",
    ),
    "relative": ({"text/html": "<video src='film.mp4' controls></video>"}, "film.mp4", "{static}/film.mp4"),
    "sound": ({"audio/wav": "UklGRg=="}, "data:audio/wav", "media-src data:"),
    "nothing but space": ({"text/html": " <!-- x --><p></p>"}, "nothing to see", "semicolon"),
    "empty Markdown": ({"text/markdown": " \n"}, "nothing to see", "semicolon"),
    "a name in angle brackets": (
        {"text/html": "", "text/plain": "<IPython.core.display.HTML object>"},
        "nothing to see: <IPython.core.display.HTML object>",
        "semicolon",
    ),
    "a figure's name": (
        {"text/plain": "<Figure size 640x480 with 1 Axes>"},
        "only its name would be shown",
        "%matplotlib inline",
    ),
    "no picture": ({"image/png": "AAAA"}, "no browser can read", "whole picture"),
    "half of a name": ({"image/webp": "UklGRgAA"}, "no browser can read", "whole picture"),
    "a link beside the page": ({"text/html": "<a href='x.csv'>x</a>"}, "links to x.csv", "{static}/x.csv"),
    "a link in Markdown": ({"text/markdown": "[x](y/z.csv)"}, "links to y/z.csv", "{static}/y/z.csv"),
    "a file of this machine": (
        {"text/html": "<a href='file:///home/x'>x</a>"},
        "of this machine",
        "{static}",
    ),
    "a drive": ({"text/html": r"<a href='C:\x'>x</a>"}, "of this machine", "{static}"),
    "a script as a link": (
        {"text/html": "<a href=' javascript:f()'>x</a>"},
        "javascript:f()",
        "<button onclick",
    ),
    "a script in a picture": (
        {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'><a href='javascript:f()'/></svg>"},
        "javascript:f()",
        "<button onclick",
    ),
    "a picture in a picture": (
        {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'><image href='x.png'/></svg>"},
        "loads x.png",
        "{static}/x.png",
    ),
    "a redirection": (
        {"text/html": "<meta http-equiv=refresh content=1>"},
        "speaks for the whole page",
        "close",
    ),
    "a wiki link": ({"text/markdown": "[[x]]"}, "a wiki link", "as the text of a post"),
    "a lost cell": ({"text/markdown": "|a|\n|-|\n|b|c|"}, "a row of 2 cells", "bar"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_reader_would_see_is_refused_at_its_line(name):
    data, found, mend = REFUSED[name]
    with pytest.raises(PostError) as caught:
        rendered(data)
    assert (caught.value.path, caught.value.line) == ("content/p.md", 2)
    assert found in caught.value.found
    assert mend in caught.value.mend


@pytest.mark.parametrize("tag", ["remove-output", "remove-cell"])
def test_what_is_not_shown_is_not_judged(tag):
    rendered({"application/pdf": "x"}, fence=f'tags=["{tag}"]')


def test_sound_is_played_where_it_is_allowed():
    page = rendered({"audio/wav": "UklGRg=="}, policy=Policy("strict", ("media-src data:",)))
    assert '<audio controls aria-label="fig-x" src="data:audio/wav;base64,UklGRg=="></audio>' in page


@pytest.mark.parametrize(
    ("metadata", "size"),
    [
        ({}, (60, 40)),
        ({"image/png": {"width": 30, "height": 20}}, (30, 20)),
        ({"image/png": {"width": 30}}, (30, 20)),
        ({"image/png": {"height": "20px"}}, (30, 20)),
        ({"width": 15, "height": 10}, (15, 10)),
        ({"image/png": {"width": "wide"}}, (60, 40)),
    ],
)
def test_a_picture_has_the_size_its_output_says(metadata, size):
    page = rendered({"image/png": base64.b64encode(png(60, 40)).decode()}, metadata)
    assert f'width="{size[0]}" height="{size[1]}"' in page


def test_a_drawing_has_the_size_its_output_says():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 40"/>'
    assert 'width="60" height="40"' in rendered({"image/svg+xml": svg})
    assert 'width="30" height="20"' in rendered({"image/svg+xml": svg}, {"image/svg+xml": {"width": 30}})


def test_notes_of_a_text_and_of_an_output_stay_apart():
    post = parse("A[^n].\n\n```python\nx\n```\n\n[^n]: the text's\n", "p.md")
    output = {
        "output_type": "display_data",
        "data": {"text/markdown": "B[^m]\n\n[^m]: the output's"},
        "metadata": {},
    }
    page = render(post, Executed([Result([output])], [], True, "", 0.0)).html
    assert 'id="fn1" role="note"' in page.partition("the text's")[0]
    assert 'id="fn-L4-1"' in page.partition("the output's")[0]
    assert page.count("the text's") == page.count("the output's") == 1
