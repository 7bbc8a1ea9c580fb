"""`why` tells the chain from a block that ran to what had changed."""

from __future__ import annotations

import pytest

from executable_posts.cli import main
from executable_posts.cli.why import _of_block, _of_post
from executable_posts.config import load
from executable_posts.errors import PostError
from executable_posts.running.account import Accounts
from executable_posts.site.build import Site

pytestmark = pytest.mark.usefixtures("warm_kernels")

POST = """\
---
title: A post
date: 2026-01-02
---

```python name="limit"
limit = 3
```

```python name="source"
import kept

numbers = list(range(limit))
```

There are {eval}`len(numbers)`.

```python name="sum"
total = sum(numbers)
print(total)
```

```python name="file"
print(open("data.txt").read())
```

```python name="answer"
print(kept.answer())
```

```python name="variable"
import os

print(os.environ.get("LUNCH", "none"))
```

```bash name="shell"
echo hello
```

```python name="alone"
print("alone")
```
"""


@pytest.fixture
def blog(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.executable_posts]\nposts = ["content"]\nincremental = true\n'
    )
    (tmp_path / "content").mkdir()
    (tmp_path / "kept.py").write_text("def answer():\n    return 42\n")
    (tmp_path / "data.txt").write_text("one")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CACHE", "on")  # `make test` runs everything anew
    monkeypatch.delenv("LUNCH", raising=False)

    def build(text=POST):
        path = tmp_path / "content" / "post.md"
        path.write_text(text)
        config = load()
        site = Site(config)
        site.execute(site.read(path))
        account = Accounts(config.cache_dir / "why").read("content/post.md")
        assert account is not None
        return account

    build.root = tmp_path
    build()
    return build


def chain(account, name):
    """Give what is told of a block, without its first line."""
    return [line.strip() for line in _of_block(account, name)[1:]]


def test_nothing_changed(blog, capsys):
    blog()
    assert main(["why", "content/post.md::alone"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("content/post.md::L41-alone was carried: what is shown of it is of 20")
    assert said[1:] == ["  because nothing that it depends on has changed since"]
    assert main(["why"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].endswith(": 8 carried")
    assert [line.split()[:2] for line in said[1:]] == [
        [name, "carried"]
        for name in (
            "L6-limit", "L10-source", "L18-sum", "L23-file", "L27-answer", "L31-variable", "L37-shell", "L41-alone",
        )
    ]  # fmt: skip


def test_the_chain_leads_to_the_text_that_changed(blog):
    account = blog(POST.replace("limit = 3", "limit = 4"))
    assert chain(account, "sum") == [
        "because line 19 depends on `numbers`, which line 13 gives",
        "line 13 depends on `limit`, which line 7 gives",
        "line 7: its text is new, or has changed",
    ]
    assert _of_block(account, "L16")[0] == "content/post.md::L16-value ran for the last build"
    lines = _of_post(account)
    assert lines[0].endswith(": 3 ran, 5 carried")
    assert "  L6-limit                     ran      line 7: its text is new, or has changed" in lines
    assert (
        "  L16-value                    ran      line 16 depends on `numbers`, which line 13 gives" in lines
    )


def test_who_only_helps_says_whom(blog):
    account = blog(POST.replace("print(total)", "print(total, 1)"))
    assert _of_block(account, "sum")[0] == "content/post.md::L18-sum ran for the last build"
    assert _of_block(account, "source")[0].startswith(
        "content/post.md::L10-source helped: parts of it ran; what is shown of it is of 20"
    )
    assert chain(account, "source") == [
        "because line 13 ran because line 19 needs it",
        "line 20: its text is new, or has changed",
    ]


def test_files_modules_variables_and_tags_are_named(blog, monkeypatch):
    (blog.root / "data.txt").write_text("two")
    assert chain(blog(), "file") == ["because line 24: the file data.txt has changed, or is gone"]
    monkeypatch.setenv("LUNCH", "pizza")
    assert chain(blog(), "variable") == [
        "because line 34: the environment variable LUNCH has changed, or is gone"
    ]
    (blog.root / "kept.py").write_text("def answer():\n    return 43\n")
    assert chain(blog(), "answer") == ["because line 28: kept.py has changed, or what it imports"]
    assert chain(blog(POST.replace('name="alone"', 'name="alone" tags=["volatile"]')), "alone") == [
        "because line 42: its block is tagged volatile"
    ]
    assert chain(blog(POST.replace("echo hello", "echo again")), "shell") == [
        "because line 38: its text is new, or has changed"
    ]


def test_a_first_build_and_another_engine_are_reasons(blog, monkeypatch):
    (record,) = (blog.root / ".cache/executable_posts/records").iterdir()
    record.unlink()
    assert chain(blog(), "alone") == ["because line 42: nothing was recorded of the post"]
    monkeypatch.setenv("CXX", "another")
    assert chain(blog(), "alone") == [
        "because line 42: the engine, Python, the system or a file that `inputs` names has changed"
    ]


def test_what_cannot_be_told_is_said_with_a_mend(blog, capsys):
    assert main(["why", "content/post.md::nonsense"]) == 1
    assert "has no block 'nonsense'" in capsys.readouterr().err
    (blog.root / "content/other.md").write_text(POST)
    assert main(["why", "content/other.md"]) == 1
    assert "no build of this post has told why\n  mend: build the site" in capsys.readouterr().err
    (blog.root / "content/post.md").write_text(POST.replace("hello", "hallo"))
    assert main(["why", "content/post.md::L20"]) == 0
    said = capsys.readouterr()
    assert "lines are of then" in said.err
    assert said.out.startswith("content/post.md::L18-sum ")
    (blog.root / "pyproject.toml").write_text('[tool.executable_posts]\nposts = ["content"]\n')
    with pytest.raises(PostError):
        load().fault("x", "y", "z")
    assert main(["why"]) == 1
    assert "incremental is off" in capsys.readouterr().err
