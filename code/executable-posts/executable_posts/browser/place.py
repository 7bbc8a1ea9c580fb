"""Where can a block run: in the reader's page, there on emulated networks, or only on the reader's machine?

Decided from what a block's slice (`slices`) reaches: the names it takes from the standard library and, followed through
the site's own packages name by name, what those take. An author overrules it by the tags ``in-the-page`` and
``on-your-machine``; the site's tests run every block that is said to run in the page there, and compare.
"""

from __future__ import annotations

import ast
import functools
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..in_page import slices
from ..reading.post import Block, Post
from ..running.in_kernel.chartdata import MIME as CHART
from . import packing as wheel

THREADS, PROCESSES = "threads", "other processes"
NETWORK, SYSTEM = "a network", "a whole operating system"
# What a page has not: the longest name that begins a used name decides.
ABSENT = {
    **dict.fromkeys(("threading", "_thread", "concurrent.futures", "asyncio.to_thread"), THREADS),
    **dict.fromkeys(
        ("multiprocessing", "subprocess", "os.fork", "os.system", "os.popen", "os.kill", "os.spawnv", "os.execv", "pty",
         "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"),
        PROCESSES,
    ),
    **dict.fromkeys(
        ("socket", "socketserver", "ssl", "select", "selectors", "http.client", "http.server", "urllib.request",
         "smtplib", "ftplib", "imaplib", "poplib", "xmlrpc", "asyncio.start_unix_server", "asyncio.open_unix_connection"),
        NETWORK,
    ),
    **dict.fromkeys(
        ("fcntl", "resource", "signal", "mmap", "ctypes", "os.pipe", "os.eventfd", "os.sched_getaffinity", "termios",
         "tty", "grp", "pwd", "syslog", "time.thread_time"),
        SYSTEM,
    ),
    **dict.fromkeys(("asyncio.run", "asyncio.Runner", "asyncio.new_event_loop"), "an event loop of its own"),
    **dict.fromkeys(("IPython", "get_ipython"), "a notebook"),
}  # fmt: skip
# Parts of the standard library that are not in the page at all: even an import fails.
NOT_THERE = frozenset(
    ["curses", "dbm", "ensurepip", "grp", "msvcrt", "nt", "pwd", "readline", "resource", "syslog", "tkinter", "turtle",
     "venv", "winreg", "winsound", "idlelib"]
)  # fmt: skip
# What the page has an emulation of (`emulated`), and what a reader is told that it is.
EMULATED = {"aiomqtt": "MQTT broker", "amqtt": "MQTT broker"}
SUFFIX = "_blocks.json"  # of the page's file that holds its blocks; no block's own file has an underscore


@dataclass(frozen=True)
class Place:
    """Hold where a block runs. kind: "here", "emulated" or "machine"; reason: what it lacks, or what is emulated."""

    kind: str
    reason: str = ""


class Places:
    """Decide for the blocks of one post. packages: files that come along (path -> content)."""

    def __init__(self, post: Post, packages: dict[Path, bytes]):
        self.post = post
        roots = {wheel.source_root(p) for p in packages}
        self.modules = {
            _module_name(p, root): p for p in packages for root in roots if p.is_relative_to(root)
        }
        self.roots = roots
        self._own = {name.partition(".")[0] for name in self.modules}
        self._statements: dict[str, list[slices.Statement]] = {}
        self._loaded: dict[str, list[str]] = {}
        self._blocks: dict[int, list[slices.Statement]] = {}
        for block in post.blocks:
            if block.language == "python":
                try:
                    cut = slices.statements(block.source, block.index, block.line, bool(block.info.caption))
                except SyntaxError:
                    cut = []  # the run will say so, if it has not
                self._blocks[block.index] = cut

    def of(self, block: Block, outputs: Sequence[dict] = ()) -> Place:
        """Decide where a block runs. outputs: what it gave in the kernel."""
        tags = block.info.tags
        if block.language != "python":
            return Place("machine", "a compiler" if block.language == "c++" else "a shell")
        if "on-your-machine" in tags:
            return Place("machine")
        target = self._blocks[block.index]
        forced = "in-the-page" in tags
        if slices.has_magic(block.source) and not forced:
            return Place("machine", "a notebook")
        if not forced and any(CHART in o.get("data", ()) for o in outputs):
            return Place("machine", "the package matplotlib")  # whoever called it
        earlier = [s for at, cut in self._blocks.items() if at < block.index for s in cut]
        outside: set[str] = set()
        self._reach([*slices.needed(earlier, target), *target], "", outside, set())
        lacks = [] if forced else sorted({why for name in outside if (why := self._lack(name))})
        if lacks:
            return Place("machine", _listed(lacks))
        emulated = sorted(
            {what for name in outside for start, what in EMULATED.items() if _begins(name, start)}
        )
        return Place("emulated", _listed(emulated)) if emulated else Place("here")

    def _lack(self, name: str) -> str:
        """Say what a page lacks for a used name, "" if nothing."""
        if any(_begins(name, start) for start in EMULATED):
            return ""
        top = name.partition(".")[0]
        fits = [start for start in ABSENT if _begins(name, start)]
        if fits:
            return ABSENT[max(fits, key=len)]
        if any(_begins(name, missing) for missing in NOT_THERE):
            return f"the module {top}"
        if top in sys.stdlib_module_names or top == "executable_posts":
            return ""
        return f"the package {'.'.join(name.split('.')[:2]) if top in self._own else top}"

    def _reach(self, statements: list, module: str, outside: set, seen: set, wanted: str = "") -> None:
        """Collect the full names outside our packages that statements use, following names into our packages."""
        scope: dict[str, str] = {}
        for s in statements:
            scope.update(_imports_of(s.text, module))
        if wanted in scope:  # a package that passes on what a module of it defines
            self._follow(scope[wanted], outside, seen)
        for s in statements:
            if s.imports:
                for target in _imports_of(s.text, module).values():
                    self._import(target, outside, seen)
                continue
            for chain in _chains(s.text):
                root, _, rest = chain.partition(".")
                if root in scope:
                    self._follow(f"{scope[root]}.{rest}" if rest else scope[root], outside, seen)

    def _follow(self, name: str, outside: set[str], seen: set) -> None:
        parts = name.split(".")
        for size in range(len(parts), 0, -1):
            module = ".".join(parts[:size])
            if module in self.modules:
                if size < len(parts):
                    self._enter(module, parts[size], outside, seen)
                return
        outside.add(name)

    def _enter(self, module: str, name: str, outside: set[str], seen: set) -> None:
        if (module, name) in seen:
            return
        seen.add((module, name))
        if module not in self._statements:
            text = self.modules[module].read_text(encoding="utf-8")
            self._statements[module] = slices.statements(text)
        whole = self._statements[module]
        if not any(name in s.binds for s in whole):
            if f"{module}.{name}" not in self.modules:
                outside.add(f"{module}.{name}")  # made when asked for: nobody can tell what it needs
            return
        none: frozenset[str] = frozenset()
        wants = slices.Statement(-1, 0, 0, "", none, none, none, frozenset([name]), none, none, False)
        self._reach(slices.needed(whole, [wants]), module, outside, seen, name)

    def _import(self, name: str, outside: set[str], seen: set) -> None:
        """Check that what an import loads can be loaded: every module on the way, and what it imports when it loads."""
        if ("import", name) in seen:
            return
        seen.add(("import", name))
        parts = name.split(".")
        steps = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        ours = [step for step in steps if step in self.modules]
        exist = [step for step in steps if any(_exists(step, root) for root in self.roots)]
        if len(exist) > len(ours):
            outside.add(exist[-1])  # of our own, and not among what comes along
        if not ours:
            if parts[0] not in sys.stdlib_module_names or any(
                _begins(name, missing) for missing in NOT_THERE
            ):
                outside.add(name)
            return
        for module in ours:
            for target in self._loads(module):
                self._import(target, outside, seen)

    def _loads(self, module: str) -> list[str]:
        """List the full names that a module imports when it is loaded."""
        if module not in self._loaded:
            nodes = ast.parse(self.modules[module].read_text(encoding="utf-8")).body
            self._loaded[module] = [t for node in nodes for t in _imports(node, module).values()]
        return self._loaded[module]


def describe(post: Post, places: dict[int, Place]) -> dict[str, str]:
    """Make the file that a page fetches before its first Run: file name -> JSON; nothing if no block runs there.

    It holds every Python block, shown or hidden, since any may be needed by one that runs.
    """
    if not any(runs_in_page(block, places) for block in post.blocks):
        return {}
    blocks = [
        {"index": b.index, "line": b.line, "source": b.source, "figure": bool(b.info.caption)}
        for b in post.blocks
        if b.language == "python"
    ]
    stem = str(post.header.get("slug") or post.path.stem)
    return {f"{stem}{SUFFIX}": json.dumps({"label": post.label, "blocks": blocks}, ensure_ascii=False)}


def runs_in_page(block: Block, places: dict[int, Place]) -> bool:
    """Tell whether a block gets a Run button: it runs in the page, and its code is shown."""
    place = places.get(block.index)
    shown = not {"remove-cell", "remove-input"} & set(block.info.tags)
    return place is not None and place.kind != "machine" and shown


def _listed(words: list[str]) -> str:
    return ", ".join(words[:-1]) + " and " * bool(words[:-1]) + words[-1]


def _begins(name: str, start: str) -> bool:
    return name == start or name.startswith(start + ".")


def _module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(node: ast.AST, module: str) -> dict[str, str]:
    """Give what an import statement binds: name -> the full name it stands for."""
    if isinstance(node, ast.Import):
        return {
            a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0]
            for a in node.names
        }
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            package = module.split(".")[: -node.level] if module else []
            base = ".".join([*package, *([base] if base else [])])
        return {a.asname or a.name: f"{base}.{a.name}" for a in node.names}
    return {}


@functools.cache
def _exists(module: str, root: Path) -> bool:
    return wheel.find_module(module, root) is not None


@functools.lru_cache(maxsize=4096)
def _tree(text: str) -> ast.Module:
    return ast.Module([], []) if slices.has_magic(text) else ast.parse(text)


@functools.lru_cache(maxsize=4096)
def _imports_of(text: str, module: str) -> dict[str, str]:
    """Give what the imports of a statement bind. One inside a function counts; one inside the class of a package is for
    those who call that method."""
    tree = _tree(text)
    lazy = module and any(isinstance(n, ast.ClassDef) for n in tree.body)
    found = {}
    for node in tree.body if lazy else ast.walk(tree):
        found.update(_imports(node, module))
    return found


@functools.lru_cache(maxsize=4096)
def _chains(text: str) -> frozenset[str]:
    """List the dotted names that a statement uses, such as ``asyncio.to_thread``, each from its first name on."""
    found = set()
    inner = set()
    for node in ast.walk(_tree(text)):
        parts, at = [], node
        while isinstance(at, ast.Attribute):
            parts.append(at.attr)
            inner.add(id(at.value))
            at = at.value
        if isinstance(at, ast.Name) and id(node) not in inner:
            found.add(".".join([at.id, *reversed(parts)]))
    return frozenset(found)
