"""Go once through what every build does with a post, in memory: what is imported late or compiled at its first use is then there."""

from __future__ import annotations

from ..changes import recording
from ..html.render import render
from ..notebooks.downloads import downloads
from ..reading.post import parse
from ..running.execute import Executed
from ..running.kernel import Result
from ..site.transcript import transcript

TEXT = """---
title: Warm
---

# A heading

Words, *more* words, `code`, [a link](https://example.org), and a note.[^n]

- a list

| a | table |
| --- | --- |
| 1 | 2 |

$x^2$

!!! note "A box"
    With text.

```python name="first"
def f(x: int = 1) -> str:
    return f"{x} of 'two'"  # (1) a step
```

It is {eval}`f(1)`.

```c++
int main() { return 0; }
```

```bash
echo "$HOME"
```

```text
shown
```

[^n]: The note.
"""


def warm() -> None:
    """Render a post of every common form; nothing is run or written."""
    post = parse(TEXT, "warm.md")
    said = [{"output_type": "stream", "name": "stdout", "text": "1 \x1b[31mred\x1b[0m\n"}]
    executed = Executed([Result(outputs=said) for _ in post.blocks], ["1"], True, "2026-01-01T00:00", 1.0)
    fragment = render(post, executed)
    downloads(post, executed)
    transcript(post, executed, fragment.charts)
    recording.files(post, executed, fragment.charts)
