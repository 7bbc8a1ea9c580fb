"""An environment for each tool, pinned, made from the package index alone; what cannot be had is said, not left out."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ENGINE = ROOT / "code" / "executable-posts"
PATIENCE = 900  # seconds an installation may take
OURS = "executable-posts"


class Absent(RuntimeError):
    """A tool that cannot be had here; the message is the last that its installer said."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment. versions: of what was asked for, by name."""

    place: Path
    versions: dict[str, str]

    @property
    def variables(self) -> dict[str, str]:
        """What its programs see: its own folder first on the path, nothing of ours and nothing of Python's or Jupyter's."""
        kept = ("HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "PATH")
        found = {name: os.environ[name] for name in kept if name in os.environ}
        found["PATH"] = os.pathsep.join([str(self.place / "bin"), found["PATH"]])
        return {
            **found,
            "JUPYTER_CONFIG_DIR": str(self.place / "jupyter"),
            "PYTHONNOUSERSITE": "1",
            "CACHE": "on",
        }


def environment(packages: tuple[str, ...], folder: Path) -> Environment:
    """Make the environment that holds these packages, or find it made before; raise `Absent`.

    `executable-posts` among them is this repository's own, built as a wheel.
    """
    own = _source_key() if any(_is_ours(package) for package in packages) else ""
    key = hashlib.sha256(json.dumps([packages, own, sys.version]).encode()).hexdigest()[:16]
    place = folder / key
    if not (place / "made").exists():
        shutil.rmtree(place, ignore_errors=True)
        _make(place, packages)
    versions = json.loads((place / "made").read_text(encoding="utf-8"))
    return Environment(place, versions)


def _make(place: Path, packages: tuple[str, ...]) -> None:
    uv = Path(sys.executable).with_name("uv")
    python = str(place / "bin" / "python")
    with tempfile.TemporaryDirectory() as scratch:
        asked = [_wheel(Path(scratch), package) if _is_ours(package) else package for package in packages]
        _call([str(uv), "venv", "--quiet", str(place)])
        _call([str(uv), "pip", "install", "--quiet", "--python", python, *asked])
    listed = _call([str(uv), "pip", "list", "--quiet", "--format", "json", "--python", python])
    there = {entry["name"].lower(): entry["version"] for entry in json.loads(listed)}
    names = [package.split("==")[0].split("[")[0].lower() for package in packages]
    (place / "jupyter").mkdir()
    # Jupyter Book 2 starts a server for its kernels, which otherwise refuses to run as root: in containers one is root.
    (place / "jupyter" / "jupyter_server_config.json").write_text('{"ServerApp": {"allow_root": true}}')
    (place / "made").write_text(json.dumps({name: there.get(name, "") for name in names}), encoding="utf-8")


def _is_ours(package: str) -> bool:
    return package.split("[")[0].split("==")[0] == OURS


def _wheel(folder: Path, package: str) -> str:
    """Build our own wheel; give what an installer is asked for, extras included."""
    _call([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ENGINE)
    extras = package.partition("[")[2]
    return f"{next(folder.glob('*.whl'))}" + (f"[{extras}" if extras else "")


def _source_key() -> str:
    digest = hashlib.sha256()
    for path in sorted(ENGINE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _call(command: list[str], cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Absent(f"{Path(command[0]).name}: {error}") from error
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        error = next((line for line in said if "Error" in line), "")
        raise Absent(error or " ".join(said)[-300:] or "no reason given")
    return done.stdout
