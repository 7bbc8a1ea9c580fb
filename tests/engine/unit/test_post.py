"""The block model against hard Markdown."""

from __future__ import annotations

import pytest

from executable_posts.errors import PostError
from executable_posts.reading.blocks import info_string
from executable_posts.reading.post import parse, read

FENCE = "```python\nx = 1\n```\n"


def blocks(text):
    return [(b.line, b.language, b.source) for b in parse(text, "p.md").blocks]


def fault(text, **kwargs):
    with pytest.raises(PostError) as caught:
        parse(text, "p.md", **kwargs)
    assert caught.value.mend, "an error must say how to mend it"
    return caught.value.line, caught.value.found


def test_a_block_knows_its_line_language_and_source():
    assert blocks("One.\n\n```python\nx = 1\n\ny = 2\n```\n\n```c++\nint main() {}\n```\n") == [
        (4, "python", "x = 1\n\ny = 2"),
        (10, "c++", "int main() {}"),
    ]


def test_the_header_counts_for_line_numbers():
    post = parse("---\ntitle: T\ndate: 2026-01-02\n---\n\n" + FENCE, "p.md", required=("title", "date"))
    assert [b.line for b in post.blocks] == [7]
    assert post.header["title"] == "T"
    assert post.blocks[0].id == "L6"


def test_crlf_and_lf_give_the_same_blocks():
    text = "é\n\n" + FENCE + "\nend\n"
    assert blocks(text.replace("\n", "\r\n")) == blocks(text) == [(4, "python", "x = 1")]


def test_a_byte_order_mark_is_no_part_of_the_text():
    assert parse("\ufeff---\ntitle: T\n---\n" + FENCE, "p.md").header == {"title": "T"}


def test_attributes():
    (block,) = parse(
        '```c++ caption="A \\"b\\" &amp; *c*" name="fig-a" tags=["hide-input", "remove-output"] magic_args="-std=c++20"\nx\n```\n',
        "p.md",
    ).blocks
    assert block.info.caption == 'A "b" &amp; *c*'
    assert block.info.tags == ("hide-input", "remove-output")
    assert block.cell_source == "%%c++ -std=c++20\nx"
    assert block.id == "L1-fig-a"


def test_what_is_shown_only_is_no_block():
    text = '```text\nx\n```\n\n```json\n{}\n```\n\n```{.cpp .noeval reason="Windows only"}\nint x;\n```\n'
    assert blocks(text) == []


def test_only_what_would_run_is_refused_inside_of_something_else():
    assert blocks("````text\n```text\nx\n```\n````\n") == []
    assert blocks("<div>\n```text\nx\n```\n</div>\n") == []
    assert blocks("```bash\n%%x\n```\n") == [(2, "bash", "%%x")]


def test_a_reason_is_read_as_it_is_written():
    (fence,) = (
        t
        for t in parse('```{.rust .noeval reason="say \\"hi\\" &amp;"}\nx\n```\n', "p.md").tokens
        if t.type == "fence"
    )
    assert info_string(fence, ["```" + '{.rust .noeval reason="say \\"hi\\" &amp;"}']).endswith(
        '"say \\"hi\\" &amp;"}'
    )


def test_commented_out_fences_do_not_count():
    assert blocks("<!--\n```python\nx\n```\n-->\n\n<!-- ```nonsense -->\n\n" + FENCE) == [
        (10, "python", "x = 1")
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("```py\nx\n```\n", 1, "'py'"),
        ("```Python\nx\n```\n", 1, "'Python'"),
        ("```C++\nx\n```\n", 1, "'C++'"),
        ("a\n\n```cpp\nx\n```\n", 3, "'cpp'"),
        ("```fortran\nx\n```\n", 1, "unknown fence language 'fortran'"),
        ("```\nx\n```\n", 1, "without a language"),
        ("- a\n\n  ```python\n  x\n  ```\n", 3, "indented or nested"),
        ("> ```python\n> x\n> ```\n", 1, "indented or nested"),
        (" ```python\n x\n ```\n", 1, "indented or nested"),
        ("a\n\n    ```python\n    x\n    ```\n", 3, "indented"),
        (":::note\n```python\nx\n```\n:::\n", 2, "indented or nested"),
        ("a\n\n``` python\nx\n```\n", 3, "spaces around"),
        ("```python\n%%time\nx\n```\n", 2, "the cell magic %%time in a python block"),
        ('```python tags=["hide-input", 1]\nx\n```\n', 1, "not a list of strings"),
        ("```python name=1\nx\n```\n", 1, "name is not a string"),
        ("~~~python\nx\n~~~\n", 1, "fenced by ~~~"),
        ("````python\nx\n````\n", 1, "fenced by ````"),
        ("````text\n```python\nx\n```\n````\n", 2, "inside another fence"),
        ("~~~text\nfoo\n```python\nx\n```\n~~~\n", 3, "inside another fence"),
        ("<div>\n```python\nx\n```\n</div>\n", 2, "inside HTML"),
        ("a\n\n```python\nx\n", 3, "never closed"),
        ("```python\n", 1, "never closed"),
        ("```text\nx", 1, "never closed"),
        ("```python\n\n```\n", 1, "empty block"),
        ('```python tags=["hide"]\nx\n```\n', 1, "unknown tag 'hide'"),
        ("```python tags=hide-input\nx\n```\n", 1, "not JSON"),
        ('```python tags="hide-input"\nx\n```\n', 1, "not a list"),
        ('```python colour="red"\nx\n```\n', 1, "unknown attribute 'colour'"),
        ("```python hide\nx\n```\n", 1, "not understood"),
        ('```python name="A b"\nx\n```\n', 1, "block name"),
        ('```python name="a" name="b"\nx\n```\n', 1, "given twice"),
        ('```python name="a" caption="b"\nx\n```\n', 1, "order name, caption"),
        ('```python caption="b"\nx\n```\n', 1, "without a name"),
        ('```python magic_args="-O2"\nx\n```\n', 1, "magic_args"),
        ('```python tolerance="5 %"\nx\n```\n', 1, "the tolerance '5 %'"),
        ('```python tolerance="-1"\nx\n```\n', 1, "the tolerance '-1'"),
        ('```python tolerance=""\nx\n```\n', 1, "the tolerance ''"),
        ("```python tolerance=5\nx\n```\n", 1, "tolerance is not a string"),
        ('```python tolerance="5%" tags=["hide-input"]\nx\n```\n', 1, "order tolerance, tags"),
        (
            '```python tags=["output-varies"] tolerance="5%"\nx\n```\n',
            1,
            "a tolerance, and the tag output-varies",
        ),
        ('```text name="a"\nx\n```\n', 1, "takes no attributes"),
        ("```{.cpp .noeval}\nx\n```\n", 1, "not understood"),
        ('```{.cpp .noeval reason=" "}\nx\n```\n', 1, "empty reason"),
        ('```python name="a"\nx\n```\n\n```bash name="a"\nx\n```\n', 5, "already used at line 1"),
        ('a\n\n```python caption="a `b`" name="c"\nx\n```\n', 3, "holds a backtick"),
        ("a\nb\u2028c\n", 2, "U+2028"),
        ("a\rb\n", 1, "carriage return"),
        ("a\nb\x1b[0m\n", 2, "U+001B"),
        ("a\n\nb\ud83d\n", 3, "U+D83D"),
        ("a\x00\n", 1, "U+0000"),
        ('```python tags=["hide-input", "hide-input"]\nx\n```\n', 1, "given twice"),
        ("a\nb {evil}`x`\n", 2, "unknown role {evil}"),
        ("a\n\n![](x.png)\n", 3, "alternative text"),
    ],
)
def test_bad_markdown_is_refused_at_its_line(text, line, words):
    at, found = fault(text)
    assert at == line
    assert words in found


@pytest.mark.parametrize(
    ("header", "line", "words"),
    [
        ("No header.\n", 1, "no header"),
        ("---\ntitle: a\n", 1, "never closed"),
        ("---\ntitle: a: b\ndate: 2026-01-02\n---\n", 2, "malformed header"),
        ("---\ntitle: a\n---\n", 1, "no 'date'"),
        ("---\ntitle:\ndate: 2026-01-02\n---\n", 1, "no 'title'"),
        ("---\ntitle: a\ndate: someday\n---\n", 3, "not a date"),
        ("---\n- a\n---\n", 2, "not a list of fields"),
    ],
)
def test_bad_headers_are_refused_at_their_line(header, line, words):
    at, found = fault(header, required=("title", "date"))
    assert at == line
    assert words in found


def test_invalid_utf8_names_the_line(tmp_path):
    path = tmp_path / "p.md"
    path.write_bytes(b"ok\n\nbad \xff\n")
    with pytest.raises(PostError, match=r":3: invalid UTF-8 \(byte 0xff\)"):
        read(path)


def test_inline_values_know_the_block_above_them():
    text = (
        "{eval}`a`\n\n"
        + FENCE
        + "\none {eval}`b`\ntwo {eval}`c`\n\n| t |\n|---|\n| {eval}`d` |\n\n"
        + FENCE
        + "\n- {eval}`e`\n"
    )
    values = [(v.expression, v.after, v.line) for v in parse(text, "p.md").values]
    assert values == [("a", -1, 1), ("b", 0, 7), ("c", 0, 8), ("d", 0, 12), ("e", 1, 18)]


def test_links_keep_their_braces_and_lines():
    post = parse("a\n[x]({filename}b.md) ![y]({static}/images/x.svg)\n[z](#fig)\n", "p.md")
    assert [(link.target, link.line) for link in post.links] == [
        ("{filename}b.md", 2),
        ("{static}/images/x.svg", 2),
        ("#fig", 3),
    ]
