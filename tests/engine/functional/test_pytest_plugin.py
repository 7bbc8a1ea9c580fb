"""One pytest item a block, and nothing left out."""

from __future__ import annotations

import json

import pytest

BODY = """```python name="one"
value = 1
print("ran one")
```

```python
value += 1
```

```python name="three"
assert value == 2
```

Value {eval}`value`.

```bash name="four"
echo four
```
"""


def outcomes(done):
    """Map item name to outcome from `pytest -v`."""
    found = {}
    for line in done.stdout.splitlines():
        if line.startswith("content/post.md::") and " " in line:
            name, outcome = line.split("::", 1)[1].split()[:2]
            found[name] = outcome
    return found


@pytest.fixture
def paired(blog):
    def write(body=BODY):
        blog.write(body)
        blog.sync()
        return blog

    return write


def test_every_block_is_an_item_with_its_line_and_name(paired):
    blog = paired()
    blog.cold = True
    done = blog.pytest()
    first = blog.line_of("```python name")
    expected = [
        "completeness",
        "pairing",
        f"L{first}-one",
        f"L{first + 5}",
        f"L{first + 9}-three",
        f"L{first + 15}-four",
        "page",
    ]
    assert outcomes(done) == dict.fromkeys(expected, "PASSED")
    assert done.returncode == 0


@pytest.mark.parametrize("how", ["-k", "id"])
def test_one_item_runs_what_it_depends_on(paired, how):
    blog = paired()
    line = blog.line_of('name="three"')
    item = f"L{line}-three"
    done = (
        blog.pytest("-k", "three")
        if how == "-k"
        else blog.run("-m", "pytest", "-v", f"content/post.md::{item}")
    )
    assert outcomes(done) == {item: "PASSED"}


def test_a_failing_block_is_one_failure_and_the_rest_are_not_run_because_of_it(paired):
    blog = paired(BODY.replace("value += 1", "value += oops"))
    done = blog.pytest("-rs")
    assert list(outcomes(done).values()) == [
        "PASSED",
        "PASSED",
        "PASSED",
        "FAILED",
        "SKIPPED",
        "SKIPPED",
        "SKIPPED",
    ]
    line = blog.line_of("oops")
    assert f"content/post.md:{line}: NameError: name 'oops' is not defined" in done.stdout
    assert f"not run: content/post.md:{line} failed" in done.stdout
    assert done.returncode == 1


def test_a_selected_item_fails_when_an_unselected_dependency_fails(paired):
    blog = paired(BODY.replace("value += 1", "value += oops"))
    done = blog.pytest("-k", "three")
    assert list(outcomes(done).values()) == ["FAILED"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{eval}`value`", "{eval}`valu`", "NameError"),
        ('name="one"', 'name="one" tags=["raises-exception"]', "did not raise"),
    ],
)
def test_values_and_promises_are_checked(paired, old, new, words):
    blog = paired(BODY.replace(old, new))
    done = blog.pytest()
    assert words in done.stdout
    assert list(outcomes(done).values()).count("FAILED") == 1


def test_a_post_that_cannot_be_read_is_an_error(blog):
    blog.write("```py\nx\n```\n")
    done = blog.pytest()
    assert done.returncode == 2
    assert f"content/post.md:{blog.line_of('```py')}: unknown fence language 'py'" in done.stdout


def test_a_missing_or_stale_notebook_fails(blog):
    blog.write(BODY)
    assert outcomes(blog.pytest())["pairing"] == "FAILED"
    blog.sync()
    blog.write(BODY + "\n```python\n1\n```\n")
    found = outcomes(blog.pytest())
    assert (found["completeness"], found["pairing"]) == ("FAILED", "FAILED")


def test_a_cell_only_the_notebook_has_fails_completeness(paired):
    blog = paired()
    twin = blog.root / "notebooks" / "post.ipynb"
    nb = json.loads(twin.read_text())
    nb["cells"].append(
        {
            "cell_type": "code",
            "metadata": {},
            "source": "1",
            "outputs": [],
            "execution_count": None,
            "id": "z",
        }
    )
    twin.write_text(json.dumps(nb))
    done = blog.pytest()
    assert outcomes(done)["completeness"] == "FAILED"
    assert "4 found by the parser" in done.stdout
    assert "5 cells of notebooks/post.ipynb" in done.stdout


def test_a_post_without_blocks_must_say_so(blog):
    blog.write("Only prose.\n")
    assert outcomes(blog.pytest())["completeness"] == "FAILED"
    blog.write("Only prose.\n", header="---\ntitle: T\ndate: 2026-01-02\nblocks: none\n---\n")
    assert outcomes(blog.pytest()) == {"completeness": "PASSED", "page": "PASSED"}


def test_the_plugin_stays_out_of_projects_without_posts(tmp_path):
    import subprocess
    import sys

    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\nversion = '1'\n")
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "post.md").write_text("```python\n1 / 0\n```\n")
    (tmp_path / "test_a.py").write_text("def test_a():\n    pass\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert "1 passed" in done.stdout


def test_what_the_build_refuses_the_tests_refuse(paired):
    blog = paired(BODY + "\nA link to [nothing](#nothing).\n")
    done = blog.pytest()
    found = outcomes(done)
    assert found.pop("page") == "FAILED"
    assert set(found.values()) == {"PASSED"}
    assert "nothing on the page has that name" in done.stdout


def test_the_page_is_rendered_as_the_site_renders_it(paired):
    """What only the whole of a page needs: the files beside it, and what comes along into its Python."""
    blog = paired(
        "```python\nfrom executable_posts.authors import Explorable\nExplorable('a', {}, 'b')\n```\n"
    )
    done = blog.pytest()
    assert outcomes(done)["page"] == "FAILED"
    assert "shows an explorable and has no name" in done.stdout
    settings = blog.root / "pyproject.toml"
    settings.write_text(settings.read_text() + 'browser = true\nbrowser_packages = ["lib/shop"]\n')
    blog.write("```python\n1\n```\n")
    blog.sync()
    done = blog.pytest()
    assert outcomes(done)["page"] == "FAILED"
    assert "browser_packages: there is no lib/shop" in done.stdout


def test_a_value_before_the_first_block_fails_once(paired):
    blog = paired("Early {eval}`oops`.\n\n" + BODY)
    assert list(outcomes(blog.pytest()).values()).count("FAILED") == 1


def test_bad_settings_are_one_line(blog):
    (blog.root / "pyproject.toml").write_text("[tool.executable_posts]\nposst = []\n")
    done = blog.pytest()
    assert done.returncode == 4
    assert "has no key 'posst'" in done.stderr
    assert "INTERNALERROR" not in done.stdout + done.stderr


@pytest.mark.parametrize("how", [[], ["--dist", "loadgroup"]])
def test_under_xdist_a_post_stays_on_one_worker(paired, how):
    """Each block that ran leaves a line with its kernel's process: one a post, each block once."""
    blog = paired()
    block = "```python\nimport os\nwith open('ran', 'a') as f:\n    print('NAME', os.getpid(), file=f)\n```\n"
    names = ["a", "b", "c"]
    for name in names:
        header = f"---\ntitle: {name}\ndate: 2026-01-02\nslug: {name}\n---\n\n"
        body = "\n".join([block.replace("NAME", name)] * 4)
        blog.write(body, f"{name}.md", header)
    blog.write("```python\n1\n```\n")
    blog.sync()
    done = blog.pytest("-n", "2", *how)
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.split() for line in (blog.root / "ran").read_text().splitlines()]
    assert sorted(name for name, _ in lines) == sorted(names * 4)
    assert len({tuple(line) for line in lines}) == 3, "a post ran in more than one kernel"
    passed = [line.split() for line in done.stdout.splitlines() if " PASSED " in line]
    workers = {(words[-1].partition("::")[0], words[0]) for words in passed}
    assert len(workers) == 4, "a post was on more than one worker"
    assert "[gw1]" in {worker for _, worker in workers}, "the posts were not spread"
    assert not any("@" in words[-1] for words in passed), "an item's name can be given back to pytest"


KERNELS = """
from executable_posts.running.kernel import KernelRunner

def told(word, method):
    def call(self):
        with open("kernels", "a") as file:
            print(word, file=file)
        return method(self)
    return call

KernelRunner.start = told("start", KernelRunner.start)
KernelRunner.stop = told("stop", KernelRunner.stop)
"""


def kernels(blog, *how: str) -> list[str]:
    """Run the items; give what was done to kernels."""
    (blog.root / "conftest.py").write_text(KERNELS)
    done = blog.pytest(*how)
    assert "INTERNALERROR" not in done.stdout
    file = blog.root / "kernels"
    return sorted(file.read_text().split()) if file.exists() else []


def test_a_kernel_that_was_started_before_it_was_needed_is_stopped(paired):
    """The second post cannot be collected, so pytest runs nothing at all."""
    blog = paired()
    blog.write("```py\nx\n```\n", "z.md")
    assert kernels(blog) == ["start", "stop"]


def test_under_xdist_no_worker_starts_a_kernel_for_another_s_post(paired):
    assert kernels(paired(), "-n", "2") == ["start", "stop"]


def test_a_kernel_that_started_while_collecting_ends_with_a_post_that_cannot_be_read(blog):
    """The first post's kernel comes up before the post is parsed."""
    blog.write("```python\n1\n```\n\n```py\n2\n```\n")
    (blog.root / "temp").mkdir()
    done = blog.run("-m", "pytest", "-p", "no:cacheprovider", "content", TMPDIR=str(blog.root / "temp"))
    assert done.returncode == 2, done.stdout
    assert list((blog.root / "temp").iterdir()) == []
