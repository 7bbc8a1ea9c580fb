"""What a page's policy would block is found in outputs and prose, and allowed by the settings."""

from __future__ import annotations

import base64
import hashlib

import pytest

from executable_posts.errors import PostError
from executable_posts.html.loads import Load, loads
from executable_posts.html.policy import ALLOWABLE, STRICT, Policy, inline_hashes
from executable_posts.reading.dialect import markdown
from support.blog import ROOT

BLOCKED = {
    '<img alt="" src="https://example.net/a.png">': ("img-src", "https://example.net"),
    '<picture><source srcset="a.png 1x, //cdn.example.net/b.png 2x"><img src="a.png"></picture>': (
        "img-src",
        "https://cdn.example.net",
    ),
    '<video poster="http://example.net/p.jpg"></video>': ("img-src", "http://example.net"),
    '<audio controls><source src="data:audio/mpeg;base64,AA"></audio>': ("media-src", "data:"),
    '<video src="blob:x"></video>': ("media-src", "blob:"),
    '<script src="https://cdn.plot.ly/plotly.js"></script>': ("script-src", "https://cdn.plot.ly"),
    "<script>load(['https://unpkg.com/leaflet'])</script>": ("script-src", "https://unpkg.com"),
    "<script>vegaEmbed('#x', spec)</script>": ("script-src", "'unsafe-eval'"),
    '<link rel="stylesheet" href="https://example.net/x.css">': ("style-src", "https://example.net"),
    '<p style="background: url(https://example.net/x.png)">x</p>': ("img-src", "https://example.net"),
    "<style>@font-face { src: url('https://example.net/x.woff2') }</style>": (
        "font-src",
        "https://example.net",
    ),
    "<style>@import 'https://example.net/x.css';</style>": ("style-src", "https://example.net"),
    '<iframe src="https://www.youtube.com/embed/x"></iframe>': ("frame-src", "https://www.youtube.com"),
    '<iframe srcdoc="&lt;img src=https://example.net/x&gt;"></iframe>': ("img-src", "https://example.net"),
    '<object data="report.pdf"></object>': ("object-src", "'self'"),
    '<form action="https://example.net/search"></form>': ("form-action", "https://example.net"),
    '<base href="/">': ("base-uri", "'self'"),
    '<svg><image href="https://example.net/a.png"/></svg>': ("img-src", "https://example.net"),
    '<svg><use xlink:href="https://example.net/a.svg#b"/></svg>': ("img-src", "https://example.net"),
    '<svg><rect fill="url(https://example.net/a#b)"/></svg>': ("img-src", "https://example.net"),
    '<svg><script href="https://example.net/a.js"></script></svg>': ("script-src", "https://example.net"),
    '<button formaction="https://example.net/x">go</button>': ("form-action", "https://example.net"),
    '<table background="https://example.net/x.png"></table>': ("img-src", "https://example.net"),
    '<link rel="modulepreload" href="https://example.net/x.js">': ("script-src", "https://example.net"),
    '<link rel="preload" as="font" href="https://example.net/x">': ("font-src", "https://example.net"),
    '<link rel="manifest" href="https://example.net/x">': ("manifest-src", "https://example.net"),
    "<style>b{background:image-set('https://example.net/a.png' 1x)}</style>": (
        "img-src",
        "https://example.net",
    ),
    "<script>fetch('https://example.net/d.json')</script>": ("connect-src", "https://example.net"),
    "<script>new WebSocket('wss://example.net/d')</script>": ("connect-src", "wss://example.net"),
    "<script>setTimeout('f()', 10)</script>": ("script-src", "'unsafe-eval'"),
}


@pytest.mark.parametrize("html", BLOCKED)
def test_what_would_be_blocked_is_refused_with_the_setting_that_allows_it(html):
    directive, source = BLOCKED[html]
    with pytest.raises(PostError) as caught:
        Policy("strict").refuse("p.md", 7, html)
    assert caught.value.line == 7
    assert f'allow = ["{directive} {source}"]' in caught.value.mend
    Policy("strict", (f"{directive} {source}",)).refuse("p.md", 7, html)
    Policy("none").refuse("p.md", 7, html)


@pytest.mark.parametrize(
    "html",
    [
        '<img src="data:image/png;base64,AA"><img src="../images/x.png"><img src="{static}/images/x.png">',
        '<a href="https://example.net">a link loads nothing</a>',
        "<script>const schema = 'https://example.net/schema/v5.json'</script>",
        '<audio src="song.mp3"></audio><iframe src="x.html"></iframe><svg><use href="#a"/></svg>',
        '<link rel="license" href="https://example.net/">',
    ],
)
def test_what_is_the_page_s_own_is_left_alone(html):
    Policy("strict").refuse("p.md", 1, html)


@pytest.mark.parametrize(
    ("source", "address", "allowed"),
    [
        ("https:", "https://a.example/x", True),
        ("https:", "http://a.example/x", False),
        ("http:", "https://a.example/x", True),
        ("https://a.example", "https://a.example/x", True),
        ("https://a.example", "https://b.a.example/x", False),
        ("https://*.a.example", "https://b.a.example/x", True),
        ("https://*.a.example", "https://a.example/x", False),
        ("a.example", "https://a.example/x", True),
        ("https://a.example:8443", "https://a.example/x", False),
        ("https://a.example/lib/", "https://a.example/lib/x.js", True),
        ("https://a.example/lib/", "https://a.example/other.js", False),
        ("*", "https://a.example/x", True),
        ("*", "data:x", False),
        ("a.example", "http://a.example/x", True),
        ("https://a.example", "http://a.example/x", False),
        ("https://", "https://a.example/x", False),
        ("https://a.example:*", "https://a.example:8443/x", True),
        ("https://a.example:8443", "https://a.example:8443/x", True),
        ("https://a.example/x.js", "https://a.example/x.js", True),
        ("https://a.example/x.js", "https://a.example/x.js/y", False),
        ("a.example", "x.mp3", True),
        ("a.example", "data:x", False),
        ("*.a.example", "data:x", False),
        ("http:", "ftp://a.example/x", False),
        ("http://a.example", "https://a.example/x", True),
        ("http://a.example", "ftp://a.example/x", False),
    ],
)
def test_sources_match_as_browsers_match_them(source, address, allowed):
    assert Policy("strict", (f"media-src {source}",)).allows(Load("media-src", address)) is allowed


@pytest.mark.parametrize("allow", ["img-src", "image-src https:", "img-src https:;", 'img-src "x"', ""])
def test_an_allowance_that_is_not_understood_is_refused(allow):
    with pytest.raises(ValueError, match="allow|unpack|not enough"):
        Policy("strict", (allow,))


def test_a_policy_is_strict_or_none():
    with pytest.raises(ValueError, match="neither"):
        Policy("lax")
    assert Policy("none").allows(Load("object-src", "https://a.example/x")) is True
    assert Policy("strict").allows(Load("object-src", "x.pdf")) is False


def test_prose_is_refused_at_its_own_line():
    text = (
        "One\ntwo ![p](https://example.net/a.png)\n\n<div>\n<img src='https://example.net/b.png'>\n</div>\n"
    )
    with pytest.raises(PostError) as caught:
        Policy("strict").refuse_prose("p.md", markdown().parse(text))
    assert caught.value.line == 2
    with pytest.raises(PostError) as caught:
        Policy("strict").refuse_prose("p.md", markdown().parse(text.replace("![p]", "[p]")))
    assert caught.value.line == 5
    Policy("none").refuse_prose("p.md", markdown().parse(text))


def test_what_is_inline_is_named_and_what_is_allowed_is_added():
    found = Policy("strict", ("script-src https://a.example", "object-src 'self'")).sources(
        "<p onclick='f()' style='color:red'>x</p><script>1</script><iframe srcdoc='<style>b{}</style>'></iframe>"
    )
    assert found["object-src"] == "'self'"
    assert found["script-src"].startswith("https://a.example 'unsafe-hashes' 'sha256-")
    assert found["script-src"].count("sha256") == 2
    assert found["style-src"].count("sha256") == 2
    assert inline_hashes("<p>x</p>") == {}


def test_the_theme_s_policy_is_the_one_that_is_judged_by():
    macros = (ROOT / "code/theme/templates/_macros.html").read_text(encoding="utf-8")
    for directive, sources in STRICT.items():
        assert f"""'{directive}': "{" ".join(sources)}\"""" in macros
    assert set(STRICT) - {"default-src"} < set(ALLOWABLE)


def test_every_load_of_a_page_is_listed():
    assert [
        (load.directive, load.line)
        for load in loads("<p>\n<img src='a' srcset='b, c 2x'>\n<script src=d></script>")
    ] == [
        ("img-src", 1),
        ("img-src", 1),
        ("img-src", 1),
        ("script-src", 2),
    ]


def told(html: str) -> tuple[str, str]:
    with pytest.raises(PostError) as caught:
        Policy("strict").refuse("p.md", 7, html)
    return caught.value.found, caught.value.mend


def test_a_copy_is_proposed_of_what_can_be_copied():
    assert told('<img alt="" src="https://example.net/a.png">')[1].startswith(
        "put a copy into the site, or say allow"
    )
    assert told("<script>vegaEmbed('#x', spec)</script>")[1].startswith("say allow")


@pytest.mark.parametrize(("length", "shown"), [(99, 99), (100, 100), (4000, 100)])
def test_a_long_address_is_shown_in_part(length, shown):
    address = "https://example.net/".ljust(length, "a")
    found = told(f'<img alt="" src="{address}">')[0]
    assert found.endswith(address if length < 100 else address[:97] + "...")
    assert len(found.rpartition(" ")[2]) == shown


def test_html_within_a_sentence_is_prose_too():
    text = "One\ntwo <img alt='' src='https://example.net/a.png'> three\n"
    with pytest.raises(PostError, match="what this sentence needs") as caught:
        Policy("strict").refuse_prose("p.md", markdown().parse(text))
    assert caught.value.line == 2
    Policy("strict").refuse_prose(
        "p.md", markdown().parse("`<img src='https://example.net/a.png'>` is code\n")
    )


def named(*texts: str) -> list[str]:
    return sorted(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts
    )


@pytest.mark.parametrize(
    ("html", "hashes"),
    [
        ("<style>b{}</style>", {"style-src": named("b{}")}),
        ("<style>a>b{content:'ä &lt;'}</style>", {"style-src": named("a>b{content:'ä &lt;'}")}),
        ("<script>1 < 2</script><script src='x.js'></script>", {"script-src": named("1 < 2")}),
        ("<b style='color:red'>x</b>", {"style-src": ["'unsafe-hashes'", *named("color:red")]}),
        ("<b style='a:b'>x</b><style>b{}</style>", {"style-src": ["'unsafe-hashes'", *named("a:b", "b{}")]}),
        ("<b onclick='f(&quot;x&quot;)'>x</b>", {"script-src": ["'unsafe-hashes'", *named('f("x")')]}),
        ("<iframe srcdoc='&lt;script&gt;2&lt;/script&gt;'></iframe>", {"script-src": named("2")}),
        ("<style></style><b style>x</b><p>style</p>", {"style-src": named("")}),
        ("<b onclick>x</b>", {}),
        ("<p>x</p><script src='x.js'></script>", {}),
    ],
)
def test_what_is_inline_is_named_by_the_hash_that_a_browser_makes(html, hashes):
    assert inline_hashes(html) == {directive: " ".join(words) for directive, words in hashes.items()}
