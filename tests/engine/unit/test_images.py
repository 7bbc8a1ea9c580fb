"""The size of a picture: what its own element says, not what stands first in it."""

import pytest

from executable_posts.html.images import pixel_size

RECT = "<rect width='7' height='5'/>"


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ("viewBox='0 0 60 40'", (60, 40)),
        ("viewBox='0,0,60.4,40'", (60, 40)),
        ("width='30' height='20' viewBox='0 0 60 40'", (30, 20)),
        ("width='30px' viewBox='0 0 60 40'", (30, 20)),
        ("height='20' viewBox='0 0 60 40'", (30, 20)),
        ("width='100%' height='100%' viewBox='0 0 60 40'", (60, 40)),
        ("width='100%' height='20' viewBox='0 0 60 40'", (30, 20)),
        ("width='3pt' height='1in'", (4, 96)),
        ("width='2.54cm' height='25.4mm'", (96, 96)),
        ("width='10em' height='2em'", None),
        ("width='9'", None),
        ("", None),
        ("viewBox='0 0 0 40'", None),
        ("viewBox='none'", None),
    ],
)
def test_an_svg_is_as_large_as_its_own_element_says(attributes, size):
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' {attributes}>{RECT}</svg>"
    assert pixel_size(svg.encode()) == size
    assert pixel_size(f"<?xml version='1.0'?><!-- {RECT} -->{svg}".encode()) == size


def test_what_is_no_picture_has_no_size(tmp_path):
    assert pixel_size(b"<svg") is None
    assert pixel_size(b"") is None
    assert pixel_size(b"<html><svg width='3' height='3'/></html>") is None
    assert pixel_size(tmp_path / "gone.svg") is None
