"""The manual: nothing without a text, nothing left out, and a section that its pages and the site's menu lead to."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

import pytest
from bs4 import BeautifulSoup

from executable_posts import languages
from executable_posts.config import DIALECT, Config
from executable_posts.config import load as load_settings
from executable_posts.errors import PostError
from executable_posts.reading.fences import ATTRIBUTES, TAGS
from executable_posts.reading.post import read
from manual import commands, documented, reference
from manual.small_posts import Shown, told
from support.blog import ROOT

FOLDER = ROOT / "content" / "pages" / "manual"
PAGES = sorted(FOLDER.glob("*.md"))


def source(name: str) -> str:
    return (FOLDER / f"{name}.md").read_text(encoding="utf-8")


def names(table) -> list[str]:
    """List what stands in the first column of a table."""
    return [re.sub(r"<[^>]+>", "", row[0]) for row in table.rows]


def test_the_tables_hold_everything():
    assert names(reference.settings()) == [f.name for f in fields(Config) if f.name not in ("root", "found")]
    assert names(reference.tags()) == list(TAGS)
    assert names(reference.attributes()) == list(ATTRIBUTES)
    assert names(reference.extensions()) == list(DIALECT)
    assert names(reference.running_languages()) == list(languages.names())


@pytest.mark.parametrize(
    "make", [reference.settings, reference.tags, reference.attributes, reference.extensions]
)
def test_every_row_says_something(make):
    for row in make().rows:
        assert all(len(re.sub(r"<[^>]+>", "", cell).strip()) > 1 for cell in row), row


def test_every_command_and_argument_is_told():
    assert list(commands.commands()) == [
        name.removeprefix("executable-posts ") for name in names(commands.overview())
    ]
    for name, parser in commands.commands().items():
        page = BeautifulSoup(commands.command(name)._repr_html_(), "html.parser").get_text()
        for action in commands.arguments(parser):
            for option in action.option_strings:
                assert option in page, f"{name} {option}"
    assert names(commands.exit_codes()) == ["0", "1", "2", "130"]


def test_the_reference_has_a_place_for_every_command():
    shown = re.findall(r'^commands\.command\("(.+)"\)$', source("reference"), re.MULTILINE)
    assert shown == list(commands.commands())
    for name in shown:
        assert f"\n### {name}\n" in source("reference")


def test_the_reference_shows_every_table():
    called = set(re.findall(r"\breference\.(\w+)\(", source("reference")))
    public = {
        name
        for name, made in vars(reference).items()
        if callable(made) and getattr(made, "__module__", "") == reference.__name__ and name[0] != "_"
    }
    assert called == public


@dataclass
class Half:
    """Hold two things. told: the first, of which something is said."""

    told: int = 0
    silent: int = 0


@dataclass
class Whole:
    """Hold three. one, other: two that are told
    at once; third: ``third: x``, in code, begins no field. Raise nothing."""

    one: int = 0
    other: int = 0
    third: int = 0


def test_a_field_without_a_text_is_an_error():
    with pytest.raises(LookupError, match="nothing is said of silent in the docstring of Half"):
        documented.told_fields(Half)
    assert documented.told_fields(Half, but=("silent",)) == {"told": "The first, of which something is said."}


def test_fields_are_told_one_by_one_or_together():
    told = documented.told_fields(Whole)
    assert told["one"] == told["other"] == "Two that are told at once."
    assert told["third"] == "``third: x``, in code, begins no field. Raise nothing."


@pytest.mark.parametrize("table", ["TAGS", "ATTRIBUTES", "DIALECT"])
def test_a_name_without_a_text_is_an_error(monkeypatch, table):
    make = {"TAGS": reference.tags, "ATTRIBUTES": reference.attributes, "DIALECT": reference.extensions}[
        table
    ]
    monkeypatch.setattr(reference, table, {**getattr(reference, table), "new-one": " "})
    with pytest.raises(LookupError, match="new-one"):
        make()


def test_a_command_without_a_text_is_an_error(monkeypatch):
    parser = commands.parser()
    inner = commands._inner(parser)
    inner.add_parser("silent").add_argument("--quiet")
    monkeypatch.setattr(commands, "parser", lambda: parser)
    with pytest.raises(LookupError, match="silent"):
        commands.overview()
    with pytest.raises(LookupError, match="silent has no description"):
        commands.command("silent")._repr_html_()
    inner.choices["silent"].description = "Says something."
    with pytest.raises(LookupError, match="silent: --quiet QUIET has no help"):
        commands.command("silent")._repr_html_()
    inner.choices["new"]._subparsers._group_actions[0].add_parser("castle")
    with pytest.raises(LookupError, match="new does not tell what castle is"):
        commands.command("new")._repr_html_()


def test_an_example_of_a_fault_must_be_one():
    assert "post.md:3: " in told("One.\n\n[Two](two.md)\n")
    with pytest.raises(LookupError):
        told("Nothing wrong here.\n")
    with pytest.raises(PostError):
        Shown("[TOC]\n")
    assert "<math" in Shown("It is $x^2$.\n")._repr_html_()


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_what_the_pages_do_not_run_has_a_reason(path):
    """Installing, and serving without end, are all that a page may leave to the reader."""
    settings = load_settings(ROOT)
    post = read(path, settings.label(path), settings.data_languages)
    assert post.header["section"] == "The manual"
    left = re.findall(r"^```\{\.(\w+) \.noeval[^\n]*\n(.*?)^```$", path.read_text(), re.DOTALL | re.MULTILINE)
    for _, code in left:
        assert "pip install" in code or code.strip() == "executable-posts serve", code
    assert not re.search(r"^```console", path.read_text(), re.MULTILINE)
    for block in post.blocks:
        assert not re.search(r"\b(pip|npm|curl|wget)\b", block.source), block.name


def test_the_parts_of_the_manual_are_in_order():
    parts = {int(re.search(r"^part: (\d)$", p.read_text(), re.MULTILINE)[1]): p.stem for p in PAGES}
    assert [parts[n] for n in sorted(parts)] == ["tutorial", "moving", "reference", "how-it-works"]
    assert sorted(parts) == [1, 2, 3, 4]


def test_a_section_has_one_entry_in_the_menu_and_a_list_on_its_pages(blog):
    for n, menu in ((2, ""), (1, "menu: Handbook\n"), (3, "")):
        blog.root.joinpath("content", "pages").mkdir(exist_ok=True)
        header = f"---\ntitle: Part {n}\ndate: 2026-01-0{n}\nslug: part-{n}\nsection: The handbook\npart: {n}\n{menu}---\n\n"
        blog.write("## A heading\n\nWords.\n\n```python\n1\n```\n", f"pages/p{n}.md", header)
    blog.write(
        "Words.\n\n```python\n1\n```\n",
        "pages/alone.md",
        "---\ntitle: Alone\ndate: 2026-01-02\nslug: alone\n---\n\n",
    )
    done = blog.html()
    assert done.returncode == 0, done.stderr
    page = BeautifulSoup(blog.output()["part-2/index.html"], "html.parser")
    menu = [a.get_text() for a in page.select("header.site nav a")]
    assert menu[:2] == ["Alone", "Handbook"]
    assert not [text for text in menu if text.startswith("Part")]
    assert page.select_one("header.site nav a[aria-current]").get_text() == "Handbook"
    section = page.find("nav", attrs={"aria-label": "The handbook"})
    assert [a.get_text() for a in section.find_all("a")] == ["Part 1", "Part 2", "Part 3"]
    assert section.find(attrs={"aria-current": "page"}).get_text() == "Part 2"
    assert "A heading" in page.select_one("nav.toc").get_text()
    alone = BeautifulSoup(blog.output()["alone/index.html"], "html.parser")
    assert alone.find("nav", class_="section") is None
