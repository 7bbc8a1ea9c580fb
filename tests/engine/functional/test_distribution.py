"""The engine as others get it: built, installed into empty environments, at work on sites that are not ours."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tarfile
import zipfile

import pytest

from support.blog import ROOT
from support.environments import ENGINE, Environment, build, declared, locked, make

MINIMAL = """
    asttokens attrs comm cssselect2 debugpy executable-posts executing fastjsonschema imagesize
    ipykernel ipython ipython-pygments-lexers jedi jinja2 jsonschema jsonschema-specifications
    jupyter-client jupyter-core jupytext latex2mathml markdown-it-py markupsafe matplotlib-inline
    mdit-py-plugins mdurl nbclient nbformat nest-asyncio2 packaging parso pexpect platformdirs
    prompt-toolkit psutil ptyprocess pure-eval pygments python-dateutil pyyaml pyzmq rcssmin referencing rjsmin rpds-py
    stack-data tinycss2 tinyhtml5 tornado traitlets typing-extensions tzdata wcwidth webencodings
"""
PELICAN = "anyio blinker docutils feedgenerator idna markdown ordered-set pelican rich unidecode watchfiles"
# What other Pythons and systems bring or leave out.
ELSEWHERE = {
    "appnope",
    "colorama",
    "decorator",
    "typing-extensions",
    "tzdata",
    "exceptiongroup",
    "pexpect",
    "ptyprocess",
}
TEST = {"iniconfig", "pluggy", "pytest"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    return build(tmp_path_factory.mktemp("dist"))[0]


@pytest.fixture(scope="session")
def constraints(tmp_path_factory):
    return locked(tmp_path_factory.mktemp("locked"))


def environment(factory, wheel, constraints, extras: str) -> Environment:
    env = make(factory.mktemp("env") / "venv")
    env.install("-c", str(constraints), f"executable-posts{extras} @ {wheel.as_uri()}")
    return env


@pytest.fixture(scope="session")
def minimal(tmp_path_factory, wheel, constraints):
    return environment(tmp_path_factory, wheel, constraints, "")


@pytest.fixture(scope="session")
def pelican(tmp_path_factory, wheel, constraints):
    return environment(tmp_path_factory, wheel, constraints, "[pelican,test]")


def test_wheel_and_source_hold_the_engine_and_nothing_else(tmp_path, wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"executable_posts", "pelican", wheel.name.rsplit("-", 3)[0] + ".dist-info"}
    assert not [n for n in names if re.search(r"pizzeria|theme|\.pyc$|__pycache__", n)]
    assert "pelican/__init__.py" not in names, "Pelican's plugins are a namespace"
    assert "pelican/plugins/__init__.py" not in names
    sources = {p.relative_to(ENGINE).as_posix() for p in ENGINE.glob("executable_posts/**/*") if p.is_file()}
    shipped = {name for name in sources if "__pycache__" not in name}
    assert shipped <= set(names)

    other = tmp_path / "other"
    sdist = build(other)[1]
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    again = build(tmp_path / "again", next((tmp_path / "unpacked").iterdir()))[0]
    assert zipfile.ZipFile(again).namelist() == names


def test_the_minimal_install_is_what_it_says(minimal):
    assert minimal.check().returncode == 0, minimal.check().stderr
    assert minimal.names() ^ set(MINIMAL.split()) <= ELSEWHERE


def test_pelican_adds_pelican(pelican):
    assert pelican.check().returncode == 0, pelican.check().stderr
    assert pelican.names() ^ set(MINIMAL.split()) ^ set(PELICAN.split()) <= ELSEWHERE | TEST


def test_the_minimal_install_checks_runs_and_publishes(minimal, tmp_path):
    def run(*args, cwd=tmp_path / "posts"):
        done = minimal.run("executable-posts", *args, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done

    run("new", "folder", cwd=tmp_path)
    run("new", "post", "Die Größe")
    run("check")
    assert "2 blocks passed" in run("run").stderr
    run("sync", "--check")
    run("publish")
    page = (tmp_path / "posts/output/how-long-is-the-queue/index.html").read_text(encoding="utf-8")
    assert "7.9 minutes" in page
    assert "<svg" in page
    told = minimal.run("python", "-m", "executable_posts", "--version", cwd=tmp_path)
    assert told.stdout.startswith(f"executable-posts {declared()['version']}, Python")


def test_without_pelican_a_blog_says_what_is_missing(minimal, tmp_path):
    assert minimal.run("executable-posts", "new", "blog", cwd=tmp_path).returncode == 0
    done = minimal.run("executable-posts", "publish", cwd=tmp_path / "blog")
    assert done.returncode == 1
    assert "pelican: is not installed" in done.stderr
    assert "executable-posts[pelican]" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_blog_builds_and_proves_itself_without_npm_and_without_a_compiler(pelican, tmp_path):
    assert pelican.run("executable-posts", "new", "blog", cwd=tmp_path).returncode == 0
    blog = tmp_path / "blog"
    done = pelican.run("executable-posts", "publish", cwd=blog)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("no Run buttons") == 1
    page = (blog / "output/how-long-is-the-queue.html").read_text(encoding="utf-8")
    assert "a customer waits 7.9 minutes" in re.sub(r"<[^>]+>", "", page)
    assert "<svg" in page
    assert "<figcaption" in page
    proved = pelican.run("pytest", "-v", cwd=blog)
    assert proved.returncode == 0, proved.stdout
    assert "::L12-lunch PASSED" in proved.stdout


def test_all_extras_go_together_and_bring_npm_and_a_compiler(tmp_path_factory, wheel, constraints, tmp_path):
    extras = ",".join(sorted(declared()["optional-dependencies"]))
    env = environment(tmp_path_factory, wheel, constraints, f"[{extras}]")
    assert env.check().returncode == 0, env.check().stderr
    assert not {"executable-pizzeria", "matplotlib", "aiomqtt", "amqtt"} & env.names()
    code = (
        "from executable_posts.browser.npm_packages import find_npm;"
        "from executable_posts.languages.compiler import find_compiler;"
        "print(find_npm(), *find_compiler())"
    )
    done = env.run("python", "-c", code, cwd=tmp_path)
    assert str(env.bin / "npm") in done.stdout, done.stderr
    assert "ziglang c++" in done.stdout


def test_the_lowest_versions_declared_do_what_the_newest_do(tmp_path_factory, wheel, tmp_path):
    project = declared()
    extras = project["optional-dependencies"]
    env = make(tmp_path_factory.mktemp("env") / "venv")
    env.install(
        "--resolution", "lowest-direct", *project["dependencies"], *extras["pelican"], *extras["test"]
    )
    env.install("--no-deps", str(wheel))
    assert env.run("executable-posts", "new", "blog", cwd=tmp_path).returncode == 0
    done = env.run("executable-posts", "publish", cwd=tmp_path / "blog")
    assert done.returncode == 0, done.stderr
    proved = env.run("pytest", "-q", cwd=tmp_path / "blog")
    assert proved.returncode == 0, proved.stdout


def test_the_hooks_install_as_pre_commit_installs_them(tmp_path_factory, tmp_path):
    """pre-commit runs `pip install . ADDITIONAL...` in a clone; the engine lies below this repository's root."""
    env = make(tmp_path_factory.mktemp("env") / "venv")
    env.install(str(ROOT), str(ENGINE))
    assert env.run("executable-posts", "new", "folder", cwd=tmp_path).returncode == 0
    assert env.run("executable-posts", "check", cwd=tmp_path / "posts").returncode == 0


# Imported only where others bring them: an author's own block, the page's emulation of them, a run on several workers.
BROUGHT_BY_OTHERS = {"matplotlib", "xdist"}


def test_whatever_is_imported_is_declared_and_whatever_is_declared_is_imported():
    project = declared()
    names = [
        *project["dependencies"],
        *project["optional-dependencies"]["pelican"],
        *project["optional-dependencies"]["test"],
    ]
    wanted = {re.match(r"[\w-]+", name)[0].lower() for name in names}
    modules = importlib.metadata.packages_distributions()
    imported: set[str] = set()
    for path in [*ENGINE.glob("executable_posts/**/*.py"), *ENGINE.glob("pelican/**/*.py")]:
        inside = "templates" in path.parts
        for node in [] if inside else ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                imported.add(node.module.split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"executable_posts"} - BROUGHT_BY_OTHERS
    packages = {
        next((d for d in modules[m] if d != "executable-posts"), m).lower().replace("_", "-") for m in foreign
    }
    assert packages - wanted == set(), "imported, and not declared"
    # A kernel is named, not imported; before traitlets 5.15 nbclient refuses a time-out of half a second.
    assert wanted - packages <= {"ipykernel", "traitlets"}, "declared, and not imported"
