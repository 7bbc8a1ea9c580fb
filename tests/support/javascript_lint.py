"""Read the repository's JavaScript with eslint, and check its types, which JSDoc says, with TypeScript.

Both come from npm, locked in javascript/. Where npm cannot have them they are left out with a reason, and with CI=true
that is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .blog import ROOT
from .judges import install, node

LOCKED = Path(__file__).parent / "javascript"
FOLDERS = ("code", "tests")
TYPED = ("code",)  # the tests' own script drives a browser by a library that is not installed here
OPTIONS = (
    *(
        "--ignoreConfig",
        "--moduleDetection",
        "force",
        "--allowJs",
        "--checkJs",
        "--noEmit",
        "--skipLibCheck",
        "--strict",
        "false",
        "--types",
        "",
    ),
    *(
        "--target",
        "es2023",
        "--lib",
        "es2023,dom,dom.iterable",
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
    ),
)


def sources(folders: tuple[str, ...]) -> list[str]:
    """List the JavaScript below folders of the repository, as git knows it."""
    patterns = [f"{folder}/**/*.{ending}" for folder in folders for ending in ("js", "mjs")]
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        *(f":(glob){p}" for p in patterns),
    ]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in found.splitlines() if (ROOT / name).is_file()]


def problems(modules: Path, read: list[str], typed: list[str], root: Path = ROOT) -> str:
    """Give what eslint says of the files ``read`` and TypeScript of those in ``typed``, "" for nothing. modules: the folder
    of what npm installed; root: where the files' names start. Raise RuntimeError when one of the two cannot answer."""
    tools = modules.parent
    eslint = [modules / "eslint" / "bin" / "eslint.js", "--config", tools / "eslint.config.mjs", *read]
    types = [modules / "typescript" / "bin" / "tsc", *OPTIONS, tools / "modules.d.ts", *typed]
    said = ""
    for command in (eslint, types):
        done = node(*command, cwd=root)
        if done.returncode and not done.stdout.strip():
            raise RuntimeError(f"{command[0].name} returned {done.returncode}: {done.stderr.strip()[-500:]}")
        said += done.stdout if done.returncode else ""
    return said


def main() -> int:
    """Print what both find; return 1 if that is anything."""
    try:
        modules = install(LOCKED)
    except RuntimeError as error:
        print(f"JavaScript is not linted: {error}", file=sys.stderr)
        return int(os.environ.get("CI") == "true")
    said = problems(modules, sources(FOLDERS), sources(TYPED))
    print(said, end="")
    return int(bool(said))


if __name__ == "__main__":
    sys.exit(main())
