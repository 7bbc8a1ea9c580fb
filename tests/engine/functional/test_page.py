"""What a built page promises before any browser sees it: a strict policy kept, charts with their numbers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from executable_posts.charts.paint import COLOURS, PAGES, contrast
from support.blog import ROOT

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


def test_a_chart_is_a_small_file_painted_for_both_themes_and_has_its_numbers(blog):
    blog.write(CHART)
    done = blog.html()
    assert done.returncode == 0, done.stderr
    files = blog.output()
    page, chart = files["a-post/index.html"].decode(), files["a-post/fig-rate-1.svg"].decode()
    (image,) = re.findall(r"<img [^>]*>", page)
    assert (
        'class="chart" src="../a-post/fig-rate-1.svg" alt="Requests a second against clients: measured, 10 at 1 to 25 at 4."'
        in image
    )
    assert re.search(r'width="\d+" height="\d+" loading="lazy"', image)
    assert ET.fromstring(chart).tag == "{http://www.w3.org/2000/svg}svg"
    assert "style=" not in chart
    assert "color-scheme:light dark" in chart
    assert '<title id="fig-rate-1-title">Rate against load.</title>' in chart
    assert "Requests a second against clients: measured, 10 at 1 to 25 at 4." in chart
    assert ">clients</text>" in chart
    used = set(re.findall(r"var\((--chart-\w+)", chart))
    assert "--chart-blue" in used
    assert used <= set(re.findall(r"(--chart-\w+):light-dark\(", chart))
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
    assert blog.output()["a-post/fig-rate-1.svg"].decode() == chart, "the same run gives the same chart"


@pytest.mark.parametrize(
    "sheet",
    ["code/theme/static/css/style.css", "code/executable-posts/executable_posts/page/css/alone.css"],
    ids=["theme", "engine"],
)
def test_whoever_dresses_a_page_and_the_files_of_charts_agree_on_their_colours(sheet):
    style = (ROOT / sheet).read_text(encoding="utf-8")
    for name, (light, dark) in COLOURS.items():
        value = "var(--page)" if name == "page" else f"light-dark({light}, {dark})"
        assert f"--chart-{name}: {value};" in style
        if name not in ("page", "grid", "axis"):
            assert min(contrast(light, PAGES[0]), contrast(dark, PAGES[1])) >= 4.5, name
    assert f"--page: light-dark({PAGES[0]}, {PAGES[1]})" in style
    assert min(contrast(*pair) for pair in zip(COLOURS["axis"], PAGES, strict=True)) >= 3


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
        "```python\n%load_ext executable_posts\nfrom pathlib import Path\nfrom executable_posts.authors import show\n```\n\n"
        '```python name="long-source" tags=["hide-output", "remove-input"]\nshow(Path("long.py"))\n```\n\n'
        '```python name="short" tags=["remove-input"]\nshow(Path("long.py"), mark="TEXT")\n```\n'
    )
    done = blog.html()
    assert done.returncode == 0, done.stderr
    files = blog.output()
    page, listing = files["a-post/index.html"].decode(), files["a-post/long-source.source.html"].decode()
    frame = re.search(r"<iframe [^>]*>", page)[0]
    assert 'src="../a-post/long-source.source.html"' in frame
    assert 'loading="lazy"' in frame
    assert "title=" in frame
    assert "Show the source: long.py:1, 41 lines" in page
    assert page.count("&lt;b&gt;") == 1, "the folded one is not in the page, the other one is"
    assert '<span class="hll">' in page
    assert "&lt;b&gt;" in listing
    assert "Content-Security-Policy" in listing
    assert 'href="../theme/css/site.css"' in listing
    assert "application/vnd" not in files["a-post/a-post.ipynb"].decode()


def test_a_footnote_stands_beside_its_mark(blog):
    blog.write(
        "```python\nx = 1\n```\n\nA claim[^a] and a list[^b], again[^a].\n\n[^a]: With **words** and {eval}`x`.\n\n"
        "    Two paragraphs.\n\n[^b]: A list:\n\n    - one\n"
    )
    assert blog.html().returncode == 0
    page = blog.output()["a-post/index.html"].decode()
    assert re.search(
        r'A claim<sup class="footnote-ref note-mark"><a href="#fn1" id="fnref1">\[1\]</a></sup><span class="note" id="fn1"'
        r' role="note">.*?With <strong>words</strong> and <span class="eval">1</span>\.<br>Two paragraphs\.',
        page,
    ), "a plain note is in the sentence"
    assert page.count('id="fn1"') == 1
    assert '<li id="fn2" class="footnote-item" value="2">' in page, "a list does not fit into a sentence"
    assert page.count('href="#fn1"') == 2


def test_a_table_of_many_columns_names_them_in_every_cell(blog):
    row = "| a | b | c | d | e |"
    blog.write(
        f"```python\n1\n```\n\n{row}\n{'| --- ' * 5}|\n| 1 | 2 | 3 | 4 | 5 |\n\n| x |\n| --- |\n| y |\n"
    )
    assert blog.html().returncode == 0
    page = blog.output()["a-post/index.html"].decode()
    assert '<div class="table-wrap many" tabindex="0">' in page
    assert re.findall(r'<td data-label="(\w)">(\d)</td>', page) == list(zip("abcde", "12345", strict=True))
    assert "<td>y</td>" in page


def test_images_keep_their_place_and_wait_for_the_reader(blog):
    (blog.root / "images" / "x.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 20"/>'
    )
    (blog.root / "images" / "y.png").write_bytes(
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (7).to_bytes(4, "big") + (5).to_bytes(4, "big") + b"\x08\2\0\0\0"
    )
    blog.write(
        "```python\n1\n```\n\n![an x]({static}/images/x.svg)\n\n"
        '![a y]({static}../images/y.png "Its caption.")\n\nIn a sentence: ![an x]({static}/images/x.svg)\n'
    )
    assert blog.html().returncode == 0
    page = blog.output()["a-post/index.html"].decode()
    images = re.findall(r"<img [^>]*>", page)
    assert len(images) == 3
    assert all('loading="lazy"' in image for image in images)
    assert 'width="30" height="20"' in images[0]
    assert 'width="7" height="5"' in images[1]
    assert page.count("<figure>") == 2
    assert "<figcaption>Its caption.</figcaption>" in page
