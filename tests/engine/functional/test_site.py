"""Whole builds of small blogs: what is published, and what bad input does to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import pytest

from executable_posts.config import Config
from executable_posts.errors import PostError
from executable_posts.site.build import Site
from support.blog import HEADER

GOOD = """Intro with {eval}`6 * 7`.

```python name="setup" tags=["remove-cell"]
%load_ext executable_posts
import asyncio
```

```python name="greet"
await asyncio.sleep(0)
print("hello from python")
6 * 7
```

```c++ name="native" magic_args="-std=c++20"
#include <iostream>
int main() { std::cout << "hello from C++" << __cplusplus / 100 << "\\n"; }
```

```bash
echo "hello from bash"
```

```python tags=["raises-exception"]
1 / 0
```

```python caption="A *red* box." name="fig-box" tags=["hide-input"]
from IPython.display import SVG, HTML, Markdown
SVG('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g id="a"><rect width="9" height="9" fill="url(#a)"/></g></svg>')
```

```python tags=["remove-input"]
HTML("<table><tr><td>cell</td></tr></table>")
```

```python tags=["hide-output"]
Markdown("**bold**")
```

```python tags=["remove-output"]
print("never", "seen")
```

## Greet

See [the box](#fig-box), [the block](#greet), [the heading](#greet-1), ![an x]({static}/images/x.svg), [itself]({filename}post.md).

```{.cpp .noeval reason="Windows only"}
int x;
```
"""


def test_a_post_is_published_with_every_kind_of_output(blog):
    blog.cold = True
    blog.write(GOOD)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    page = blog.output()["a-post/index.html"].decode()
    text = re.sub(r"<[^>]+>", "", page)
    for shown in (
        '<span class="eval">42</span>',
        "hello from python",
        "hello from C++2020",
        "hello from bash",
        "ZeroDivisionError: division by zero",
        '<figure id="fig-box" class="cell-figure">',
        "<figcaption>A <em>red</em> box.</figcaption>",
        'role="img"',
        "<td>cell</td>",
        "<strong>bold</strong>",
        "Not run here: Windows only",
        "content/post.md:",
        'src="../images/x.svg"',
        'href="../a-post/"',
    ):
        assert shown in page, shown
    for hidden in ("never seen", "%load_ext", "HTML(&quot;"):
        assert hidden not in text, hidden
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)), "ids on a page are unique"
    assert "[ 9/9]" in done.stderr, "progress counts the blocks"
    assert "output/" in done.stderr, "the last line says where the site is"


def test_the_downloads_are_the_executed_notebook_and_a_script(blog):
    blog.write(GOOD)
    assert blog.html().returncode == 0
    files = blog.output()
    nb = json.loads(files["a-post/a-post.ipynb"])
    outputs = json.dumps([c["outputs"] for c in nb["cells"] if c["cell_type"] == "code"])
    assert "hello from C++" in outputs
    assert "Intro with 42." in json.dumps(nb["cells"])
    assert 'print("hello from python")' in files["a-post/a-post.py"].decode()
    compile(files["a-post/a-post.py"], "a-post.py", "exec", flags=0x2000)  # PyCF_ALLOW_TOP_LEVEL_AWAIT


TRANSCRIBED = """
The answer is {eval}`6 * 7`; see [the other]({filename}other.md), ![a dot]({static}/images/dot.svg), [a place](#numbers).

<!-- nobody reads this, and {eval}`1 / 0` is not run -->

```python name="hidden" tags=["remove-cell"]
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
```

```python name="numbers"
print("one\\x1b[31mtwo\\x1b[0m")
6 * 7
```

```python caption="Rate, with {eval}\\u006042\\u0060 in it." name="fig-rate" tags=["hide-input"]
plt.plot([1, 3, 4], [10, 99, 25], label="measured")
plt.gca().set(xlabel="clients", ylabel="rate")
plt.show()
```

```python name="fences" tags=["remove-input"]
print("```")
```

A link is written `[so]({filename}nowhere.md)`.

```text
[or so]({static}/nowhere.svg)
```

```python name="fails" tags=["raises-exception"]
1 / 0
```

The end is {eval}`40 +
2`.
"""


def test_a_page_has_a_transcript_in_markdown(blog):
    (blog.root / "images" / "dot.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'
    )
    blog.write(
        "Nothing runs here.\n",
        "other.md",
        "---\ntitle: Other\ndate: 2026-01-03\nslug: other\nblocks: none\n---\n",
    )
    blog.write(TRANSCRIBED)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    files = blog.output()
    text = files["a-post/a-post.md"].decode()
    head = "# A post\n\nOne sentence.\n\n2026-01-02\n\nThe answer is 42; see [the other](../other/), "
    assert text.startswith(head), text[:200]
    assert "![a dot](../images/dot.svg), [a place](#numbers)." in text
    assert "nobody" not in text
    assert "import matplotlib" not in text
    assert "```python\nprint(" in text
    assert "```text\nonetwo\n```\n\n```text\n42\n```" in text
    assert "plt.plot([1, 3, 4]" in text, "what a page folds is there"
    assert "![Rate against clients: measured, 10 at 1, up to 99 at 3, to 25 at 4.](fig-rate-1.svg)" in text
    assert "fig-rate-1.svg" in "".join(files)
    assert "| clients | measured |\n| --- | --- |\n| 1 | 10 |" in text
    assert "*Rate, with 42 in it.*" in text
    assert "````text\n```\n````" in text
    assert "```python\n1 / 0\n```\n\n```text\nZeroDivisionError: division by zero\n```" in text
    assert text.endswith("The end is 42\n.\n"), "as many lines as were written"
    assert "written `[so]({filename}nowhere.md)`." in text, "code is no link"
    assert "[or so]({static}/nowhere.svg)" in text
    assert "nowhere" not in done.stderr
    assert "Nothing runs here." in files["other/other.md"].decode()
    assert "{eval}" not in text


def test_an_unchanged_post_is_not_executed_again(blog):
    blog.write("```python\nopen('ran', 'a').write('x')\n```\n")
    first, second = blog.html(), blog.html()
    assert (first.returncode, second.returncode) == (0, 0)
    assert (blog.root / "ran").read_text() == "x"
    assert "1 blocks unchanged" in second.stderr
    blog.write("New prose.\n\n```python\nopen('ran', 'a').write('x')\n```\n")
    blog.html()
    assert (blog.root / "ran").read_text() == "x", "prose runs nothing"
    assert "New prose" in blog.output()["a-post/index.html"].decode()
    blog.html(CACHE="off")
    assert (blog.root / "ran").read_text() == "xx", "CACHE=off runs everything"
    (blog.root / "data").mkdir()
    (blog.root / "data" / "in.csv").write_text("1")
    blog.html()
    assert (blog.root / "ran").read_text() == "xxx", "a declared input is a reason to run"


def test_a_recorded_traceback_never_shows_old_lines(blog):
    body = '```python tags=["raises-exception"]\n1 / 0\n```\n'
    blog.write(body)
    blog.html()
    blog.write("One\n\nmore\n\n" + body)
    blog.html()
    assert f"content/post.md:{blog.line_of('1 / 0')} in" in blog.output()["a-post/index.html"].decode()


@pytest.mark.parametrize("longer", [0, 30, 60, 120])
def test_a_folder_for_temporary_files_may_be_deep(blog, longer):
    """The system can name a socket in about a hundred bytes."""
    deep = blog.root / ("d" * longer) / "t"
    deep.mkdir(parents=True)
    blog.write("```python\n6 * 7\n```\n")
    done = blog.engine("run", TMPDIR=str(deep))
    assert done.returncode == 0, done.stderr
    assert list(deep.iterdir()) == []


def test_a_compiled_block_is_compiled_once(blog):
    source = '```c++\n#include <cstdio>\nint main() { puts("hi"); }\n```\n'
    blog.write(source)
    assert blog.html(CACHE="off").returncode == 0
    built = list((blog.root / ".cache").rglob("program"))
    stamp = [p.stat().st_mtime_ns for p in built]
    blog.write("moved\n\n" + source)
    assert blog.html(CACHE="off").returncode == 0
    assert [p.stat().st_mtime_ns for p in (blog.root / ".cache").rglob("program")] == stamp
    assert len(built) == 1


def test_a_changed_local_header_compiles_again(blog):
    (blog.root / "inc").mkdir()
    header = blog.root / "inc" / "answer.h"
    header.write_text("#define ANSWER 41\n")
    blog.write(
        '```c++ magic_args="-Iinc"\n#include "answer.h"\n#include <cstdio>\nint main() { printf("%d", ANSWER); }\n```\n'
    )
    blog.html(CACHE="off")
    header.write_text("#define ANSWER 42\n")
    blog.html(CACHE="off")
    assert ">42</pre>" in blog.output()["a-post/index.html"].decode()


def test_crlf_works(blog):
    path = blog.write(GOOD)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert blog.html().returncode == 0
    assert "hello from bash" in blog.output()["a-post/index.html"].decode()


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


def test_a_new_post_builds_and_proves_itself(blog):
    done = blog.engine("new", "post", "The knee: where it bends")
    assert done.returncode == 0, done.stderr
    assert (blog.root / "notebooks" / "the-knee-where-it-bends.ipynb").is_file()
    assert blog.pytest().returncode == 0
    assert blog.engine("new", "post", "The knee: where it bends").returncode == 1, (
        "an existing post is never overwritten"
    )


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


def test_empty_fields_and_drafts_build(blog):
    blog.write(
        "```python\n1\n```\n",
        header="---\ntitle: T\ndate: 2026-01-02\nmodified:\ntags:\nstatus: draft\n---\n\n",
    )
    done = blog.html()
    assert done.returncode == 0, done.stderr
    assert 'href="../../drafts/t/post.ipynb"' in blog.output()["drafts/t/index.html"].decode()
    assert "drafts/t/post.ipynb" in blog.output()


def test_a_new_post_publishes(blog):
    assert blog.engine("new", "post", 'The "knee": 2024').returncode == 0
    assert blog.html().returncode == 0
    assert "&#34;knee&#34;" in blog.output()["drafts/the-knee-2024/index.html"].decode()


def test_a_folder_that_was_not_published_here_is_never_replaced(blog):
    blog.write("```python\n1\n```\n")
    (blog.root / "output").mkdir()
    (blog.root / "output" / "thesis.txt").write_text("ten years of work")
    done = blog.html()
    assert done.returncode == 1
    assert "was not published here" in done.stderr
    assert blog.output() == {"thesis.txt": b"ten years of work"}


def test_a_background_process_neither_holds_the_build_nor_survives_it(blog):
    blog.write("```bash\nsleep 300 &\necho pid=$!\n```\n")
    begun = blog.html()
    assert begun.returncode == 0, begun.stderr
    pid = int(re.search(r"pid=(\d+)", blog.output()["a-post/index.html"].decode())[1])
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    assert state.strip() in ("", "Z"), "gone, or dead and waiting for its parent"


def test_a_character_cut_in_two_is_shown_whole(blog):
    blog.write("```bash\nprintf '\\xe2'; sleep 0.1; printf '\\x82\\xac'\n```\n")
    assert blog.html().returncode == 0
    assert "€" in blog.output()["a-post/index.html"].decode()


def test_footnotes_and_literal_roles_get_their_own_values(blog):
    blog.write(
        "```python\nx = 1\n```\n\nFirst[^a] {eval}`x`, code `` {eval}`x` ``.\n\n[^a]: note {eval}`x + 100`\n\n"
        "```python\nx = 50\n```\n\nThen {eval}`x + 1`.\n"
    )
    assert blog.html().returncode == 0
    files = blog.output()
    page = re.sub(r"<[^>]+>", "", files["a-post/index.html"].decode())
    assert "First[1] (1 note 101 ↩︎) 1, code {eval}`x`." in page
    assert "Then 51." in page
    book = "".join("".join(c["source"]) for c in json.loads(files["a-post/a-post.ipynb"])["cells"])
    assert "First[^a] 1, code `` {eval}`x` ``." in book
    assert "note 101" in book
    assert "Then 51." in book


def test_warnings_come_back_with_a_kept_program_and_name_no_machine(blog):
    blog.write(
        "```c++\nint main() { int unused = 1; }\n```\n\n```python\nimport warnings\nwarnings.warn('careful')\n```\n"
    )
    for _ in range(2):
        assert blog.html(CACHE="off").returncode == 0
        page = blog.output()["a-post/index.html"].decode()
        assert "unused variable" in page
        assert f"content/post.md:{blog.line_of('warnings.warn')}: UserWarning: careful" in page
        assert str(blog.root) not in page


def test_headings_and_captions_make_valid_ids_and_titles(blog):
    picture = "from IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')"
    blog.write(
        "## a\n\n## a\n\n## a 1\n\n## fn1\n\n## Content\n\n## Café\n\n[x](#café)[^1]\n\n[^1]: note\n\n"
        f'```python caption="Tom & Jerry <3" name="fig"\n{picture}\n```\n'
    )
    done = blog.html()
    assert done.returncode == 0, done.stderr
    page = blog.output()["a-post/index.html"].decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert "Tom &amp; Jerry &lt;3</title>" in page


def test_a_damaged_record_is_no_record(blog):
    blog.write("```python\n1\n```\n")
    blog.html()
    for record in (blog.root / ".cache").rglob("outputs/*.json"):
        record.write_text('{"x": 1}')
    assert blog.html().returncode == 0


def test_a_lost_caption_is_noticed_in_a_recorded_run(blog):
    body = "```python{}\nfrom IPython.display import SVG\nSVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')\n```\n"
    blog.write(body.format(' caption="c" name="n"'))
    assert blog.html().returncode == 0
    blog.write(body.format(""))
    assert blog.html().returncode == 1


def test_run_reports_every_failing_post(blog):
    for name in ("a.md", "b.md"):
        blog.write("```python\n1 / 0\n```\n", name)
    done = blog.engine("run")
    assert done.returncode == 1
    assert "error: content/a.md:" in done.stderr
    assert "error: content/b.md:" in done.stderr


def test_a_build_told_to_stop_leaves_nothing_behind(blog):
    os.mkfifo(blog.root / "ready")
    blog.write("```bash\necho $$ > ready\nsleep 300\n```\n")
    command = [
        sys.executable,
        "-m",
        "executable_posts",
        "publish",
        "--",
        sys.executable,
        "-m",
        "pelican",
        ".",
    ]
    settings = ["-s", "pelican.conf.py", "-o", "{output}"]
    with subprocess.Popen([*command, *settings], cwd=blog.root, stderr=subprocess.DEVNULL) as process:
        shell = int((blog.root / "ready").read_text())
        process.terminate()
        assert process.wait(timeout=30) == 130
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(shell)], capture_output=True, text=True, check=False
    ).stdout
    assert state.strip() in ("", "Z")
    assert {p.name for p in blog.root.iterdir() if "output" in p.name} == set()
