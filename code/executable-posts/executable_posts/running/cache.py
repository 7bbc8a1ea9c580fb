"""The key of a recorded run: a hash of everything that its outputs depend on.

The key of a post's record is a chain: engine source, interpreter, platform, installed packages, declared input files,
header settings, then every block (language, source, arguments, the tool that runs it) and inline value in order. Lines are not
in the key, so moving a block or mending prose executes nothing; a record whose outputs mention the post's own lines
says so (``lines``) and is used only while these are the same.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from pathlib import Path

from ..config import Config
from ..languages import Language, ToolAbsent
from ..reading.post import Post
from .environment import HEARD, installed

VERSION = 1


def fingerprint(config: Config) -> str:
    """Hash what every post depends on besides its own text."""
    packages = "\0".join(sorted(installed()))
    return hashlib.sha256(f"{base(config)} {packages}".encode()).hexdigest()


def engine() -> str:
    """Hash what pages are rendered with: the engine, the interpreter, the packages that are installed."""
    digest = hashlib.sha256(repr((VERSION, sys.version, sorted(installed()))).encode())
    for path in _engine_files():
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _engine_files() -> list[Path]:
    return sorted(p for p in Path(__file__).parents[1].rglob("*") if p.suffix in (".py", ".j2"))


def base(config: Config, modules: bool = True) -> str:
    """Hash the engine, the interpreter, the system and the declared inputs; not the packages that are installed.

    modules: Python files among the inputs as well, which whoever watches imports need not ask.
    """
    digest = hashlib.sha256(repr((VERSION, sys.version, platform.platform(), config.timeout)).encode())
    digest.update((os.environ.get("CXX", "") + os.environ.get("PATH", "")).encode())
    engine = Path(__file__).parents[1]
    inputs = {p for p in matching(config, config.inputs) if modules or p.suffix != ".py"}
    for path in sorted({*_engine_files(), *inputs}):
        digest.update(
            path.relative_to(engine if path.is_relative_to(engine) else config.root).as_posix().encode()
        )
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def matching(config: Config, patterns: tuple[str, ...]) -> set[Path]:
    """List the site's files that some globs match."""
    found: set[Path] = set()
    for pattern in patterns:
        found.update(p for p in config.root.glob(pattern) if p.is_file() and "__pycache__" not in p.parts)
    return found


def post_key(post: Post, base: str) -> str:
    """Hash a post's blocks and inline values on top of ``base``, a `fingerprint`."""
    key = hashlib.sha256(repr((base, post.label)).encode()).hexdigest()
    for index in range(-1, len(post.blocks)):
        block = post.blocks[index] if index >= 0 else None
        own: tuple[object, ...] = ()
        if block:
            promised = "raises-exception" in block.info.tags
            further = block.speaks.key(block.cell(post.label))
            own = (block.language, block.source, block.info.magic_args, promised, *further)
            own = (*own, *tool_identity(block.speaks))
        values = [v.expression for v in post.values_after(index)]
        key = hashlib.sha256(repr((key, own, values)).encode()).hexdigest()
    return key


def tool_identity(language: Language) -> tuple[object, ...]:
    """Say which program runs a language here, and from when it is; starting it to ask would take longer than the rest."""
    if language.tool is None:
        return ()
    try:
        command = language.tool()
    except ToolAbsent:
        return ("absent",)
    path = shutil.which(command[0]) or command[0]
    try:
        file = os.stat(path)
    except OSError:
        return command
    sys.audit(HEARD, "file", path)
    return (*command, path, file.st_size, file.st_mtime_ns)
