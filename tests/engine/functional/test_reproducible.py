"""Clean builds of a site in which nothing is measured give the same bytes, whatever ran at once."""

from __future__ import annotations

import re

POST = """```python name="set-up" tags=["remove-cell"]
%load_ext executable_posts
%matplotlib inline
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
```

Some words, **bold** ones too.[^note]

```python caption="A curve." name="curve" tags=["hide-input"]
figure, axes = plt.subplots()
axes.plot([1, 2, 3], [NUMBER, 4, 9], label="squares")
axes.legend();
```

```python name="set"
print({"a", "b", "c", "d", "e"}, hash("x"))
names = {word: len(word) for word in {"margherita", "calzone", "marinara"}}
names
```

```c++ name="program" magic_args="-std=c++17"
#include <cstdio>
int main() { std::printf("%d\\n", NUMBER); std::fprintf(stderr, "and that\\n"); }
```

```bash name="shell"
echo "$((NUMBER * 2))"
```

There are {eval}`len(names)` of them, the longest of {eval}`max(names.values())` letters.

[^note]: A note with {eval}`NUMBER`.
"""


def test_clean_builds_give_the_same_bytes(blog):
    blog.cold = True  # a process has a seed of its own
    header = "---\ntitle: Post {0}\ndate: 2026-01-0{0}\nmodified: 2026-02-01\nslug: post-{0}\ntags: a\nsummary: S.\n---\n\n"
    settings = blog.root / "pyproject.toml"
    usual = settings.read_text()
    for number in (1, 2):
        blog.write(POST.replace("NUMBER", str(number)), f"post-{number}.md", header.format(number))
    sites = []
    for jobs in (1, 2, 2):
        settings.write_text(usual + f"jobs = {jobs}\n")
        done = blog.html(CACHE="off", SITEURL="https://example.org")
        assert done.returncode == 0, done.stdout + done.stderr
        page = blog.output()["post-1/index.html"]
        assert _without_times(page) != page, "the one thing that is overlooked is there"
        sites.append({name: _without_times(data) for name, data in blog.output().items()})
    one, *others = sites
    for other in others:
        assert one.keys() == other.keys()
        assert {name for name in one if one[name] != other[name]} == set()
    assert sum(name.endswith(".svg") for name in one) >= 2
    assert any(name.endswith(".ipynb") for name in one)


def _without_times(data: bytes) -> bytes:
    """Leave out when the blocks ran and for how long, which is said on purpose."""
    return re.sub(rb"executed on \d{4}-\d\d-\d\d in \d+ s", b"executed", data)
