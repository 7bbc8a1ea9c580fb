"""Whole builds of small blogs: what is published."""

from __future__ import annotations

import json
import re

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


def test_crlf_works(blog):
    path = blog.write(GOOD)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert blog.html().returncode == 0
    assert "hello from bash" in blog.output()["a-post/index.html"].decode()


def test_a_new_post_builds_and_proves_itself(blog):
    done = blog.engine("new", "post", "The knee: where it bends")
    assert done.returncode == 0, done.stderr
    assert (blog.root / "notebooks" / "the-knee-where-it-bends.ipynb").is_file()
    assert blog.pytest().returncode == 0
    assert blog.engine("new", "post", "The knee: where it bends").returncode == 1, (
        "an existing post is never overwritten"
    )


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
