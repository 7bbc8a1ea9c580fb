"""A site that was built again after an edit is the site that a clean build makes, file by file."""

from __future__ import annotations

import json
import re

POST = """Begin.

```python name="setup" tags=["remove-cell"]
%matplotlib inline
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
import time

heights = [1, 3, 2]
```

```python name="grow"
heights.append(4)
print(heights)
```

There are {eval}`len(heights)`.

```python caption="A line that goes up and down." name="fig-heights"
figure, axes = plt.subplots()
axes.plot(heights)
plt.show()
```

```python name="other"
print("other")
```

```c++ name="kept" magic_args="-o answer"
#include <cstdio>
int main() { std::puts("42"); }
```

```python name="asks"
import subprocess
from executable_posts.authors import program

print(subprocess.run([program("answer")], capture_output=True, text=True, check=True).stdout)
```

```bash name="file"
echo one > made.txt
```

```bash name="reads"
cat made.txt
```

```python name="last"
print(sum(heights))
```
"""
PAGE = "a-post/index.html"
PROVENANCE = re.compile(r'<p class="provenance">.*?</p>')


EDITS = [  # each of them on top of those before; how many blocks are shown anew, where it is the same on every system
    ("print(sum(heights))", "print(max(heights))", 1),
    ('"42"', '"43"', 2),
    ("echo one", "echo two", 2),
    ("axes.plot(heights)", "axes.plot(heights[::-1])", 1),
    ("heights.append(4)", "heights.append(6)", 3),
    ("Begin.", "Begin again.", None),
]


def published(blog, **env):
    """Build; return what is published but for how many blocks ran when."""
    blog.sync()
    done = blog.html(**env)
    assert done.returncode == 0, done.stderr
    found = {name: content for name, content in blog.output().items() if not name.endswith(".xml")}
    (said,) = PROVENANCE.findall(found[PAGE].decode())
    return {name: without_times(name, content.decode("latin-1")) for name, content in found.items()}, said


def without_times(name, text):
    """Leave out what two clean runs do not share either: when blocks ran, and the ids and dates in matplotlib's own SVG."""
    if name.endswith(".html"):
        return PROVENANCE.sub("", text)
    if not name.endswith(".ipynb"):
        return text
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("image/svg+xml", None)
    return json.dumps(notebook)


def test_an_edited_site_is_the_clean_one(blog):
    settings = blog.root / "pyproject.toml"
    settings.write_text(settings.read_text() + "incremental = true\n")
    text = POST
    blog.write(text)
    _, said = published(blog)
    assert re.search(r"9 blocks executed on \d{4}-\d\d-\d\d in \d+ s:", said)
    for old, new, ran in EDITS:
        assert old in text
        text = text.replace(old, new)
        blog.write(text)
        now, said = published(blog)
        told = re.search(
            r"9 blocks, (\d) of them executed on \S+ in \d+ s, (\d) carried from runs since \d{4}-\d\d-\d\d:",
            said,
        )
        assert told, said
        assert int(told[1]) + int(told[2]) == 9
        assert ran is None or int(told[1]) == ran, old
    assert "Begin again." in now[PAGE]
    clean, said = published(blog, CACHE="off")
    assert "9 blocks executed on" in said
    assert now.keys() == clean.keys()
    assert [name for name in now if now[name] != clean[name]] == []
