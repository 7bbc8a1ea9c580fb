"""The driver of Python in a reader's page: run a post's blocks and their needs, stream what they print, stop at awaits.

The worker (``browser/worker.js``) calls it inside Pyodide. It needs nothing but the standard library and runs on any
Python, which is how most of it is tested.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import importlib
import io
import json
import linecache
import sys
import tokenize
from collections.abc import Callable, Coroutine
from typing import Any

from . import slices, tracebacks
from .posts import Post, namespace

OUTPUT_LIMIT = 1_000_000  # characters one run may print; a page of more helps nobody


class Flood(Exception):
    """Report that a block printed more than a page can show."""


class Stream(io.TextIOBase):
    """Pass on what is written, as it is written."""

    def __init__(self, kind: str, driver: Driver):
        self._kind, self._driver = kind, driver

    def writable(self) -> bool:
        """Say that it can be written to."""
        return True

    def write(self, text: str) -> int:
        """Pass a text on; return its length."""
        self._driver.put(self._kind, str(text))
        return len(text)


class Driver:
    """Run what a page asks for, one thing at a time. output: called with (kind, text) for all that is printed or shown;
    kinds are stdout, stderr, result and svg."""

    def __init__(self, output: Callable[[str, str], None]):
        self._output = output
        self._task: asyncio.Task[object] | None = None
        self._quiet = False
        self._printed = 0
        self._posts: dict[str, Post] = {}

    def install(self) -> None:
        """Take over the standard streams."""
        sys.stdout, sys.stderr = Stream("stdout", self), Stream("stderr", self)
        sys.breakpointhook = lambda *_: print("breakpoint() does nothing in this page", file=sys.stderr)

    def put(self, kind: str, text: str) -> None:
        """Send what was printed or shown to the page; raise Flood when it is more than a page can show."""
        if self._quiet or not text:
            return
        self._printed += len(text)
        if self._printed > OUTPUT_LIMIT:
            self._quiet = True
            raise Flood(f"stopped: it printed more than {OUTPUT_LIMIT:,} characters")
        self._output(kind, text)

    def stop(self) -> None:
        """Cancel what runs, at its next await."""
        if self._task is not None:
            self._task.cancel()

    async def call(self, target: str, arguments: str = "{}") -> str:
        """Call ``module:function`` with keyword arguments given as JSON; answer as JSON: ok and value, or error."""

        async def work() -> object:
            module, _, name = target.partition(":")
            value: Any = importlib.import_module(module)
            for part in name.split("."):
                value = getattr(value, part)
            value = value(**json.loads(arguments))
            return await value if hasattr(value, "__await__") else value

        return await self._guarded(work, "")

    async def run(self, source: str, name: str = "code.py", line: int = 1) -> str:
        """Run a piece of source in a namespace of its own; answer as JSON: ok, or error. line: that of its first."""

        async def work() -> None:
            names = namespace()
            _remember(name, [(line, source)])
            nodes = slices.parse(source, name, line).body
            shows = not _silenced(source)
            for node in nodes:
                await self._execute(node, name, names, shows and node is nodes[-1])

        return await self._guarded(work, name)

    def load(self, label: str, blocks: str) -> None:
        """Get to know a post. blocks: JSON list of its Python blocks in order, with index, line, source, figure."""
        self._posts[label] = Post(label, json.loads(blocks))

    async def run_block(self, label: str, index: int, edits: str = "{}") -> str:
        """Run a block and, before it, what it needs and what is not up to date; answer as JSON.

        edits: JSON object of block index -> the reader's source. The answer has ok, error, and ran: the lines of the
        blocks of which something ran first.
        """
        post = self._posts[label]
        ran: set[int] = set()

        async def work() -> None:
            post.edits = {int(at): text for at, text in json.loads(edits).items()}
            _remember(label, [(b["line"], post.source(b["index"])) for b in post.blocks.values()])
            target, earlier = post.cut(index), post.before(index)
            slice_ = slices.needed(earlier, target)
            ordered = [*slice_, *target]
            modules = slices.module_names(ordered)
            # A run by hand may give another result (a clock, a random number): what builds on it follows.
            post.memory.generations[index] = post.memory.generations.get(index, 0) + 1
            post.memory.take_back(index, [*earlier, *target], post.namespace)
            first = post.memory.plan(slice_, target)
            shows = not _silenced(post.source(index))
            for statement in [*first, *target]:
                inside = statement.block == index
                if not inside:
                    ran.add(post.blocks[statement.block]["line"])
                self._quiet = not inside
                post.memory.begin(statement, modules)
                await self._execute(
                    post.node(statement), label, post.namespace, shows and statement is target[-1]
                )
                rank = next(at for at, s in enumerate(ordered) if s is statement)
                post.memory.record(ordered, modules, rank)

        answer = json.loads(await self._guarded(work, label))
        if answer.get("error") and not answer.get("stopped"):
            answer["error"] += post.blame(index, answer["error"])
        return json.dumps({**answer, "ran": sorted(ran)})

    async def _execute(
        self, node: ast.stmt, name: str, namespace: dict[str, Any], last: bool = False
    ) -> None:
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        shown = last and isinstance(node, ast.Expr)
        if last and isinstance(node, ast.Expr):
            code = compile(ast.Expression(node.value), name, "eval", flags)
        else:
            code = compile(ast.Module([node], []), name, "exec", flags)
        value = eval(code, namespace)
        if hasattr(value, "__await__") and code.co_flags & 0x80:  # CO_COROUTINE: the statement has an await
            value = await value
        if shown and value is not None:
            self.show(value)

    def show(self, *values: object) -> None:
        """Show values as a notebook would: by their picture if they have one, else by their repr."""
        for value in values:
            bundle = _bundle(value)
            if bundle.get("image/svg+xml"):
                self.put("svg", bundle["image/svg+xml"])
            else:
                self.put("result", bundle.get("text/plain") or repr(value))

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, object]], label: str) -> str:
        self._printed, self._quiet = 0, False
        builtins.display = self.show  # type: ignore[attr-defined]  # as a notebook has it
        self._task = asyncio.ensure_future(work())
        try:
            value = await self._task
            return json.dumps({"ok": True, "value": value if label == "" else None})
        except asyncio.CancelledError:
            return json.dumps({"ok": False, "stopped": True, "error": "Stopped."})
        except Flood as error:
            return json.dumps({"ok": False, "error": str(error)})
        except BaseException as error:
            trace = error.__traceback__
            while (
                trace is not None and trace.tb_frame.f_code.co_filename == __file__
            ):  # our own frames say nothing
                trace = trace.tb_next
            text = "\n".join(tracebacks.format_error(error, trace, label))
            return json.dumps({"ok": False, "error": text + _advice(error)})
        finally:
            self._task, self._quiet = None, False


def _silenced(source: str) -> bool:
    """Tell whether a source ends with a semicolon: as in a notebook, its last value is then not shown."""
    left_out = (tokenize.ENDMARKER, tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.DEDENT)
    last = ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            last = token.string if token.type not in left_out else last
    except (tokenize.TokenError, SyntaxError):  # a notebook's own syntax; the run says what is wrong
        return source.rstrip().endswith(";")
    return last == ";"


def _remember(label: str, pieces: list[tuple[int, str]]) -> None:
    """Let tracebacks and inspect.getsource read the source that runs, at its lines of the post."""
    lines: list[str] = []
    for first, source in pieces:
        for at, text in enumerate(source.split("\n"), first - 1):
            lines.extend("\n" for _ in range(at + 1 - len(lines)))
            lines[at] = text + "\n"
    linecache.cache[label] = (sum(map(len, lines)), None, lines, label)


def _bundle(value: Any) -> dict[str, Any]:
    if isinstance(value, type):
        return {}
    if hasattr(value, "_repr_mimebundle_"):
        bundle = value._repr_mimebundle_()
        return (bundle[0] if isinstance(bundle, tuple) else bundle) or {}
    return {"image/svg+xml": value._repr_svg_()} if hasattr(value, "_repr_svg_") else {}


def _advice(error: BaseException) -> str:
    """Say what a reader cannot know: what a page has not."""
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, ModuleNotFoundError):
        return f"\n(This page has Python's standard library and its own packages; {error.name} is not among them.)"
    if isinstance(error, RuntimeError) and "thread" in text:
        return "\n(A page has no threads: run this block on your machine.)"
    if isinstance(error, MemoryError):
        return "\n(The page's Python is out of memory; Stop, then Run, starts it afresh.)"
    return ""
