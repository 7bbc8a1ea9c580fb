"""Settings that are wrong end the build with one error at their line: never an empty site and exit code 0."""

from __future__ import annotations

import subprocess
import sys

import pytest

from executable_posts.config import load
from executable_posts.errors import PostError
from support import blogs

HEAD = "[project]\nname = 'x'\n\n[tool.executable_posts]\nrequired = ['title']\n"

# what stands in pyproject.toml: line of the fault, words
FAULTS = {
    "typo": (HEAD + 'posst = ["content"]\n', 6, "has no key 'posst'"),
    "typo says what was meant": (HEAD + "time-out = 3\n", 6, "did you mean 'timeout'?"),
    "typo in a dotted key": ("tool.executable_posts.timout = 3\n", 1, "did you mean 'timeout'?"),
    "typo in an inline table": (
        "[tool]\nexecutable_posts = { browsr = true }\n",
        2,
        "did you mean 'browser'?",
    ),
    "quoted key": (HEAD + '"postz" = []\n', 6, "did you mean 'posts'?"),
    "table named with a hyphen": (
        '[tool.executable-posts]\nposts = ["content"]\n',
        1,
        "name it [tool.executable_posts]",
    ),
    "table misspelt": (
        '[tool.ruff]\n\n[tool.executeable_posts]\nposts = ["content"]\n',
        3,
        "name it [tool.executable_posts]",
    ),
    "no table at all": ("[tool]\nexecutable_posts = 3\n", 2, "make it a table"),
    "TOML": (HEAD + "x =\n", 6, "not valid TOML"),
    "TOML, twice": (HEAD + "required = []\n", 6, "not valid TOML"),
    "string for a list": (HEAD + 'posts = "content"\n', 6, "a list of strings"),
    "list of numbers": (HEAD + "inputs = [1]\n", 6, "a list of strings"),
    "number for a string": (HEAD + "notebooks = 3\n", 6, "a string"),
    "string for a switch": (HEAD + 'browser = "yes"\n', 6, "true or false"),
    "number for a switch": (HEAD + "browser = 1\n", 6, "true or false"),
    "negative": (HEAD + "timeout = -1.0\n", 6, "a positive number"),
    "not a number": (HEAD + "timeout = nan\n", 6, "a positive number"),
    "endless": (HEAD + "timeout = inf\n", 6, "a positive number"),
    "page": (HEAD + 'page = "themes"\n', 6, "did you mean theme?"),
    "absolute": (HEAD + 'notebooks = "/tmp/x"\n', 6, "an absolute path"),
    "outside": (HEAD + 'posts = ["../content"]\n', 6, "outside of the site"),
    "empty name": (HEAD + 'posts = [""]\n', 6, 'write "."'),
    "folder that is not there": (HEAD + '\n# posts\nposts = ["contents"]\n', 8, "such as 'content'"),
    "file for a folder": (HEAD + 'posts = ["pelicanconf.py"]\n', 6, "is a file"),
    "glob for a folder": (HEAD + 'posts = ["content/*.md"]\n', 6, "does not exist"),
    "folder for a glob": (HEAD + 'inputs = ["content/a"]\n', 6, 'name its files: "content/a/**/*"'),
    "no modules": (HEAD + 'explorables = "toys"\n', 6, "there is no folder 'toys'"),
    "another root than Pelican's": (
        HEAD + 'content_root = "content/a"\n',
        6,
        'write content_root = "content"',
    ),
    "no root": (HEAD + 'content_root = "texts"\n', 6, "is no folder"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_one_error_at_its_line(tmp_path, capsys, case):
    text, line, words = FAULTS[case]
    root = blogs.many(tmp_path, count=1, ours=0)
    (root / "pyproject.toml").write_text(text)
    with pytest.raises(SystemExit) as ended:
        blogs.build(root, "many")
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert told.count("error: ") == 1
    assert f"pyproject.toml:{line}: " in told, told
    assert words in told
    assert "\n  mend: " in told
    assert not (root / "built").exists(), "nothing is half-written"


@pytest.mark.parametrize("case", ["typo", "TOML", "folder that is not there"])
def test_plain_pelican_ends_with_1(tmp_path, case):
    text, line, words = FAULTS[case]
    root = blogs.many(tmp_path, count=2, ours=1)
    (root / "pyproject.toml").write_text(text)
    (root / "pelicanconf.py").write_text(
        (root / "pelicanconf.py").read_text() + 'PLUGINS = ["executable_posts"]\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "pelican", "content", "-s", "pelicanconf.py"],
        cwd=root, capture_output=True, text=True, timeout=120, env=blogs.environment(),
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    assert f"pyproject.toml:{line}: " in done.stderr
    assert words in done.stderr
    assert "Processed" not in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("missing", ["yaml", "nbclient", "jupytext", "rjsmin"])
def test_a_missing_package_is_told_as_such(tmp_path, missing):
    root = blogs.many(tmp_path, count=1, ours=1)
    (root / "pelicanconf.py").write_text(
        (root / "pelicanconf.py").read_text() + 'PLUGINS = ["executable_posts"]\n'
    )
    without = f"import sys; sys.modules[{missing!r}] = None; from pelican import main; main(['content', '-s', 'pelicanconf.py'])"
    done = subprocess.run(
        [sys.executable, "-c", without],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        env=blogs.environment(),
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"needs {missing!r}, which is not installed here" in done.stderr
    assert "a fault of the engine" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_blog_without_our_plugin_does_not_need_our_packages(tmp_path):
    """Pelican imports every plugin that is installed, whichever a blog uses."""
    root = blogs.many(tmp_path, count=1, ours=0)
    (root / "pelicanconf.py").write_text((root / "pelicanconf.py").read_text() + "PLUGINS = []\n")
    without = "import sys; sys.modules['yaml'] = None; from pelican import main; main(['content', '-s', 'pelicanconf.py'])"
    done = subprocess.run(
        [sys.executable, "-c", without],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        env=blogs.environment(),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_glob_without_a_match_is_a_warning_with_its_line(tmp_path, capsys):
    root = blogs.many(tmp_path, count=2, ours=1)
    (root / "pyproject.toml").write_text(HEAD + 'inputs = ["data/*.csv"]\n')
    blogs.build(root, "many")
    told = capsys.readouterr().err
    assert told.count("warning: pyproject.toml:6: inputs: no file matches 'data/*.csv'") == 1


def test_somebody_else_s_table_is_left_alone(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[tool.executable]\nx = 1\n[tool.posts]\n[tool.blog]\n")
    assert not load(tmp_path).found


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool.poetry]\n", ""])
def test_a_file_without_tools_is_none_of_ours(tmp_path, text):
    (tmp_path / "pyproject.toml").write_text(text)
    assert not load(tmp_path).found


def test_an_absent_folder_is_an_error_of_the_command_line_and_of_pytest(tmp_path):
    (tmp_path / "pyproject.toml").write_text(HEAD + 'posts = ["contents"]\n')
    (tmp_path / "content").mkdir()
    for command in (["executable_posts", "run"], ["pytest", "-p", "no:cacheprovider"]):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            env=blogs.environment(),
        )
        assert done.returncode in (1, 4)
        assert "pyproject.toml:6: posts: the folder 'contents' does not exist" in done.stderr + done.stdout


def test_a_file_that_is_not_utf8_is_an_error(tmp_path):
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.executable_posts]\n# caf\xe9\n")
    with pytest.raises(PostError, match="save the file as UTF-8"):
        load(tmp_path)
