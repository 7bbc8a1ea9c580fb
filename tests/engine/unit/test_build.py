"""What is said about a post besides its text."""

from __future__ import annotations

import pytest

from executable_posts.reading.post import parse
from executable_posts.site.build import WORDS_A_MINUTE, reading_minutes

HEADER = "---\ntitle: T\n---\n\n"
MINUTE = "word " * WORDS_A_MINUTE + "\n"


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("short\n", 1),
        (MINUTE * 3, 3),
        (MINUTE * 2 + "\n```python\n" + "x = 1\n" * 2000 + "```\n\n" + MINUTE, 3),
        (MINUTE + "\n| a | b |\n|---|---|\n" + "| c | d |\n" * 500, 1),
        (MINUTE + "\n<!-- " + MINUTE * 9 + "-->\n", 1),
    ],
)
def test_only_prose_is_counted_as_reading(text, minutes):
    assert reading_minutes(parse(HEADER + text, "p.md")) == minutes
