"""A blog switches Python in the page on: with npm, without it, and without a network."""

from __future__ import annotations

import io
import json
import shutil
import sys
import zipfile

import pytest

from executable_posts.browser import npm_packages, runtime
from executable_posts.browser.contents import contents
from executable_posts.browser.packing import archive
from executable_posts.config import load
from executable_posts.errors import PostError
from support.blog import ROOT
from support.browsers import absent

SWITCHED_ON = """[tool.executable_posts]
posts = ["content"]
browser = true
browser_packages = ["lib/shop"]
browser_files = ["data/*.json"]
run_command = "pytest {item}"
"""
POST = """```python name="first"
from shop import price
print(price(2))
```

```python name="second"
import threading
print(threading.active_count() > 0)
```
"""


@pytest.fixture
def shop(blog, monkeypatch):
    """Give a blog with a package of its own and Python in its pages switched on."""
    (blog.root / "pyproject.toml").write_text(SWITCHED_ON)
    package = blog.root / "lib" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def price(n):\n    return 9 * n\n")
    (blog.root / "data").mkdir()
    (blog.root / "data" / "menu.json").write_text("{}")
    monkeypatch.setenv("PYTHONPATH", str(blog.root / "lib"))
    return blog


def lend_modules(blog) -> None:
    """Let a blog use what npm has already fetched for our own site, if it has."""
    done = runtime.prepare(load(ROOT))
    assert done is not None, "npm's registry cannot be reached"
    base = load(blog.root).cache_dir / "browser"
    base.mkdir(parents=True)
    for place in (load(ROOT).cache_dir / "browser").glob("npm-*"):
        (base / place.name).symlink_to(place, target_is_directory=True)


def test_a_blog_gets_its_runtime_once(shop):
    if npm_packages.find_npm() is None:
        absent("no npm here; requirements-node.txt brings one")
    lend_modules(shop)
    shop.write(POST)
    done = shop.html()
    assert done.returncode == 0, done.stderr
    files = {name: content for name, content in shop.output().items() if name.startswith("python/")}
    (manifest,) = (json.loads(c) for n, c in files.items() if n.endswith("manifest.json"))
    names = {name.split("/")[-1] for name in files}
    assert {"pyodide.mjs", "pyodide.asm.wasm", "worker.js", "editor.js", "part0.zip", "NOTICE.txt"} <= names
    assert {a["file"] for a in manifest["archives"]} <= names
    page = shop.output()["a-post/index.html"].decode()
    folder = next(iter(files)).rpartition("/")[0]
    assert f'<meta name="python-runtime" content="../{folder}/">' in page
    assert page.count('data-run="here"') == 1
    assert "It needs threads:" in page
    line = shop.line_of('name="second"')
    assert f"pytest content/post.md::L{line}-second" in page
    blocks = json.loads(shop.output()["a-post/a-post_blocks.json"])
    assert [b["index"] for b in blocks["blocks"]] == [0, 1]
    assert "http" not in json.dumps(manifest)
    lock = next(c for n, c in files.items() if n.endswith("pyodide-lock.json"))
    assert json.loads(lock)["packages"] == {}

    again = shop.html()
    assert "npm" not in again.stderr
    assert {n: c for n, c in shop.output().items() if n.startswith("python/")} == files


def test_without_the_registry_the_page_is_published_without_run_buttons(shop):
    if npm_packages.find_npm() is None:
        absent("no npm here; requirements-node.txt brings one")
    shop.write(POST)
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_fetch_retries": "0", "CI": ""}
    nowhere["npm_config_cache"] = str(shop.root / "npm-cache")
    done = shop.html(**nowhere)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stderr.splitlines() if "no Run buttons" in line]
    assert len(said) == 1, done.stderr
    page = shop.output()["a-post/index.html"].decode()
    assert "data-run" not in page
    assert "python-runtime" not in page
    assert "run-elsewhere" not in page
    assert not [name for name in shop.output() if name.startswith("python/") or name.endswith("_blocks.json")]

    before = shop.output()
    strict = shop.html(**{**nowhere, "CI": "true"})
    assert strict.returncode == 1
    assert "browser = true, and npm could not fetch" in strict.stderr
    assert shop.output() == before


def test_without_npm_it_says_what_brings_one(shop, monkeypatch):
    monkeypatch.setattr(npm_packages, "find_npm", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    said = []
    assert runtime.prepare(load(shop.root), said.append) is None
    assert said == [
        'no Run buttons: there is no npm here; `pip install "executable-posts[browser]"` brings one; the next build tries again'
    ]
    monkeypatch.setenv("CI", "true")
    with pytest.raises(PostError, match="there is no npm here"):
        runtime.prepare(load(shop.root))


def test_npm_beside_the_interpreter_is_found(monkeypatch, tmp_path):
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert npm_packages.find_npm() == str(npm)


def test_a_missing_package_is_an_error(shop):
    shutil.rmtree(shop.root / "lib" / "shop")
    with pytest.raises(PostError, match=r"browser_packages: there is no lib/shop"):
        runtime.prepare(load(shop.root))


def test_archives_are_whole_and_the_same_each_time():
    files = {"shop/__init__.py": b"x = 1\n", "shop/menu.py": b"y = 2\n" * 99}
    one, two = archive(files), archive(dict(reversed(files.items())))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        assert packed.testzip() is None
        assert {name: packed.read(name) for name in packed.namelist()} == files
        assert {(e.date_time, e.create_system, e.external_attr >> 16) for e in packed.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), 3, 0o644)
        }
    assert len(one) < 600


def test_each_folder_of_the_page_has_its_archive(shop):
    write_emulation(shop)
    config = load(shop.root)
    packed = {a.into: a for a in runtime.pack(config, contents(config))}
    assert {into: a.searched for into, a in packed.items()} == {
        ".engine": "first",
        "lib": "first",
        "fake": "last",
        ".": "",
    }
    assert list(packed["lib"].files) == ["shop/__init__.py"]
    assert sorted(packed["fake"].files) == ["serial.py", "wire.py"]
    assert list(packed["."].files) == ["data/menu.json"]
    assert "executable_posts/in_page/driver.py" in packed[".engine"].files


def test_another_emulation_is_another_runtime(shop):
    keys = []
    for text in ("", "x = 1\n", "x = 2\n"):
        write_emulation(shop, text)
        config = load(shop.root)
        keys.append(runtime._key(runtime.pack(config, contents(config))))
    assert len(set(keys)) == 3


def write_emulation(shop, text: str = "") -> None:
    folder = shop.root / "fake"
    folder.mkdir(exist_ok=True)
    (folder / "serial.py").write_text("import wire\n" + text)
    (folder / "wire.py").write_text("")
    table = '[tool.executable_posts.emulations]\nfolder = "fake"\npackages = { serial = "serial line" }\n'
    (shop.root / "pyproject.toml").write_text(SWITCHED_ON + table)


def test_the_lock_names_no_host_and_hashes_everything():
    lock = json.loads((runtime.SOURCES / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert len(packages) > 10
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
