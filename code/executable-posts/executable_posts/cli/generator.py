"""Which command makes the site, and what is watched while somebody writes."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import Config
from ..errors import PostError

if TYPE_CHECKING:
    from ..serving.builders import Builder

PLACE = "{output}"
# What Pelican and the engine import when they build, and what they do at first; of the site itself nothing, since that may change.
WARM = [
    *(
        "pelican",
        "pelican.plugins.executable_posts.adapter",
        "pelican.generators",
        "pelican.readers",
        "pelican.writers",
    ),
    *("markdown", "docutils.core", "rich.traceback", "rich.status", "jinja2.ext"),
    *(
        "executable_posts.running.client",
        "executable_posts.running.by_unit",
        "executable_posts.serving.warming:warm",
    ),
]
SETTINGS = (".py", ".toml", ".cfg", ".yaml", ".yml", ".json", ".md", ".txt")


def command_of(given: list[str], config: Config) -> list[str]:
    """Give the generator's command: the one given, else the setting's; raise PostError when there is none.

    Its program is looked for beside this interpreter first, because that environment has the engine.
    """
    if given:
        return given
    if not config.generator:
        raise PostError(
            "pyproject.toml",
            0,
            "no command that makes the site",
            f'name one in [tool.executable_posts]: generator = "pelican content -o {PLACE}", or give it after --',
        )
    try:
        words = shlex.split(config.generator)
    except ValueError as error:
        raise PostError("pyproject.toml", 0, f"generator: {error}", "close the quotes") from None
    if not any(PLACE in word for word in words):
        raise PostError(
            "pyproject.toml",
            0,
            f"generator = {config.generator!r} does not say where to write",
            f"put {PLACE} where the command takes its output folder",
        )
    return [program(words[0]), *words[1:]]


def go_home(output: Path, config: Config) -> Path:
    """Go to the site's root, where its own generator runs; give the output folder as seen from there."""
    output = output if output == Path("output") else output.resolve()
    os.chdir(config.root)
    return output


def program(name: str) -> str:
    """Find a program beside the interpreter, else leave its name for the system to find."""
    if name in ("python", "python3"):
        return sys.executable
    beside = Path(sys.executable).parent  # not resolved: a virtual environment's programs are beside its link
    found = shutil.which(name, path=str(beside)) or shutil.which(name)
    if found is None and name == "pelican":
        raise PostError(
            "pelican",
            0,
            "is not installed in this environment",
            'run: pip install "executable-posts[pelican]"',
        )
    return found or name


def sources(config: Config, output: Path) -> list[Path]:
    """List what a site may be made from: all at its top but hidden names, what builds write, and environments.

    Of files, only what settings are written in: a log that the build itself writes to would build the site for ever.
    """
    ours = written(config, output)
    return sorted(
        path
        for path in config.root.iterdir()
        if not path.name.startswith(".")
        and path.name not in ("__pycache__", "node_modules")
        and path.resolve() not in ours
        and (path.suffix in SETTINGS if path.is_file() else not (path / "pyvenv.cfg").is_file())
    )


def written(config: Config, output: Path) -> set[Path]:
    """List the folders that builds and pairing write to."""
    return {
        (config.root / config.notebooks).resolve(),
        (config.root / config.cache).resolve(),
        output.resolve(),
    }


def heard_command(command: list[str]) -> list[str]:
    """Write the command that does the same and is heard (`site.inputs`); empty for another generator than this environment's Pelican.

    A program that runs Pelican may do something else besides, of which nothing would be heard.
    """
    hearing = [sys.executable, "-m", "executable_posts.site.hearing"]
    if command[0] == str(Path(sys.executable).parent / "pelican"):
        return [*hearing, *command]
    if command[:3] == [sys.executable, "-m", "pelican"]:
        return [*hearing, *command[2:]]
    return []


def builder_of(command: list[str]) -> Builder:
    """Choose how a generator is run again and again: Pelican in forks of a warm process, where there are forks; else anew."""
    from ..serving.builders import NewProcess, Warm, entry_of

    entry = entry_of(command[0]) if Path(command[0]).name == "pelican" else ""
    return Warm(entry, WARM) if entry else NewProcess()
