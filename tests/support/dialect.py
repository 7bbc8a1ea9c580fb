"""What the tests of the dialect share: a page of a text, and the fault of one."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from executable_posts.errors import PostError
from executable_posts.html.maths import check_formulas
from executable_posts.html.render import render
from executable_posts.reading.post import parse
from executable_posts.running.execute import Executed


def fault(text, **kwargs):
    with pytest.raises(PostError) as caught:
        check_formulas(parse(text, "p.md", **kwargs))
    assert caught.value.mend
    return caught.value.line, caught.value.found


def page(text, values=(), **kwargs):
    post = parse(text, "p.md", Path("p.md"), **kwargs)
    return BeautifulSoup(render(post, Executed([], list(values), False, "", 0.0)).html, "html.parser")
