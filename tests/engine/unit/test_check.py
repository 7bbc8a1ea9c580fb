"""`check`: everything that is wrong, at once, without running a block; and what --fix may mend."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from executable_posts.cli import main
from executable_posts.config import DATA_LANGUAGES, Config
from executable_posts.notebooks import pairing
from executable_posts.reading import post as posts
from executable_posts.reading.fixes import fix, split_lines
from executable_posts.site.faults import check_post

HEADER = "---\ntitle: T\ndate: 2026-01-02\n---\n\n"


@pytest.fixture
def site(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('[tool.executable_posts]\nposts = ["content"]\n')
    (tmp_path / "content").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(site, body, name="a.md", header=HEADER):
    path = site / "content" / name
    path.write_bytes((header + body).encode())
    return path


def found(site, body, header=HEADER):
    checked = check_post(write(site, body, header=header), Config(root=site, posts=("content",)))
    return [(fault.line, fault.found) for fault in checked.faults]


def test_all_faults_of_all_posts_are_found_at_once(site, capsys):
    body = (
        '![]({static}/no.png) and [x]({filename}gone.md) {evil}`1`\n\n```python tags=["hidden"]\n1\n```\n\n'
        '```python\n1 +\n```\n\n{eval}`2 *`\n\n```ruby\nputs\n```\n\n```bash name="a"\n:\n```\n\n```bash name="a"\n:\n```\n'
    )
    write(site, body, header="---\ntitle:\ndate: soon\nstatus: out\n---\n\n")
    write(site, "```pythn\n1\n```\n", name="b.md")
    assert main(["check", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    first = [(entry["line"], entry["found"]) for entry in told if entry["file"] == "content/a.md"]
    assert [line for line, _ in first] == [1, 3, 4, 7, 7, 7, 7, 9, 14, 17, 19, 27]
    words = " ".join(text for _, text in first)
    for part in (
        "no 'title'",
        "soon is not a date",
        "status: out",
        "alternative text",
        "evil",
        "no.png",
        "gone.md",
    ):
        assert part in words
    for part in ("unknown tag 'hidden'", "SyntaxError", "{eval}`2 *`", "'ruby'", "name 'a' is already used"):
        assert part in words
    assert [entry["line"] for entry in told if entry["file"] == "content/b.md"] == [6]
    assert all(entry["mend"] for entry in told)


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("```python\nx = 1\nif x:\ny\n```\n", 9),
        ("```python\nawait x\nreturn 1\n```\n", 8),
        ("```python\n%time x = (\n!ls\nf(:\n```\n", 9),
        ("```python\n'\\x'\n```\n", 7),
        ("```python\nx = \x00\n```\n", 7),
        ("```python\nbreak\n```\n", 7),
    ],
)
def test_python_that_cannot_be_compiled_is_found_at_its_line(site, body, line):
    faults = found(site, body)
    assert [at for at, text in faults if "SyntaxError" in text] == [line]


@pytest.mark.parametrize(
    "block",
    [
        "await x\nasync with y:\n    pass",
        "%matplotlib inline\nx = 1",
        "if x:\n    %time f()",
        "files = !ls\nx = %env HOME",
        "print?",
        "'\\d'",
        "from __future__ import annotations",
    ],
)
def test_what_ipython_understands_is_no_fault(site, block):
    assert not [text for _, text in found(site, f"```python\n{block}\n```\n") if "Syntax" in text]


def test_a_block_that_must_raise_may_be_no_python(site):
    faults = found(site, '```python tags=["raises-exception"]\nf(:\n```\n')
    assert [text for _, text in faults] == ["no paired notebook notebooks/a.ipynb"]


def test_the_pair_is_looked_at(site, capsys):
    path = write(site, "```python\n1\n```\n")
    assert [text for _, text in found(site, "```python\n1\n```\n")] == [
        "no paired notebook notebooks/a.ipynb"
    ]
    config = Config(root=site, posts=("content",))
    pairing.sync(posts.read(path, config.label(path)), config)
    assert main(["check"]) == 0
    twin = site / "notebooks" / "a.ipynb"
    notebook = json.loads(twin.read_text())
    notebook["cells"][-1]["source"] = "2"
    twin.write_text(json.dumps(notebook))
    assert main(["check"]) == 1
    told = capsys.readouterr().err
    assert "disagrees with content/a.md: the notebook changed" in told
    assert "mend: run `executable-posts sync`" in told
    twin.write_text("{}")
    assert main(["check"]) == 1
    twin.rename(twin.with_name("other.ipynb"))
    assert main(["check"]) == 1
    assert "notebooks/other.ipynb: its post is gone" in capsys.readouterr().err


@pytest.mark.parametrize("body", ["```python\n1\n```", "```python\n1\n```\n\nProse."])
def test_a_file_may_end_without_a_newline_as_the_build_lets_it(site, body, capsys):
    path, config = write(site, body), Config(root=site, posts=("content",))
    pairing.sync(posts.read(path, config.label(path)), config)
    assert main(["check", "--fix"]) == 0, capsys.readouterr().err
    assert path.read_text() == HEADER + body


def test_nothing_heavy_is_imported_for_a_post_in_step(site):
    """What the half second is made of: the kernel's and the notebook's packages stay out."""
    path = write(site, "```python\n%time 1\n```\n\n{eval}`1`\n")
    config = Config(root=site, posts=("content",))
    pairing.sync(posts.read(path, config.label(path)), config)
    code = (
        "import sys; from executable_posts.cli import main; assert main(['check']) == 0;"
        "print({'IPython', 'jupytext', 'nbformat', 'nbclient', 'nbconvert', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=site)
    assert done.stdout == "set()\n", done.stderr


def test_a_file_that_is_no_text_is_one_fault(site, capsys):
    (site / "content" / "bad.md").write_bytes(b"---\ntitle: \xff\n---\n")
    assert main(["check", "--github"]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("::error file=content/bad.md,line=2,title=executable-posts::invalid UTF-8")
    assert "%0Amend: save the file as UTF-8" in said.out


def test_an_annotation_escapes_what_github_would_read(site, capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_WORKSPACE", str(site.parent))
    write(site, "```python\n1\n```\n\n{no}`100%`\n", name="a,b.md")
    main(["check", "--github", "content/a,b.md"])
    assert f"::error file={site.name}/content/a%2Cb.md,line=10," in capsys.readouterr().out


def test_wrong_settings_are_told_in_every_form(site, capsys):
    (site / "pyproject.toml").write_text("[tool.executable_posts]\nposst = 1\n")
    assert main(["check", "--json"]) == 1
    said = capsys.readouterr()
    assert "posst" in json.loads(said.out)[0]["found"]
    assert said.err.startswith("error: ")


FIXES = [
    ("```Python\n1\n```\n", "```python\n1\n```\n"),
    ("```py3\n1\n```\n", None),
    ("```cpp\n1\n```\n", "```c++\n1\n```\n"),
    ("```JSON\n1\n```\n", "```json\n1\n```\n"),
    ("- a\n\n  ```SHELL\n  ls\n  ```\n", "- a\n\n  ```bash\n  ls\n  ```\n"),
    ("``` bash  \nls\n```\n", "```bash\nls\n```\n"),
    ("~~~~ python\n1\n~~~~~  \n", "```python\n1\n```\n"),
    ("~~~python\n'''\n```\n'''\n~~~\n", None),
    ("````c++\n1\n````\n", "```c++\n1\n```\n"),
    ('```python name="a" caption="b"\n1\n```\n', '```python caption="b" name="a"\n1\n```\n'),
    ("```python tags='hide-input', name=a\n1\n```\n", '```python name="a" tags=["hide-input"]\n1\n```\n'),
    ('```python tags=["Hide_Input", "hide-input"]\n1\n```\n', '```python tags=["hide-input"]\n1\n```\n'),
    ('```c++ magic-args="-O2" name = "x"\n1\n```\n', '```c++ name="x" magic_args="-O2"\n1\n```\n'),
    ('```python nam="a"\n1\n```\n', None),
    ('```python name="a" name="b"\n1\n```\n', None),
    ('```text name="a"\n1\n```\n', None),
    ('```{.python .noeval reason="x"}\n1\n```\n', None),
    ("```ruby\n1\n```\n", None),
    ("```\n1\n```\n", None),
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("old", "new"), FIXES, ids=lambda text: repr(text))
def test_what_has_one_mend_is_mended_and_nothing_else(old, new, end):
    around = "\ufeff" + HEADER + "Prose  with  spaces \t\n\n"
    text = (around + old + "\nlast  ").replace("\n", end)
    expected = (around + (new or old) + "\nlast  ").replace("\n", end)
    mended, fixes = fix(text, DATA_LANGUAGES)
    assert mended == expected
    assert fix(mended, DATA_LANGUAGES) == (mended, [])
    for done in fixes:
        assert split_lines(text)[done.line - 1].rstrip("\r\n") == done.old


def test_check_fix_writes_and_says_so(site, capsys):
    header = "---\ntitle: T\ndate: 2026-01-02\nstatus: Draft\n---\n\n"
    path = write(site, "``` py\n1\n```", header=header)
    assert main(["check"]) == 1
    said = capsys.readouterr().err
    assert "2 faults in 1 post; `executable-posts check --fix` mends 2" in said
    main(["check", "--fix"])
    assert path.read_text() == header.replace("Draft", "draft") + "```python\n1\n```"
    said = capsys.readouterr().err
    assert "content/a.md:7: ``` py\n  now: ```python" in said
    assert "no paired notebook" in said


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            (
                *(
                    "```",
                    "~~~",
                    "```python",
                    "``` Py",
                    "    ",
                    "> ",
                    "- ",
                    "---",
                    "status: Draft",
                    "title: x",
                ),
                *("x = 1", 'name="a"', "tags=", "{eval}`1`", "<!--", "-->", "![](a)", "`", "\\", "é"),
                *("\r", "\ufeff", "\x00", "\u2028"),
            )
        )
        | st.sampled_from(["\n", "\n\n", "\r\n", " "]),
        max_size=40,
    ).map("".join)
)
def test_any_text_gives_faults_and_never_another_error(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("any")
    path = folder / "content" / "a.md"
    path.parent.mkdir()
    path.write_bytes(text.encode())
    checked = check_post(path, Config(root=folder))
    assert all(fault.found for fault in checked.faults)
    mended, fixes = fix(text, DATA_LANGUAGES)
    before, after = split_lines(text), split_lines(mended)
    assert len(before) == len(after)
    touched = {done.line for done in fixes}
    assert all(a == b for n, (a, b) in enumerate(zip(before, after, strict=True), 1) if n not in touched)
