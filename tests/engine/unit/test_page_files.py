"""The reader's page: sheets that lose only what browsers skip, and elements put where any page has room for them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from executable_posts import page
from executable_posts.page.scripts import nests_templates, smaller_script
from support.blog import ROOT

SHEETS = [
    *sorted((ROOT / "code/executable-posts/executable_posts/page/css").glob("*.css")),
    ROOT / "code/theme/static/css/style.css",
    ROOT / "code/theme/static/css/explorables.css",
]


def selectors(css: str) -> list[str]:
    """Return every selector of a sheet, spaces only where they mean something."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = [s.strip() for s in re.findall(r"([^{};]+)\{", css)]
    found = [re.sub(r"\s*([>+~,(])\s*|\s+(?=\))", lambda m: m[1] or "", s) for s in found]
    return [re.sub(r"\s+", " ", s).replace(" *:", " :") for s in found]


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda p: p.name)
def test_a_smaller_sheet_has_the_same_selectors(sheet):
    css = sheet.read_text(encoding="utf-8")
    rules = [s for s in selectors(css) if not s.startswith("@")]
    assert len(rules) > 8
    assert rules == [s for s in selectors(page.smaller(css)) if not s.startswith("@")]
    assert len(page.smaller(css)) < len(css)


def test_what_is_within_strings_stays():
    assert page.smaller('a { content: "x  :y /* z */" } /* b :c */ d :hover e { f: g }') == (
        'a{content:"x  :y /* z */"}d *:hover e{f:g}'
    )


def test_the_whole_sheet_is_in_force_only_inside_our_element():
    css = page.whole_sheet()
    assert css.startswith(".executable-post{")
    depth = 1
    for place, sign in enumerate(css[len(".executable-post{") :]):
        assert depth, css[place : place + 60]
        depth += {"{": 1, "}": -1}.get(sign, 0)
    assert depth == 0
    names = set(re.findall(r"var\((--[\w-]+)", css))
    assert names <= set(re.findall(r"(--[\w-]+):", css)), "every property it uses has a value"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<html><head><title>x</title></head><body>", "<html><head><title>x</title>T</head><body>"),
        ("<HTML><HEAD></HEAD ><BODY>", "<HTML><HEAD>T</HEAD ><BODY>"),
        ("<title>x</title><!-- </head> --><body class=a>", "<title>x</title><!-- </head> -->T<body class=a>"),
        ('<p>a<div class="executable-post">', '<p>aT<div class="executable-post">'),
        ("<p>nothing of ours", "<p>nothing of ours"),
    ],
)
def test_the_head_is_found(before, after):
    assert page.into_head(before, "T") == after


def test_a_body_is_wrapped_for_a_page_and_unwrapped_for_a_feed():
    body = "<p>a</p><script>b()</script><div>c</div>"
    assert page.unwrapped(page.wrapped(body)) == "<p>a</p><div>c</div>"
    assert page.unwrapped("<div>c</div><SCRIPT src=x></SCRIPT>") == "<div>c</div>"
    assert page.unwrapped("<p>a</p><script>never closed") == "<p>a</p>"
    elsewhere = (
        '<details class="run-elsewhere"><summary>Runs on your machine</summary><pre>make</pre></details>'
    )
    assert page.unwrapped(f"<details>kept</details>{elsewhere}<p>b</p>") == "<details>kept</details><p>b</p>"


@pytest.mark.parametrize(
    ("name", "base"), [("a.html", "executable-posts"), ("a/b/index.html", "../../executable-posts")]
)
def test_the_way_to_the_files_is_relative(name, base):
    assert page.way(Path("/out", name), Path("/out")) == base


def test_addresses_are_escaped():
    assert 'href="a&amp;b&quot;/page.css"' in page.head_tags('a&b"', "r", "b")
    assert "python-runtime" not in page.head_tags("a", "", "b")
    text = page.listing_page({"title": "<x>", "html": "<b>y</b>"}, "..", "de")
    assert "<h1>&lt;x&gt;</h1>\n<b>y</b>" in text
    assert '<html lang="de">' in text


@pytest.mark.parametrize(
    ("script", "nested"),
    [
        ("`a ${b ? `c ` : 'd'} e`", True),
        ("`a ${f({b: 1}, `c`)} e`", True),
        ("`a ${{b: 1}.b} e` + `f`", False),
        ("'`' + \"`\" + `it's ${x} \\` \\${` // `${`", False),
        ("if (a) { b = `c`; } else { d = `${e}`; } /* `${ ` */", False),
    ],
)
def test_a_template_in_a_template_is_noticed(script, nested):
    assert nests_templates(script) is nested
    if nested:
        assert smaller_script(script) == script


SCRIPTS = [
    *ROOT.glob("code/executable-posts/executable_posts/page/js/*.js"),
    *ROOT.glob("code/theme/static/js/**/*.js"),
]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_a_smaller_script_says_the_same_words(script):
    text = script.read_text(encoding="utf-8")
    code = re.sub(r"^\s*(//|/\*\*?|\*).*$", "", text, flags=re.MULTILINE)
    smaller = smaller_script(text)
    words = re.findall(r"\"(?:\\.|[^\"\\\n])*\"", code) + re.findall(r"`[^`$]*`", code)
    words += [
        piece
        for literal in re.findall(r"`[^`]*`", code)
        for piece in re.findall(r"[^{}`$]+", literal)
        if " " in piece.strip()
    ]
    texts = [w for w in words if not re.search(r"[?:=(){}\n]", w)]
    assert [w for w in texts if w not in smaller] == []
    assert len(smaller) <= len(text)
