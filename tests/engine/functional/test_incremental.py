"""Only what an edit reaches runs, in the real kernel, and the page is the one of a clean run."""

from __future__ import annotations

import pytest

from executable_posts.config import Config
from executable_posts.errors import PostError
from executable_posts.reading.post import parse
from executable_posts.running.execute import Progress
from executable_posts.site.build import Site

pytestmark = pytest.mark.usefixtures("warm_kernels")

TEXT = """\
Hello.

```python name="numbers"
import kept
from pathlib import Path

numbers = [1, 2]
alias = numbers
```

It is {eval}`len(numbers)`.

```python name="grow"
alias.append(3)
print(numbers)
```

```python name="file"
print(Path("data.txt").read_text())
```

```python name="module"
print(kept.answer())
```

```bash name="shell"
echo hello
```

```python name="variable"
import os
print(os.environ.get("LUNCH", "none"))
```

```python name="alone"
print("alone")
```
"""


class Ran(Progress):
    """Note the names of the blocks that run, and what else is said."""

    def __init__(self):
        self.names, self.notes = [], []

    def block(self, post, block):
        self.names.append(block.name)

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def blog(tmp_path, monkeypatch):
    (tmp_path / "kept.py").write_text("def answer():\n    return 42\n")
    (tmp_path / "data.txt").write_text("one")
    monkeypatch.delenv("LUNCH", raising=False)
    monkeypatch.delenv(
        "PYTHONDONTWRITEBYTECODE", raising=False
    )  # the first import makes a folder, in nobody's way

    def run(text=TEXT, use_recorded=True):
        heard = Ran()
        site = Site(Config(root=tmp_path, incremental=True), use_recorded, heard)
        executed = site.execute(parse(text, "post.md"))
        said = ["".join(o.get("text", "") for o in r.outputs) for r in executed.results]
        run.said = [*said, *executed.values]
        run.notes = heard.notes
        return heard.names

    run.root = tmp_path
    assert len(run()) == 7
    return run


EVERYTHING = ["numbers", "grow", "file", "module", "shell", "variable", "alone"]


def same_as_clean(blog, text=TEXT):
    seen = blog.said
    assert blog(text, use_recorded=False) == [n for n in EVERYTHING if f'name="{n}"' in text]
    return seen == blog.said


def test_prose_runs_nothing(blog):
    assert blog(TEXT.replace("Hello.", "Good morning.\n\nAgain.")) == []


@pytest.mark.parametrize(
    ("old", "new", "runs"),
    [
        ('print("alone")', 'print("together")', ["alone"]),
        ("echo hello", "echo again", ["shell"]),
        ("append(3)", "append(4)", ["grow"]),
        ("kept.answer()", "kept.answer() + 1", ["module"]),
    ],
)
def test_an_edit_runs_what_it_reaches(blog, old, new, runs):
    text = TEXT.replace(old, new)
    assert blog(text) == runs
    assert same_as_clean(blog, text)


def test_what_shares_with_an_edited_value_runs_too(blog):
    text = TEXT.replace("numbers = [1, 2]", "numbers = [7]")
    assert {"numbers", "grow"} <= set(blog(text))
    assert blog.said[1] == "[7, 3]\n"
    assert "1" in blog.said[-1]
    assert same_as_clean(blog, text)


def test_a_file_a_module_and_a_variable_are_inputs(blog, monkeypatch):
    (blog.root / "data.txt").write_text("two")
    assert blog() == ["file"]
    assert blog.said[2] == "two\n"
    monkeypatch.setenv("LUNCH", "pizza")
    assert blog() == ["variable"]
    assert blog.said[5] == "pizza\n"
    (blog.root / "kept.py").write_text("def answer():\n    return 43\n")
    assert "module" in blog()
    assert blog.said[3] == "43\n"
    assert blog() == []


def test_a_failure_is_told_by_a_run_of_everything(blog):
    with pytest.raises(PostError) as caught:
        blog(TEXT.replace('print("alone")', "print(nothing)"))
    assert "NameError" in str(caught.value)
    assert blog() == []  # and nothing of it is recorded


def test_a_volatile_block_always_runs(blog):
    text = TEXT.replace('name="alone"', 'name="alone" tags=["volatile"]')
    blog(text)
    assert blog(text) == ["alone"]


def test_a_damaged_record_is_none(blog):
    (record,) = (blog.root / ".cache/executable_posts/records").iterdir()
    for damage in ("", "{", '{"version": 4}', record.read_text()[:-9], "[]"):
        record.write_text(damage)
        assert blog() == EVERYTHING


def test_what_varies_is_shown_from_one_run(blog):
    timed = '\n```python name="timed"\nimport time\nnow = time.perf_counter_ns()\nprint(now)\n```\n'
    text = TEXT + timed + '\n```python name="later"\nprint(now)\n```\n'
    blog(text)
    assert blog.said[-3] == blog.said[-2]
    blog(text.replace("print(now)\n```\n", "print(now, 1)\n```\n").replace("print(now, 1)", "print(now)", 1))
    assert blog.said[-3].strip() + " 1" == blog.said[-2].strip()


# So that few have to run, not most.
OTHERS = "".join(f'\n```python name="other{n}"\nprint({n})\n```\n' for n in range(9))

HANGS = """\
```python name="hangs"
import asyncio

async def bake(oven):
    await oven.wait()

oven = asyncio.Event()
hanging = asyncio.create_task(bake(oven))
await asyncio.sleep(0)
inner = hanging.get_coro().cr_await
print(inner.cr_code.co_name)
oven.set()
await hanging
```

```python name="asks"
print(inner is None)
```

```python name="two"
print(22)
```
"""


def test_what_lets_a_task_go_on_is_part_of_what_it_did(blog):
    text = HANGS + OTHERS
    blog(text)
    assert blog(text.replace("print(22)", "print(44)")) == ["two"]  # the task has ended, and ties nobody
    assert blog(text.replace("print(22)", "print(44)").replace("is None)", "is None, 1)")) == ["asks"]
    assert blog.said[0] == "wait\n"
    assert blog.said[1] == "False 1\n"
    assert not blog.notes


KEPT = """\
```c++ name="one" magic_args="-o one"
#include <cstdio>
int main() { std::puts("1"); }
```

```c++ name="two" magic_args="-o two"
#include <cstdio>
int main() { std::puts("2"); }
```

```python name="setup"
import subprocess
from executable_posts.authors import program

def said(name):
    return subprocess.run([program(name)], capture_output=True, text=True).stdout
```

```python name="first"
print(said("one"))
```

```python name="second"
print(said("two"))
```

```bash name="shell"
.cache/executable_posts/c++/named/two
```
"""


def test_a_kept_program_is_needed_by_who_starts_it(blog):
    text = KEPT + OTHERS
    blog(text)
    assert blog(text.replace('"1"', '"3"')) == ["one", "first", "shell"]  # a shell may start any
    assert blog.said[3] == "3\n\n"
    assert blog(text.replace('"1"', '"3"').replace('"2"', '"4"')) == ["two", "second", "shell"]
    assert blog.said[4:6] == ["4\n\n", "4\n"]
