"""Code shown in a post comes from where it lives, with its place."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from executable_posts.authors import show
from executable_posts.reading.fences import parse_info


def page(shown) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", shown._repr_mimebundle_()["text/html"]))


def test_a_function_is_shown_whole_with_its_place():
    shown = show(parse_info)
    lines = Path(parse_info.__code__.co_filename).read_text().split("\n")
    assert shown.text.split("\n")[0] == lines[int(shown.where.rsplit(":", 1)[1]) - 1]
    assert shown.where.startswith("code/executable-posts/executable_posts/reading/fences.py:")
    assert shown.text in page(shown)


def test_a_method_is_shown_without_its_indentation():
    assert show(TestOf.method).text.startswith("def method(self):\n    return 1")


class TestOf:
    __test__ = False

    def method(self):
        return 1


def test_a_file_and_a_part_of_one(tmp_path):
    path = tmp_path / "a.cpp"
    path.write_text("int a;\n\nint main() {}\n")

    @dataclass
    class Part:
        path: Path
        text: str

    assert show(path).text == "int a;\n\nint main() {}"
    part = show(Part(path, "int main() {}"))
    assert part.where.endswith("a.cpp:3")
    assert part.language == "c++"


def test_what_has_no_source_is_refused():
    with pytest.raises(TypeError):
        show(42)
