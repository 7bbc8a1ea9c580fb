"""A language that another distribution brings: found by its entry point, run, coloured, paired, tested, and faulty."""

from __future__ import annotations

import os
import sys

import pytest

# Runs by the interpreter that is always there; a name that neither jupytext nor Pygments knows.
MODULE = """import re, sys
from executable_posts.languages import BlockFailed, Language
from executable_posts.languages.process import ending, run_program

def run(cell):
    ended = run_program([sys.executable, "-I", "-"], text=cell.padded.replace("say ", "print "))
    if ended.code:
        line = re.findall(r'line (\\d+)', ended.errors)
        raise BlockFailed(f"the margherita program {ending(ended.code)}", int(line[-1]) if line else cell.line)

MARGHERITA = Language(name="margherita", label="Margherita", misspelt=("pizza",), suffixes=(".pizza",), lexer="python",
                      needs="an oven", run=run, tool=lambda: (sys.executable,))
"""
POST = """```python
%load_ext executable_posts
from pathlib import Path
from executable_posts.authors import show
show(Path("x.pizza"))
```

```margherita name="slice" tags=["hide-output"]
say ("buon appetito")
for topping in ():
    pass
```

```c++
int main() {}
```
"""


class PlugIns:
    """Install distributions that bring languages into a folder of their own."""

    def __init__(self, blog):
        self.blog, self.folder = blog, blog.root / "installed"
        self.folder.mkdir()
        self.env = {
            "PYTHONPATH": os.pathsep.join([str(self.folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        }

    def install(self, name: str, entry: str, module: str = MODULE):
        (self.folder / f"{name.replace('-', '_')}.py").write_text(module)
        info = self.folder / f"{name.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[executable_posts.languages]\n{entry}\n")

    def engine(self, *args):
        return self.blog.engine(*args, **self.env)


@pytest.fixture
def plug_ins(blog):
    (blog.root / "x.pizza").write_text("say ('x')\n")
    return PlugIns(blog)


@pytest.fixture
def margherita(plug_ins):
    plug_ins.install("margherita-oven", "margherita = margherita_oven:MARGHERITA")
    return plug_ins


def test_its_blocks_run_are_coloured_paired_and_tested(margherita, blog):
    blog.write(POST)
    done = margherita.engine("sync")
    assert done.returncode == 0, done.stderr
    twin = blog.root / "notebooks" / "post.ipynb"
    assert "%%margherita\\n" in twin.read_text()
    assert margherita.engine("sync", "--check").returncode == 0

    pelican = [
        sys.executable,
        "-m",
        "pelican",
        ".",
        "-s",
        "pelican.conf.py",
        "--fatal",
        "errors",
        "-o",
        "{output}",
    ]
    done = margherita.engine("publish", "--", *pelican)
    assert done.returncode == 0, done.stderr
    page = blog.output()["a-post/index.html"].decode()
    assert "buon appetito" in page
    assert ">Margherita<" in page
    assert "<b>for </b>topping <b>in </b>" in page
    assert "say (<span" in page  # the file shown, by its suffix

    tests = blog.run("-m", "pytest", "-p", "no:cacheprovider", "-v", "content", **margherita.env)
    assert tests.returncode == 0, tests.stdout
    assert "::L16-slice PASSED" in tests.stdout

    # The notebook's side: an edited cell comes back as the same fence.
    twin.write_text(twin.read_text().replace("buon appetito", "alla prossima"))
    assert margherita.engine("sync").returncode == 0
    text = (blog.root / "content" / "post.md").read_text()
    assert text.endswith(POST.replace("buon appetito", "alla prossima"))


def test_its_errors_name_the_line(margherita, blog):
    blog.write("```margherita\nsay (1)\nsay (1 / 0)\n```\n")
    done = margherita.engine("run")
    assert done.returncode == 1
    assert (
        f"content/post.md:{blog.line_of('1 / 0')}: BlockFailed: the margherita program returned 1"
        in done.stderr
    )
    blog.write("```pizza\nsay (1)\n```\n")
    assert "write 'margherita': blocks have one spelling" in margherita.engine("run").stderr
    blog.write('```margherita magic_args="x"\nsay (1)\n```\n')
    assert "magic_args on a margherita block" in margherita.engine("run").stderr


@pytest.mark.parametrize(
    ("entry", "module", "says"),
    [
        (
            "margherita = bad_oven:X",
            "import no_such_thing",
            "cannot be loaded: ModuleNotFoundError: No module named",
        ),
        ("margherita = bad_oven:X", "", "cannot be loaded: AttributeError"),
        ("margherita = bad_oven:X", "X = 1", "is a int, not an executable_posts.languages.Language"),
        (
            "margherita = bad_oven:MARGHERITA",
            MODULE.replace('"margherita"', '"other"'),
            "calls itself 'other'",
        ),
        ("margherita = bad_oven:MARGHERITA", MODULE.replace(" run=run,", ""), "has no run"),
        ("python = bad_oven:MARGHERITA", MODULE, "has the name of one of the engine's own"),
    ],
)
def test_a_faulty_one_is_one_error_that_names_its_distribution(plug_ins, blog, entry, module, says):
    plug_ins.install("bad-oven", entry, module)
    blog.write("```margherita\nsay (1)\n```\n")
    done = plug_ins.engine("run")
    assert done.returncode == 1
    assert says in done.stderr
    (error,) = (line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert error.startswith("error: bad-oven (installed): its language ")
    assert "pip uninstall bad-oven" in done.stderr
    assert "Traceback" not in done.stderr


def test_two_of_one_name_are_refused_and_a_post_that_needs_none_does_not_mind(margherita, blog):
    margherita.install("other-oven", "margherita = other_oven:MARGHERITA")
    blog.write("```margherita\nsay (1)\n```\n")
    done = margherita.engine("run")
    assert done.returncode == 1
    assert "is brought by" in done.stderr
    blog.write("```python\n1\n```\n")
    assert margherita.engine("run").returncode == 0


def test_a_build_that_needs_none_does_not_look_for_them(blog):
    blog.write("```python\n1\n```\n\n```javascript\n1\n```\n\n```text\nx\n```\n")
    code = (
        "import pathlib; from executable_posts import languages; from executable_posts.site.build import Site;"
        "Site().read(pathlib.Path('content/post.md')); print(languages._plug_ins.cache_info().currsize)"
    )
    assert blog.run("-c", code).stdout == "0\n"
