"""Virtual environments that hold the built engine and nothing of this repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from support.blog import ROOT

ENGINE = ROOT / "code" / "executable-posts"
UV = Path(sys.executable).with_name("uv")


def declared() -> dict:
    """Read the project table of the engine's own pyproject.toml."""
    return tomllib.loads((ENGINE / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def build(folder: Path, source: Path = ENGINE) -> tuple[Path, Path]:
    """Build the engine's distributions from a source folder; return (wheel, sdist)."""
    call = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(call, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def locked(folder: Path) -> Path:
    """Write the versions this repository is locked to as constraints, without the hashes a built wheel cannot have."""
    lines = []
    for lock in sorted(ROOT.glob("requirements*.txt")):
        lines += re.findall(r"^[\w.-]+==\S+(?: ;[^\\\n]*)?", lock.read_text(encoding="utf-8"), re.MULTILINE)
    file = folder / "constraints.txt"
    file.write_text("\n".join(sorted(set(lines))) + "\n", encoding="utf-8")
    return file


@dataclass(frozen=True)
class Environment:
    """Hold a virtual environment. Its programs see nothing of ours: no path, no PYTHON* variable, no CI."""

    place: Path

    @property
    def bin(self) -> Path:
        return self.place / "bin"

    def install(self, *what: str) -> None:
        done = subprocess.run(
            [UV, "pip", "install", "--quiet", "--python", self.bin / "python", *what],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr

    def names(self) -> set[str]:
        """List the distributions that are installed."""
        call = [UV, "pip", "list", "--quiet", "--format", "json", "--python", self.bin / "python"]
        found = json.loads(subprocess.run(call, capture_output=True, text=True, check=True).stdout)
        return {entry["name"].lower().replace("_", "-") for entry in found}

    def check(self) -> subprocess.CompletedProcess:
        call = [UV, "pip", "check", "--python", self.bin / "python"]
        return subprocess.run(call, capture_output=True, text=True)

    def run(
        self, program: str, *args: str, cwd: Path, path: str = "", **variables: str
    ) -> subprocess.CompletedProcess:
        """Run one of its programs; path: folders to find other programs in, behind its own."""
        kept = {k: v for k, v in os.environ.items() if k in ("HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")}
        where = os.pathsep.join(filter(None, (str(self.bin), path)))
        return subprocess.run(
            [self.bin / program, *args],
            cwd=cwd,
            env={**kept, "PATH": where, **variables},
            capture_output=True,
            text=True,
            timeout=300,
        )


def make(place: Path) -> Environment:
    """Make an empty virtual environment of this Python."""
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, place], check=True)
    return Environment(place=place)
