"""The Python that a reader's page runs: Pyodide and an editor from npm, our packages as zip files, in one folder.

`prepare` makes the folder once and keeps it in the site's cache. A generator copies it into the site; pages name it.
Nothing of it is fetched before a reader asks to run or edit a block.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import PostError
from ..running.pieces import Pieces
from .contents import Contents, contents
from .npm_packages import Unavailable, fetched, put_in_place
from .packing import archive

SOURCES = Path(__file__).parent / "npm"
ENGINE_FOLDER = ".engine"  # in the page, where no site has a folder of its own
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
STDLIB = "python_stdlib.zip"
KEEP = 3  # runtimes of earlier builds that stay in the cache
NOTICE = """Python in this folder is CPython compiled by Pyodide (Mozilla Public License 2.0, https://pyodide.org; CPython: PSF
License 2). editor.js holds CodeMirror 6 and Lezer (MIT License, https://codemirror.net). All are unmodified, the
standard library packed anew.
"""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Hold a finished runtime. folder: where it is; name: a folder name that changes with its content."""

    folder: Path
    name: str


@dataclass(frozen=True, kw_only=True)
class Archive:
    """Hold what is unpacked into one folder of the page. into: from its working directory; searched: where the folder
    stands on the import path, "first", "last" or "" for not at all; files: path below the folder -> content."""

    into: str
    searched: str
    files: dict[str, bytes]


def prepare(
    config: Config, say: Callable[[str], None] = lambda text: None, pieces: Pieces | None = None
) -> Runtime | None:
    """Make the runtime of a site, or find it made; None when npm's registry cannot be had, which ``say`` is told. pieces: as of
    `contents`.

    With CI=true in the environment that is a PostError instead: what is published there must be complete.
    """
    base = config.cache_dir / "browser"
    archives = pack(config, contents(config, pieces))
    name = _key(archives)
    folder = base / name
    if (folder / "manifest.json").is_file():
        os.utime(folder)
        return Runtime(folder=folder, name=name)
    try:
        modules = fetched(SOURCES, base, "Python for the reader's page (8 MB)", say)
        _assemble(modules, folder, archives)
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            raise PostError(
                "pyproject.toml", 0, f"browser = true, and {error}", "connect to the network, or install npm"
            ) from None
        say(f"no Run buttons: {error}; the next build tries again")
        return None
    _forget_old(base, folder)
    return Runtime(folder=folder, name=name)


def pack(config: Config, page: Contents) -> list[Archive]:
    """Sort what a page has into archives, one a folder of the page's file system."""
    folders: dict[tuple[str, str], dict[str, bytes]] = {}
    for module in page.engine.values():
        files = folders.setdefault((ENGINE_FOLDER, "first"), {})
        files[module.path.relative_to(module.root).as_posix()] = module.content
    for module in page.site.values():
        files = folders.setdefault((config.label(module.root), "first"), {})
        files[module.path.relative_to(module.root).as_posix()] = module.content
    for path, content in page.emulated.items():
        folders.setdefault((config.emulations.folder, "last"), {})[path.as_posix()] = content
    if page.data:
        folders[".", ""] = dict(page.data)
    return [Archive(into=into, searched=searched, files=files) for (into, searched), files in folders.items()]


def _key(archives: list[Archive]) -> str:
    digest = hashlib.sha256()
    code = [Path(__file__), Path(__file__).with_name("packing.py")]
    for path in [*sorted(SOURCES.iterdir()), *code]:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    for packed in archives:
        for name, content in sorted(packed.files.items()):
            digest.update(f"{packed.into}:{packed.searched}:{name}\0".encode())
            digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()[:12]


def _assemble(modules: Path, folder: Path, archives: list[Archive]) -> None:
    staging = Path(tempfile.mkdtemp(prefix=".runtime-", dir=folder.parent))
    try:
        staging.chmod(0o755)
        for name in PYODIDE:
            shutil.copyfile(modules / "pyodide" / name, staging / name)
        # The same files, packed as tightly as zip can; nobody compresses a zip on its way. The terminal's prompt stays away.
        with zipfile.ZipFile(modules / "pyodide" / STDLIB) as library:
            kept = {n: library.read(n) for n in library.namelist() if not n.startswith("_pyrepl/")}
        (staging / STDLIB).write_bytes(archive(kept))
        # The whole lock file would let a block fetch packages from a foreign server.
        lock = json.loads((modules / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))
        (staging / "pyodide-lock.json").write_text(json.dumps({"info": lock["info"], "packages": {}}))
        shutil.copyfile(SOURCES / "worker.js", staging / "worker.js")
        (staging / "NOTICE.txt").write_text(NOTICE)
        _bundle(modules, staging)
        listed = []
        for at, packed in enumerate(archives):
            (staging / f"part{at}.zip").write_bytes(archive(packed.files))
            listed.append({"file": f"part{at}.zip", "into": packed.into, "searched": packed.searched})
        sizes = {
            p.name: p.stat().st_size
            for p in staging.iterdir()
            if p.name != "NOTICE.txt" and not p.name.startswith("editor")
        }
        manifest = {"python": lock["info"]["python"], "archives": listed, "sizes": sizes}
        (staging / "manifest.json").write_text(json.dumps(manifest))
        put_in_place(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _bundle(modules: Path, folder: Path) -> None:
    # The native program itself: the package's own starter needs a node on the path.
    found = [p for p in (modules / "@esbuild").glob("*/*") if p.name == "esbuild.exe"]
    found += list((modules / "@esbuild").glob("*/bin/esbuild"))
    if not found:
        raise Unavailable("npm brought no esbuild for this platform")
    # What languages share is a file, and so is each: a reader fetches one of them.
    command = [
        found[0],
        SOURCES / "editor.js",
        "--bundle",
        "--minify",
        "--format=esm",
        "--target=es2022",
        "--splitting",
    ]
    names = ["--entry-names=[name]", "--chunk-names=editor-[hash]", f"--outdir={folder}"]
    done = subprocess.run(
        [*map(str, command), "--legal-comments=none", "--log-level=error", *names],
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise PostError(SOURCES / "editor.js", 0, "does not bundle", "correct it", done.stderr)


def _forget_old(base: Path, current: Path) -> None:
    made = sorted(
        (p.parent for p in base.glob("*/manifest.json")), key=lambda p: p.stat().st_mtime, reverse=True
    )
    for folder in made[KEEP:]:
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)
