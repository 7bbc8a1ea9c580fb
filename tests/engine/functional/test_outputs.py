"""What blocks print and show, from the kernel to the page: shown as Jupyter shows it, or refused at its line."""

from __future__ import annotations

import re

import pytest

from executable_posts.config import Config
from executable_posts.errors import PostError
from executable_posts.html.render import render
from executable_posts.reading.post import parse
from executable_posts.running.execute import Executed
from executable_posts.running.kernel import Result
from executable_posts.site.build import Site

STREAMS = {
    "pauses": (
        "import time\nfor n in range(5):\n    print('line', n, flush=True)\n    time.sleep(0.01)",
        '<pre tabindex="0">line 0\nline 1\nline 2\nline 3\nline 4\n</pre>',
    ),
    "progress": (
        "for n in range(0, 101, 50):\n    print(f'\\rbaked {n:3} %', end='', flush=True)",
        '<pre tabindex="0">baked 100 %</pre>',
    ),
    "spinner": ("print('|', end='', flush=True)\nprint('\\b/', end='')", '<pre tabindex="0">/</pre>'),
    "colours": (
        "print('\\x1b[1;35mhot\\x1b[0m & cold')",
        '<span class="ansi-magenta ansi-bold">hot</span> &amp; cold',
    ),
    "bell and halves": ("print('ding\\a \\x00 \\udce4 \\ud83c')", '<pre tabindex="0">ding␇ ␀ � �\n</pre>'),
    "shown halves": ("from IPython.display import HTML\nHTML('<p>\\ud800 and \\x0c</p>')", "<p>� and ␌</p>"),
    "thread": (
        "import threading\ndef cook():\n    raise OSError('no dough')\nthread = threading.Thread(target=cook, name='cook')\n"
        "thread.start()\nthread.join()",
        "Exception in cook:\nTraceback (most recent call last):\n  content/post.md:",
    ),
    "finalizer": (
        "class Oven:\n    def __del__(self):\n        raise OSError('still hot')\noven = Oven()\ndel oven",
        "Exception ignored in &lt;function Oven.__del__&gt;:",
    ),
    "child": (
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import json; json.loads(chr(0))'], capture_output=False)\n"
        "import traceback\ntry:\n    import json\n    json.loads('{')\nexcept ValueError:\n    traceback.print_exc()",
        'File "json/decoder.py", line',
    ),
    "silent": ("[1, 2, 3];", None),
    "silent with words": ("sorted('ab');  # not shown", None),
    "assigned": ("x = 'a;'\nx", "&#x27;a;&#x27;"),
    "shown": ("{'a;'}", "a;"),
}


def test_streams_look_as_in_a_notebook(blog):
    body = "".join(
        f'```python name="b{n}"\n{source}\n```\n\n' for n, (source, _) in enumerate(STREAMS.values())
    )
    body += '```bash name="slow"\nfor i in 1 2 3; do echo $i; sleep .01; done\nprintf "\\r\\033[32mok\\033[0m\\n"\n```\n'
    path = blog.write(body)
    page = Site(Config(root=blog.root)).publish(path).html
    cells = re.split(r'<div class="cell" id="', page)[1:]
    assert len(cells) == len(STREAMS) + 1
    for (name, (_, shown)), cell in zip(STREAMS.items(), cells, strict=False):
        outputs = cell.partition("</code></pre></div>")[2]
        assert outputs.count('class="cell-output') == (shown is not None), f"{name}: {outputs}"
        assert (shown or "").replace("&#x27;", "'") in outputs, f"{name}: {outputs}"
    assert '1\n2\n3\n<span class="ansi-green">ok</span>\n</pre>' in cells[-1]
    assert str(blog.root) not in page
    assert 'File "/' not in page


@pytest.mark.parametrize("source", ["quit()", "exit(3)", "import sys\nsys.exit()", "raise SystemExit('bye')"])
def test_leaving_the_kernel_is_an_error_with_a_mend(blog, source):
    path = blog.write(f"```python\nx = 1\n```\n\n```python\n{source}  # here\n```\n")
    with pytest.raises(PostError) as caught:
        Site(Config(root=blog.root)).publish(path)
    assert caught.value.line == blog.line_of("# here")
    assert "SystemExit" in caught.value.found
    assert "to its end" in caught.value.mend


def test_what_a_pager_would_show_is_an_error_since_a_page_has_none(blog):
    path = blog.write("```python\nlen?\n```\n")
    with pytest.raises(PostError, match="a page has no pager") as caught:
        Site(Config(root=blog.root)).publish(path)
    assert caught.value.line == blog.line_of("len?")


@pytest.mark.parametrize(
    "source",
    [
        "from IPython.display import HTML\nHTML('<p>' + 'x' * 5_000_000 + '</p>')",
        "from IPython.display import display\nfor _ in range(50):\n    display({'application/json': ['x' * 100_000]}, raw=True)",
        "'x' * 5_000_000",
    ],
)
def test_every_form_of_output_counts_towards_the_limit(blog, source):
    path = blog.write(f"```python\n{source}\n```\n")
    with pytest.raises(PostError, match="showed more than 4,000,000 characters") as caught:
        Site(Config(root=blog.root)).publish(path)
    assert caught.value.line == blog.line_of(source.split("\n")[0][:20])


def test_the_settings_allow_and_the_page_says_so(blog):
    (blog.root / "pyproject.toml").write_text(
        '[tool.executable_posts]\nposts = ["content"]\npolicy = "strict"\nallow = ["img-src https:", "media-src data:"]\n'
    )
    blog.write(
        "```python\nfrom IPython.display import Audio\nAudio([0, 1, 0], rate=8000)\n```\n\n![x](https://example.net/a.png)\n"
    )
    done = blog.html()
    assert done.returncode == 0, done.stderr
    policy = re.search(r'Policy" content="([^"]+)"', blog.output()["a-post/index.html"].decode())[1]
    assert "img-src 'self' data: https:;" in policy
    assert "media-src 'self' data:;" in policy
    assert "https:" not in blog.output()["index.html"].decode().partition("<title>")[0].partition("Policy")[2]


def test_our_theme_s_policy_is_found_without_any_setting(blog):
    blog.write("```python\n1\n```\n\nText\n![x](https://example.net/a.png)\n")
    done = blog.html()
    assert done.returncode == 1
    assert f"content/post.md:{blog.line_of('a.png')}: the page's policy blocks" in done.stderr
    assert 'allow = ["img-src https://example.net"]' in done.stderr


@pytest.mark.parametrize("setting", ['policy = "lax"', 'allow = ["pictures"]'])
def test_settings_that_are_not_understood_are_one_error(blog, setting):
    (blog.root / "pyproject.toml").write_text(f'[tool.executable_posts]\nposts = ["content"]\n{setting}\n')
    blog.write("```python\n1\n```\n")
    done = blog.html()
    assert done.returncode == 1
    assert done.stderr.count("error: ") == 1
    assert "pyproject.toml" in done.stderr
    assert "mend: " in done.stderr


def test_no_byte_breaks_the_page_or_the_feed(blog):
    from xml.etree import ElementTree as ET

    every = "".join(f"\\x{n:02x}" for n in range(1, 32)) + "\\x7f\\x9f\\ufffe\\uffff\\udc80"
    blog.write(
        f"```python\nprint('{every}')\n```\n\n"
        f"```python\nfrom IPython.display import HTML\nHTML('<pre>{every}</pre>')\n```\n\n"
        f"```python tags=[\"raises-exception\"]\nraise ValueError('{every}')\n```\n\n"
        f"The value is {{eval}}`chr(7) + chr(0xd800)`.\n"
    )
    done = blog.html()
    assert done.returncode == 0, done.stderr
    feed = ET.fromstring(blog.output()["feeds/all.atom.xml"])
    assert "␇" in "".join(feed.itertext())
    page = blog.output()["a-post/index.html"].decode()
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", page)


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("<a href='{static}/made.csv'>x</a> <a href='#fig-x'>y</a> <a href='#'>z</a>", ""),
        ("<a href='#made'>x</a><script>make('made')</script>", ""),
        ("<a href='{static}/gone.csv'>x</a>", "names {static}/gone.csv"),
        ('<img alt="" src="{attach}gone%20one.png">', "names {attach}gone%20one.png"),
        ("<a href='#nowhere'>x</a>", "links to #nowhere"),
    ],
)
def test_what_an_output_leads_to_is_there(tmp_path, shown, found):
    (tmp_path / "made.csv").write_text("a")
    post = parse('```python name="fig-x"\nx\n```\n', "p.md", tmp_path / "p.md")
    output = {"output_type": "display_data", "data": {"text/html": shown}, "metadata": {}}
    run = Executed([Result([output])], [], True, "", 0.0)
    if not found:
        assert "href" in render(post, run, links_start=tmp_path).html
        return
    with pytest.raises(PostError, match=re.escape(found)) as caught:
        render(post, run, links_start=tmp_path)
    assert caught.value.line == 2
