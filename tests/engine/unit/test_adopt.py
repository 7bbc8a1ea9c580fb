"""`adopt`: an old post becomes an executable one, its prose untouched, and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executable_posts.cli import main
from executable_posts.config import DATA_LANGUAGES, Config
from executable_posts.reading.adopting import adopt
from executable_posts.reading.fixes import split_lines
from executable_posts.site.faults import check_post

NOEVAL = '{{.{} .noeval reason="not run yet"}}'.format
YAML = "---\ntitle: T\ndate: 2015-03-04\n---\n\n"


def body_of(text: str) -> str:
    adopted = adopt(YAML + text, DATA_LANGUAGES).text
    assert adopted.startswith("---\ntitle: T\ndate: 2015-03-04\nexecutable: true\n---\n\n")
    return adopted.split("---\n\n", 1)[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    :::python\n    x = 1\n\n    y\n", f"```{NOEVAL('python')}\nx = 1\n\ny\n```\n"),
        ("\t:::cpp\n\tint x;\n", f"```{NOEVAL('c++')}\nint x;\n```\n"),
        ("    #!ruby\n    puts 1\n", f"```{NOEVAL('ruby')}\nputs 1\n```\n"),
        ("    #!/bin/sh\n    ls\n", "```text\n#!/bin/sh\nls\n```\n"),
        ("    some text\n", "```text\nsome text\n```\n"),
        ("    :::text\n    some text", "```text\nsome text\n```\n"),
        ("```py\nx\n```\n", f"```{NOEVAL('python')}\nx\n```\n"),
        ('```python {hl_lines="1 3"}\nx\n```\n', f"```{NOEVAL('python')}\nx\n```\n"),
        ("``` {.c .numberLines}\nx;\n```\n", f"```{NOEVAL('c')}\nx;\n```\n"),
        ("```{: .sh }\nls\n```\n", f"```{NOEVAL('bash')}\nls\n```\n"),
        ('~~~~{hl_lines="1" .python}\nx\n~~~~\n', f"```{NOEVAL('python')}\nx\n```\n"),
        ("~~~ python\n```\n~~~\n", f"~~~{NOEVAL('python')}\n```\n~~~\n"),
        ("```html\n<b>\n```\n", f"```{NOEVAL('html')}\n<b>\n```\n"),
        ("```\nplain\n```\n", "```text\nplain\n```\n"),
        ("```json\n{}\n```\n", "```json\n{}\n```\n"),
        ("```YAML hl_lines=1\na: 1\n```\n", "```yaml\na: 1\n```\n"),
        ("    ```\n    :::x\n", "````text\n```\n:::x\n````\n"),
        ("> q\n>\n>     :::sql\n>     select\n", f"> q\n>\n> ```{NOEVAL('sql')}\n> select\n> ```\n"),
        ("1. a\n\n        :::js\n        x\n", f"1. a\n\n   ```{NOEVAL('javascript')}\n   x\n   ```\n"),
    ],
    ids=lambda text: repr(text)[:40],
)
def test_code_becomes_a_fence_that_says_it_was_not_run(old, new):
    assert body_of(old) == new
    again = adopt(adopt(YAML + old, DATA_LANGUAGES).text, DATA_LANGUAGES)
    assert again.text == adopt(YAML + old, DATA_LANGUAGES).text, "adopting twice is adopting once"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Title: A\nDate: 2015-01-01\n\nText\n", "Title: A\nDate: 2015-01-01\nExecutable: true\n\nText\n"),
        (
            "title: A\nsummary: one\n    two\n\nText",
            "title: A\nsummary: one\n    two\nExecutable: true\n\nText",
        ),
        ("Title: A", "Title: A\nExecutable: true\n"),
        ("---\r\ntitle: A\r\n---\r\n", "---\r\ntitle: A\r\nexecutable: true\r\n---\r\n"),
        ("---\ntitle: A\nexecutable: false\n---\n", "---\ntitle: A\nexecutable: true\n---\n"),
        ("\ufeffText\n", "\ufeff---\nexecutable: true\n---\n\nText\n"),
        ("Text\n", "---\nexecutable: true\n---\n\nText\n"),
        ("", "---\nexecutable: true\n---\n\n"),
    ],
)
def test_either_header_says_executable(old, new):
    assert adopt(old, DATA_LANGUAGES).text == new


PROSE = st.lists(
    st.sampled_from(
        [
            "One  line, two spaces  ",
            "* a\n* b",
            "> quoted",
            "# Heading #",
            "<div>\nraw &amp; html\n</div>",
            "[a]: http://example.org 'x'",
            "tab\there `code`",
            "| a | b |\n|---|---|\n| 1 | 2 |",
            "漢字 – é",
            "Setext\n====",
            "***",
        ]
    ),
    min_size=1,
    max_size=3,
).map("\n\n".join)
CODE = st.sampled_from(
    [
        "    :::python\n    x\n\n    y",
        "    plain",
        "```py\nx\n```",
        "~~~ {.ruby}\nputs\n~~~",
        "```text\nt\n```",
        "```\nx\n```",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(PROSE, CODE), max_size=5), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_no_byte_of_prose_is_lost(parts, end, closed):
    text = (
        YAML + "\n\n".join(f"{prose}\n\nafter\n\n{code}" for prose, code in parts) + ("\n" if closed else "")
    )
    text = text.replace("\n", end)
    adopted = adopt(text, DATA_LANGUAGES).text
    at = 0
    for prose, _ in parts:
        piece = prose.replace("\n", end) + f"{end}{end}after{end}{end}"
        at = adopted.index(piece, at) + len(piece)
    fences = [line for line in split_lines(adopted) if "noeval" in line]
    assert len(fences) == sum("x\n\n" in c or ".ruby" in c or "py\n" in c for _, c in parts)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab:#`~ \t\n\r>-1.{}\ufeff\x00\u2028"), max_size=60))
def test_any_text_is_adopted_or_left(text):
    adopted = adopt(text, DATA_LANGUAGES).text
    assert adopt(adopted, DATA_LANGUAGES).text == adopted
    assert len(split_lines(adopted)) >= len(split_lines(text)) or ":::" in text or "#!" in text


@pytest.fixture
def site(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("[tool.executable_posts]\n")
    (tmp_path / "content").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


OLD = YAML + "Prose.\n\n    :::python\n    1 / 0\n\n<pre>x</pre>\n"


def test_adopt_says_what_it_did_and_undoes_itself(site, capsys):
    path = site / "content" / "old.md"
    path.write_text(OLD)
    assert main(["adopt", "--dry-run", "content/old.md"]) == 0
    diff = capsys.readouterr().out
    assert "+executable: true" in diff
    assert "-    1 / 0" in diff
    assert path.read_text() == OLD

    assert main(["adopt", "content/old.md"]) == 0
    said = capsys.readouterr().out
    assert "content/old.md:4: executable: true added" in said
    assert "content/old.md:8: indented :::python became ```{.python .noeval" in said
    assert "content/old.md:11: left as it is: <pre>" in said
    assert not check_post(path, Config(root=site)).faults, "it builds before a block is switched on"
    adopted = path.read_text()
    assert main(["adopt", "content/old.md"]) == 0
    assert "executable already" in capsys.readouterr().out

    path.write_text(adopted + "More.\n")
    assert main(["adopt", "--undo", "content/old.md"]) == 1
    assert "was edited since" in capsys.readouterr().err
    assert path.read_text() == adopted + "More.\n"
    assert main(["adopt", "--undo", "--force", "content/old.md"]) == 0
    assert path.read_text() == OLD
    assert (site / "content" / "old.md.edited").read_text() == adopted + "More.\n"

    assert main(["adopt", "content/old.md"]) == 0
    assert main(["adopt", "--undo", "content/old.md"]) == 0
    assert path.read_text() == OLD
    assert main(["adopt", "--undo", "content/old.md"]) == 1
    assert "was not adopted here" in capsys.readouterr().err


def test_one_faulty_post_leaves_all_as_they_were(site, capsys):
    (site / "content" / "a.md").write_text(OLD)
    (site / "content" / "b.md").write_bytes(b"\xff")
    assert main(["adopt", "content/a.md", "content/b.md"]) == 1
    assert "b.md:1: invalid UTF-8" in capsys.readouterr().err
    assert {p.name: p.read_bytes() for p in (site / "content").iterdir()} == {
        "a.md": OLD.encode(),
        "b.md": b"\xff",
    }
