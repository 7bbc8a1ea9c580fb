"""What a built page promises before any browser sees it: a strict policy kept, charts with their numbers."""

from __future__ import annotations

import re

CHART = """```python name="setup" tags=["remove-cell"]
%load_ext executable_posts
%matplotlib inline
%config InlineBackend.figure_formats = ["svg"]
import matplotlib.pyplot as plt
```

```python caption="Rate against *load*." name="fig-rate" tags=["hide-input"]
figure, axes = plt.subplots()
axes.plot([1, 2, 4], [10, 20, 25], label="measured")
axes.set(xlabel="clients", ylabel="requests a second")
axes.legend()
plt.show()
```

| a | b |
| --- | ---: |
| x | 1 |
"""


def test_a_chart_is_inline_painted_and_has_its_numbers(blog):
    blog.write(CHART)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    page = blog.output()["a-post/index.html"].decode()
    (chart,) = re.findall(r'<svg[^>]*class="chart".*?</svg>', page, re.DOTALL)
    assert "style" not in chart
    assert '<title id="fig-rate-1-title">Rate against load.</title>' in chart
    assert "Requests a second against clients: measured, 10 at 1 to 25 at 4." in chart
    assert ">clients</text>" in chart
    assert "var(--chart-blue" in chart
    (numbers,) = re.findall(r'<details class="chart-data">.*?</details>', page, re.DOTALL)
    assert re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", numbers) == [
        "clients",
        "measured",
        "1",
        "10",
        "2",
        "20",
        "4",
        "25",
    ]
    assert '<td class="align-right">1</td>' in page
    assert blog.html(CACHE="off").returncode == 0
    assert blog.output()["a-post/index.html"].decode().count(chart) == 1, "the same run gives the same chart"


def test_every_page_forbids_what_is_inline_or_foreign_and_keeps_to_it(blog):
    blog.write(CHART)
    assert blog.html().returncode == 0
    pages = {name: body.decode() for name, body in blog.output().items() if name.endswith(".html")}
    assert len(pages) > 4
    for name, page in pages.items():
        (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "sha256" not in policy, "nothing inline here, so nothing is allowed"
        assert page.index("Content-Security-Policy") < page.index("<script"), "the policy comes first"
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), name
        assert not re.findall(r'(?:src|href)="(?:https?:)?//[^"]+"', page), name


def test_inline_style_of_an_output_is_named_by_its_hash(blog):
    blog.write(
        "```python\nfrom IPython.display import HTML\nHTML('<p style=\"color:red\">x</p><style>b{}</style>')\n```\n"
    )
    assert blog.html().returncode == 0
    files = blog.output()
    policy = re.search(r'Policy" content="([^"]+)"', files["a-post/index.html"].decode())[1]
    assert "style-src 'self' 'unsafe-hashes' 'sha256-" in policy
    assert "'sha256-8f935d27GvUutRyY9yWScUMiFUk4WTdZURISiYfPOeQ='" in policy
    assert "unsafe-hashes" not in files["index.html"].decode()


def test_a_long_folded_source_stands_in_a_frame_and_on_a_page_of_its_own(blog):
    (blog.root / "long.py").write_text('TEXT = """<b>"""\n' + "x = 1\n" * 40)
    blog.write(
        "```python\n%load_ext executable_posts\nfrom pathlib import Path\nfrom executable_posts.source import show\n```\n\n"
        '```python name="long-source" tags=["hide-output", "remove-input"]\nshow(Path("long.py"))\n```\n\n'
        '```python name="short" tags=["remove-input"]\nshow(Path("long.py"), mark="TEXT")\n```\n'
    )
    done = blog.html()
    assert done.returncode == 0, done.stderr
    files = blog.output()
    page, listing = files["a-post/index.html"].decode(), files["a-post/long-source.html"].decode()
    frame = re.search(r"<iframe [^>]*>", page)[0]
    assert 'src="long-source.html"' in frame
    assert 'loading="lazy"' in frame
    assert "title=" in frame
    assert "Show the source: long.py:1, 41 lines" in page
    assert page.count("&lt;b&gt;") == 1, "the folded one is not in the page, the other one is"
    assert '<span class="hll">' in page
    assert "&lt;b&gt;" in listing
    assert "Content-Security-Policy" in listing
    assert 'href="../theme/css/style.css"' in listing
    assert "application/vnd" not in files["a-post/a-post.ipynb"].decode()
