"""Whole builds of small blogs with a fault in them: one error at its line, and the published site stays."""

from __future__ import annotations

import pytest

from executable_posts.config import Config
from executable_posts.errors import PostError
from executable_posts.site.build import Site
from support.blog import HEADER

BAD = {
    "python": ("```python\nx = 1\ny = x / 0  # here\n```", "# here", "ZeroDivisionError"),
    "python in a function": (
        "```python\ndef f(n):\n    return 1 / n  # here\n```\n\n```python\nf(0)  # there\n```",
        "# there",
        "ZeroDivisionError",
    ),
    "syntax": ("```python\nx = = 1  # here\n```", "# here", "SyntaxError"),
    "c++ compile": ("```c++\nint main() {\n  return oops;  // here\n}\n```", "// here", "does not compile"),
    "c++ run": ("```c++\nint main() { return 3; }  // here\n```", "// here", "returned 3"),
    "c++ signal": (
        "```c++\n#include <cstdlib>  // here\nint main() { std::abort(); }\n```",
        "// here",
        "SIGABRT",
    ),
    "bash": ("```bash\necho one\nfalse  # here\necho two\n```", "# here", "returned 1"),
    "bash function": ("```bash\nf() {\n  ls /nonexistent  # here\n}\nf\n```", "# here", "returned"),
    "hang": ("```python\nwhile True: pass  # here\n```", "# here", "still running after"),
    "c++ hang": (
        "```c++\nint main() { for (volatile int i = 0;;) i = i; }  // here\n```",
        "// here",
        "still running after",
    ),
    "kernel dies": ("```python\nimport os; os._exit(1)  # here\n```", "# here", "kernel died"),
    "no raise": ('```python tags=["raises-exception"]\nx = 1  # here\n```', "# here", "did not raise"),
    "eval": ("```python\nx = 1\n```\n\nprose {eval}`x / 0`", "prose {eval}", "raised ZeroDivisionError"),
    "eval hangs": (
        "```python\nx = 1\n```\n\nprose {eval}`__import__('time').sleep(60)`",
        "prose {eval}",
        "still running",
    ),
    "eval kills": (
        "```python\nx = 1\n```\n\nprose {eval}`__import__('os')._exit(3)`",
        "prose {eval}",
        "died",
    ),
    "flood": ("```python\nwhile True: print('x' * 1000)  # here\n```", "# here", "printed more than"),
    "c++ flood": (
        '```c++\n#include <cstdio>  // here\nint main() { for (;;) puts("x"); }\n```',
        "// here",
        "printed more",
    ),
    "broken html": (
        "```python\nfrom IPython.display import HTML  # here\nHTML('<div><b>x</b>')\n```",
        "# here",
        "<div> has no partner",
    ),
    "no svg": (
        '```python caption="c" name="n"\nfrom IPython.display import display  # here\n'
        "display({'image/svg+xml': 'nonsense'}, raw=True)\n```",
        "# here",
        "no <svg> element",
    ),
    "cell magic": ("```python\n%%time\nx = 1\n```", "%%time", "cell magic %%time"),
    "relative link": ("[x](other.md)\n\n```python\n1\n```", "other.md", "write {filename}other.md"),
    "raw image": (
        '<img src="{static}/images/no.svg" alt="x">\n\n```python\n1\n```',
        "no.svg",
        "there is no file",
    ),
    "picture": (
        "```python\nfrom IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')\n```",
        "```python",
        "without a text alternative",
    ),
    "image": (
        "![x]({static}/images/nope.svg)\n\n```python\nx = 1\n```",
        "nope.svg",
        "there is no file images/nope.svg",
    ),
    "post link": (
        "[x]({filename}nope.md)\n\n```python\nx = 1\n```",
        "nope.md",
        "there is no file content/nope.md",
    ),
    "fragment": ("[x](#nope)\n\n```python\nx = 1\n```", "#nope", "nothing on the page has that name"),
    "language": ("```py\nx\n```", "```py", "write 'python'"),
    "nested": ("- a\n\n  ```python\n  x\n  ```", "  ```python", "indented or nested"),
}


WHOLE_WAY = ("python", "c++ compile", "hang", "eval", "image", "language")


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_error_with_its_line(blog, case):
    body, marker, words = BAD[case]
    path = blog.write("Fine.\n\n" + body + "\n")
    with pytest.raises(PostError) as caught:
        Site(Config(root=blog.root, timeout=3)).publish(path)
    error = caught.value
    assert (error.path, error.line) == ("content/post.md", blog.line_of(marker)), str(error)
    assert words in str(error)
    assert error.mend


def test_a_block_may_be_given_a_part_of_a_second(blog):
    path = blog.write("```python\nwhile True:\n    pass\n```\n")
    with pytest.raises(PostError, match=r"still running after 0\.5 s"):
        Site(Config(root=blog.root, timeout=0.5)).publish(path)


@pytest.mark.parametrize("case", WHOLE_WAY)
def test_bad_input_leaves_the_published_site_as_it_was(blog, case):
    body, marker, words = BAD[case]
    (blog.root / "pyproject.toml").write_text('[tool.executable_posts]\nposts = ["content"]\ntimeout = 3\n')
    (blog.root / "output").mkdir()
    (blog.root / "output" / "index.html").write_text("the last good site")
    (blog.root / "output" / ".executable-posts").touch()
    blog.write("Fine.\n\n" + body + "\n")
    done = blog.html()
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert errors[0].startswith(f"error: content/post.md:{blog.line_of(marker)}: "), done.stderr
    assert words in done.stderr
    assert "mend: " in done.stderr
    assert "Traceback (most recent call last):\n  File" not in done.stderr, "no traceback of the engine"
    assert blog.output() == {".executable-posts": b"", "index.html": b"the last good site"}
    assert [p.name for p in blog.root.iterdir() if p.name.startswith(".output")] == []


def test_a_failing_block_shows_its_source_and_trimmed_traceback(blog):
    blog.write("```python\nvalue = 0\n\ndef f(n):\n    return 1 / n\n\nf(value)\n```\n")
    error = blog.html().stderr
    line = blog.line_of("return 1 / n")
    assert f"> {line:4} |     return 1 / n" in error
    assert f"content/post.md:{line} in f" in error
    assert "IPython" not in error
    assert str(blog.root) not in error


def test_one_bad_post_stops_the_whole_site(blog):
    blog.write("```python\n1\n```\n", "a.md", header="---\ntitle: A\ndate: 2026-01-01\nslug: a\n---\n")
    blog.write("```python\n1 / 0\n```\n", "b.md", header="---\ntitle: B\ndate: 2026-01-01\nslug: b\n---\n")
    assert blog.html().returncode == 1
    assert not (blog.root / "output").exists()


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("date: 2024-02-30", "malformed header"),
        ("status: publishd", "status: publishd"),
        ("slug: ../../evil", "slug:"),
    ],
)
def test_a_bad_header_never_leaves_a_post_out_in_silence(blog, field, words):
    name = field.split(":")[0]
    header = "".join(line + "\n" for line in HEADER.strip().split("\n") if not line.startswith(name))
    blog.write("```python\n1\n```\n", header=header.removesuffix("---\n") + field + "\n---\n\n")
    done = blog.html()
    assert done.returncode == 1
    assert "error: content/post.md:" in done.stderr
    assert words in done.stderr
    assert not (blog.root / "output").exists()


def test_run_reports_every_failing_post(blog):
    for name in ("a.md", "b.md"):
        blog.write("```python\n1 / 0\n```\n", name)
    done = blog.engine("run")
    assert done.returncode == 1
    assert "error: content/a.md:" in done.stderr
    assert "error: content/b.md:" in done.stderr
