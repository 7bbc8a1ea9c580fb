"""Blocks of other languages than Python as programs of the reader's page: made when the site is built, run there and then.

A block gets a Run button when its program, run by the page's own module (``page/js/wasi.js``) in Node, says what the block
said in the kernel. Programs are kept by what they are made of, so an unchanged block costs nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from .. import page
from ..config import Config
from ..errors import PostError
from ..languages import BlockFailed, PageCompiler, ToolAbsent, find, known, names
from ..languages.javascript import tool as find_node
from ..reading.blocks import Block
from ..reading.post import Post
from ..running.terminal import settled
from .compilers import Compiler, packed
from .npm_packages import Unavailable, fetched, lock_of
from .place import Place, runs_in_page

NODE = Path(__file__).parent / "node"
SHIM = Path(page.__file__).parent / "js" / "wasi.js"
KEEP = 200  # programs in the cache
TO_COMPILE, TO_RUN = 600, 20  # seconds
_FIRST_ERROR = re.compile(r"error: (.*)")
_NUMBER = re.compile(r"\s*\d[\d.,]*")


class Programs:
    """Make the programs of a site's pages, as its setting ``browser_languages`` says. say: is told what takes time."""

    def __init__(self, config: Config, say: Callable[[str], None] = lambda text: None):
        self._config, self._say = config, say
        for name in config.browser_languages:
            language = find(name)
            if language is None or not (language.shares_state or language.page):
                can = ", ".join(n for n in names() if known(n).shares_state or known(n).page)
                found = f"browser_languages names {name!r}, whose blocks no page runs"
                config.fault("browser_languages", found, f"name some of {can}")
        self._folder = config.cache_dir / "programs"
        self._modules: dict[str, Path | None] = {}
        self._packed: dict[str, Compiler | None] = {}

    def identity(self, post: Post) -> tuple[str, ...]:
        """Tell what the programs of a post are made with; a page is made anew where that is another."""
        named = sorted({b.language for b in post.blocks if self._compiler(b)})
        return tuple(f"{name} {self._base(known(name).name)}" for name in named)

    def places(self, post: Post, outputs: Sequence[Sequence[dict[str, Any]]]) -> dict[int, Place]:
        """Decide for each block that is a program where it runs. outputs: what each block of the post gave in the kernel."""
        found: dict[int, Place] = {}
        waiting: dict[int, Block] = {}
        for block in post.blocks:
            if block.speaks.shares_state:
                continue
            compiler = self._compiler(block)
            found[block.index] = Place("machine", block.speaks.needs)
            tags = set(block.info.tags)
            if "on-your-machine" in tags:
                found[block.index] = Place("machine")
            elif compiler and not {"raises-exception", "remove-cell", "remove-input"} & tags:
                lack = "" if "in-the-page" in tags else compiler.lacks(block.cell(post.label))
                if lack:
                    found[block.index] = Place("machine", lack)
                elif self._base(block.language):
                    waiting[block.index] = block
        self._make(post, waiting.values())
        for index, block in waiting.items():
            reason = self._judged(post, block, outputs[index])
            if reason and "in-the-page" in block.info.tags:
                mend = "correct it, or take the tag in-the-page away"
                raise PostError(post.label, block.line, f"a block for the page, where {reason}", mend)
            found[index] = (
                Place("machine", f"a native program: in a page {reason}") if reason else Place("here")
            )
        return found

    def program(self, post: Post, block: Block) -> bytes:
        """Give the program of a block that runs in the page; raise OSError when it is no longer kept."""
        return (self._folder / f"{self._key(post, block)}.wasm").read_bytes()

    def compiler(self, language: str) -> Compiler | None:
        """Give what pages fetch to compile a language's blocks, None where they compile none."""
        if language not in self._packed:
            compiler, modules = known(language).page, self._base(language)
            base = self._config.cache_dir / "browser"
            self._packed[language] = packed(compiler, modules, base) if compiler and modules else None
        return self._packed[language]

    def describe(self, post: Post, places: dict[int, Place]) -> dict[str, Any]:
        """Tell a page what it needs to compile its blocks anew: ``programs``, a list of blocks, and ``compilers``, where each
        language's is, beside the Python of the page, and its bytes. Empty where nothing can be edited."""
        here = [b for b in post.blocks if not b.speaks.shares_state and runs_in_page(b, places)]
        compilers = {name: made for name in {b.language for b in here} if (made := self.compiler(name))}
        programs = []
        for block in here:
            compiler = self._compiler(block)
            if block.language in compilers and compiler:
                cell = block.cell(post.label)
                own = {"args": cell.args, "files": compiler.files(cell)}
                programs.append(
                    {
                        "index": block.index,
                        "line": block.line,
                        "source": block.source,
                        "language": block.language,
                        **own,
                    }
                )
        told = {
            name: {"folder": c.name, "title": c.title, "size": c.size}
            for name, c in sorted(compilers.items())
        }
        return {"programs": programs, "compilers": told} if programs else {}

    def _compiler(self, block: Block) -> PageCompiler | None:
        return block.speaks.page if block.language in self._config.browser_languages else None

    def _base(self, language: str) -> Path | None:
        """Find what compiles a language, or fetch it; None where it cannot be had, which is said once."""
        if language not in self._modules:
            compiler = known(language).page
            assert compiler is not None
            what = f"{compiler.title} for the reader's page"
            try:
                find_node()
                modules = fetched(compiler.folder, self._config.cache_dir / "browser", what, self._say)
                self._modules[language] = modules
            except (Unavailable, ToolAbsent) as error:
                if os.environ.get("CI") == "true":
                    found = f"browser_languages names {language}, and {error}"
                    self._config.fault(
                        "browser_languages", found, "connect to the network, or install Node with npm"
                    )
                label = known(language).label
                self._say(f"no Run buttons for {label}: {error}; the next build tries again")
                self._modules[language] = None
        return self._modules[language]

    def _key(self, post: Post, block: Block) -> str:
        compiler = self._compiler(block)
        assert compiler is not None
        cell = block.cell(post.label)
        made_with = (
            lock_of(compiler.folder),
            (compiler.folder / "compile.mjs").read_bytes(),
            SHIM.read_bytes(),
        )
        own = (block.language, cell.source, cell.args, block.speaks.key(cell))
        return hashlib.sha256(repr((*made_with, *own)).encode()).hexdigest()[:24]

    def _make(self, post: Post, blocks: Iterable[Block]) -> None:
        """Compile what is not kept, in one process a language, and run each program once."""
        missing: dict[str, list[dict[str, Any]]] = {}
        for block in blocks:
            key, cell, compiler = self._key(post, block), block.cell(post.label), self._compiler(block)
            if (self._folder / f"{key}.json").is_file():
                os.utime(self._folder / f"{key}.json")
                continue
            assert compiler is not None
            asked: dict[str, Any] = {"key": key, "source": cell.source, "args": cell.args}
            try:
                asked |= {"label": cell.label, "line": cell.line, "files": compiler.files(cell)}
            except BlockFailed as error:
                raise PostError(post.label, cell.line, str(error), "put it into the site's folder") from None
            missing.setdefault(block.language, []).append(asked)
        if not missing:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        for language, cells in missing.items():
            label = known(language).label
            self._say(
                f"{post.label}: making {len(cells)} {label} program{'s' * (len(cells) > 1)} for the reader's page"
            )
            with tempfile.TemporaryDirectory(dir=self._folder) as staging:
                for said in self._compiled(language, cells, Path(staging)):
                    self._keep(Path(staging), said)
        kept = sorted(self._folder.glob("*.json"), key=lambda p: p.stat().st_mtime, reverse=True)
        for old in kept[KEEP:]:
            old.unlink(missing_ok=True)
            old.with_suffix(".wasm").unlink(missing_ok=True)

    def _compiled(self, language: str, cells: list[dict[str, Any]], into: Path) -> list[dict[str, Any]]:
        compiler, modules = known(language).page, self._base(language)
        assert compiler is not None
        ask = {
            "compiler": str(compiler.folder / "compile.mjs"),
            "base": str(modules),
            "into": str(into),
            "cells": cells,
        }
        done = self._node("build.mjs", [], json.dumps(ask).encode(), TO_COMPILE)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace")
            raise PostError(
                compiler.folder / "compile.mjs", 0, "the page's compiler failed", "see its words", said
            )
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _keep(self, staging: Path, said: dict[str, Any]) -> None:
        """Run a program that was just made, and keep both. said: a compiler's answer."""
        program, facts = staging / f"{said['key']}.wasm", dict(said)
        if said["made"]:
            shutil.copyfile(SHIM, staging / "wasi.mjs")  # to Node, a .js file may be of an older kind
            try:
                done = self._node("run.mjs", [str(staging / "wasi.mjs"), str(program)], b"", TO_RUN)
                out, err = (raw.decode("utf-8", "replace") for raw in (done.stdout, done.stderr))
                facts |= {"code": done.returncode, "stdout": out, "stderr": err}
            except subprocess.TimeoutExpired:
                facts |= {"code": None, "stdout": "", "stderr": ""}
            os.replace(program, self._folder / program.name)
        written = staging / "facts"
        written.write_text(json.dumps(facts), encoding="utf-8")
        os.replace(written, self._folder / f"{said['key']}.json")

    @staticmethod
    def _node(
        script: str, args: list[str], given: bytes, seconds: float
    ) -> subprocess.CompletedProcess[bytes]:
        env = {k: v for k, v in os.environ.items() if k != "NODE_OPTIONS"}
        command = [*find_node(), "--no-warnings", str(NODE / script), *args]
        return subprocess.run(
            command, input=given, capture_output=True, timeout=seconds, env=env, check=False
        )

    def _judged(self, post: Post, block: Block, outputs: Sequence[dict[str, Any]]) -> str:
        """Say how a block's program differs in a page from what it was in the kernel, "" if it does not."""
        facts = json.loads((self._folder / f"{self._key(post, block)}.json").read_text(encoding="utf-8"))
        if not facts["made"]:
            error = _FIRST_ERROR.search(facts["said"])
            return f"it does not compile ({error[1].strip()})" if error else "it does not compile"
        if facts["code"] is None:
            return f"it has not ended after {TO_RUN} s"
        if facts["code"]:
            return f"it ends with {facts['code']}"
        for name in ("stdout", "stderr"):
            native = "".join(o["text"] for o in outputs if o.get("name") == name)
            here = settled(facts[name])
            if "output-varies" in block.info.tags:
                native, here = _NUMBER.sub(" #", native), _NUMBER.sub(" #", here)
            if native != here:
                return "it prints something else"
        return ""
