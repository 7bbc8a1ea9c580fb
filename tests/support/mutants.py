"""Plant faults in modules that carry a promise, one at a time, and say which of them no test notices.

    python -m support.mutants                                       # all modules; hours
    python -m support.mutants html/contained --sample 40 --seed 1   # forty faults of one

Each fault is planted in a copy of the package that stands first on the import path; this repository's files stay as they
are. A fault is noticed when a test of the module fails, or no longer ends. Not part of the tests: see `make mutants`.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import io
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE, PIZZERIA = Path("code/executable-posts/executable_posts"), Path("code/pizzeria")
UNIT = "tests/engine/unit/"
P_UNIT, P_INTEGRATION = "tests/pizzeria/unit/", "tests/pizzeria/integration/"
DIALECT = [UNIT + "test_dialect.py", UNIT + "test_dialect_refused.py"]
LOOP = [P_UNIT + f"test_eventloop_{part}.py" for part in ("loop", "clock", "resource")]
EXPEDITER = [P_UNIT + f"test_expediter{part}.py" for part in ("", "_ovens", "_leases", "_storm")]
RESERVATION = [P_UNIT + f"test_reservation{part}.py" for part in ("", "_wire", "_store")]
# Module -> the tests that its promise has, the quickest first.
TARGETS: dict[str, tuple[Path, list[str]]] = {
    "reading/fences": (ENGINE, [UNIT + "test_post.py", UNIT + "test_check.py"]),
    "reading/blocks": (ENGINE, [UNIT + "test_post.py", UNIT + "test_check.py", UNIT + "test_hole.py"]),
    "reading/header": (ENGINE, [UNIT + "test_header.py", UNIT + "test_post.py", UNIT + "test_check.py"]),
    "reading/links": (ENGINE, [UNIT + "test_links.py", UNIT + "test_post.py"]),
    "reading/raw_html": (ENGINE, [UNIT + "test_hole.py", UNIT + "test_links.py", *DIALECT]),
    "html/contained": (ENGINE, [UNIT + "test_contained.py"]),
    "html/policy": (ENGINE, [UNIT + "test_policy.py"]),
    "html/raw": (ENGINE, [UNIT + "test_contained.py"]),
    "settings_faults": (ENGINE, [UNIT + "test_settings_faults.py"]),
    "notebooks/pairing": (
        ENGINE,
        [UNIT + "test_pairing.py", UNIT + "test_pairing_notebooks.py", UNIT + "test_check.py"],
    ),
    **{
        f"changes/{name}": (
            ENGINE,
            [UNIT + f"test_changes{part}.py" for part in ("", "_numbers", "_telling", "_lines")],
        )
        for name in ("comparing", "matching", "numbers", "text", "change", "markdown", "plain")
    },
    "changes/record": (ENGINE, [UNIT + "test_changes_record.py"]),
    "changes/recording": (ENGINE, [UNIT + "test_changes_record.py", UNIT + "test_changes_sites.py"]),
    "changes/words": (ENGINE, [UNIT + "test_changes_record.py"]),
    "changes/sites": (ENGINE, [UNIT + "test_changes_sites.py", UNIT + "test_changes_record.py"]),
    "site/publish": (ENGINE, [UNIT + "test_publish.py"]),
    "site/lint": (ENGINE, [UNIT + "test_lint.py"]),
    "site/files": (ENGINE, [UNIT + "test_files.py"]),
    "running/outputs": (ENGINE, [UNIT + "test_terminal.py"]),
    "running/terminal": (ENGINE, [UNIT + "test_terminal.py"]),
    "running/plan": (ENGINE, [UNIT + "test_incremental_random.py"]),
    "running/incremental": (ENGINE, [UNIT + "test_incremental_random.py"]),
    "eventloop/loop": (PIZZERIA, [*LOOP, P_INTEGRATION + "test_reactor.py"]),
    "eventloop/reactor": (
        PIZZERIA,
        [P_INTEGRATION + f"test_reactor{part}.py" for part in ("", "_calls", "_descriptors")],
    ),
    "ovens/expediter/decisions": (PIZZERIA, EXPEDITER),
    "ovens/expediter/state": (PIZZERIA, EXPEDITER),
    "ovens/mqtt/address": (PIZZERIA, [P_UNIT + "test_broker_url.py"]),
    "ovens/mqtt/broker_url": (PIZZERIA, [P_UNIT + "test_broker_url.py"]),
    "ovens/mqtt/wire": (PIZZERIA, [P_UNIT + "test_mqtt_wire.py", P_INTEGRATION + "test_mqtt_client.py"]),
    "ovens/mqtt/client": (PIZZERIA, [P_INTEGRATION + "test_mqtt_client.py"]),
    "common/ports": (PIZZERIA, [P_UNIT + "test_common.py"]),
    "datacenter/service/reservation": (PIZZERIA, RESERVATION),
    "datacenter/service/store": (PIZZERIA, RESERVATION[::-1]),
}
OTHER = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """Hold one fault. line: where; what: what was written there and what is now; source: the whole module."""

    line: int
    what: str
    source: str


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """Give what a node may become by a slip of its author."""
    match node:
        case ast.Compare(ops=[op]) if type(op) in OTHER:
            yield ast.Compare(node.left, [OTHER[type(op)]()], node.comparators)
        case ast.BoolOp(op=op):
            yield ast.BoolOp(OTHER[type(op)](), node.values)
            yield from (ast.BoolOp(op, [v for v in node.values if v is not left]) for left in node.values)
        case ast.BinOp(op=op) if type(op) in OTHER and not isinstance(node.left, ast.JoinedStr):
            yield ast.BinOp(node.left, OTHER[type(op)](), node.right)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.If() if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.IfExp():
            yield node.body
            yield node.orelse
        # None for False is a difference to nobody who asks whether something is so.
        case ast.Return(value=ast.expr() as value) if not (
            isinstance(value, ast.Constant) and value.value in (None, False)
        ):
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.Raise() | ast.AugAssign() | ast.Delete():
            yield ast.Pass()
        case ast.Expr(value=ast.Call() | ast.Await() | ast.Yield() | ast.YieldFrom()):
            yield ast.Pass()


def mutants(source: str) -> Iterator[Mutant]:
    """Give every module that differs from a source by one fault in a function's body or a method's."""
    tree = ast.parse(source)
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in function.body
        for node in ast.walk(statement)
    }
    unseen = {
        id(n) for f in ast.walk(tree) if isinstance(f, ast.FormattedValue | ast.Raise) for n in ast.walk(f)
    }
    unseen |= {  # an annotation is mypy's to judge
        id(n) for f in ast.walk(tree) if isinstance(f, ast.AnnAssign) for n in ast.walk(f.annotation)
    }
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            children = value if isinstance(value, list) else [value]
            for at, child in enumerate(children):
                if not isinstance(child, ast.AST) or id(child) not in inside:
                    continue
                # What a message says is no promise of a module; that there is one is.
                if id(child) in unseen and not isinstance(child, ast.Raise):
                    continue
                for changed in changes(child):
                    new = copy.copy(changed)
                    ast.copy_location(new, child)
                    put(parent, field, at if isinstance(value, list) else None, new)
                    text = ast.unparse(ast.fix_missing_locations(tree))
                    put(parent, field, at if isinstance(value, list) else None, child)
                    was, now = (ast.unparse(part).split("\n")[0][:60] for part in (child, new))
                    yield Mutant(line=child.lineno, what=f"{was}  ->  {now}", source=text)


def put(parent: ast.AST, field: str, at: int | None, node: ast.AST) -> None:
    """Put a node in its place below a parent."""
    if at is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[at] = node


class Copy:
    """A copy of a package, first on the import path of the tests that are run. folder: made anew, and removed by `close`."""

    def __init__(self, package: Path) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="mutants-")
        self.package = Path(self._scratch.name, package.name)
        shutil.copytree(ROOT / package, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        sys.path[:0] = [self._scratch.name]
        path = [self._scratch.name, str(ROOT / "code"), str(ROOT / "tests")]
        os.environ.update(PYTHONPATH=os.pathsep.join(path), PYTHONDONTWRITEBYTECODE="1")
        sys.dont_write_bytecode = True

    def warm(self, tests: list[str]) -> None:
        """Import what tests need of other people's packages, so that each run begins with it."""
        with contextlib.redirect_stdout(io.StringIO()):
            pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *tests])
        ours = tuple(f"{folder}/" for folder in (ROOT / "code", ROOT / "tests", self._scratch.name))
        # Packages without a file of their own first lose what is in them.
        for name, module in sorted(sys.modules.items(), reverse=True):
            if (getattr(module, "__file__", None) or "").startswith(ours) and name != "__main__":
                del sys.modules[name]
        for name in ("tests", "support", "conftest"):
            sys.modules.pop(name, None)

    def notices(self, tests: list[str], timeout: float) -> bool:
        """Run tests until the first fails; tell whether one did, or whether they did not end in time (seconds)."""
        child = os.fork()
        if not child:
            self._run(tests)
        end = time.monotonic() + timeout
        status = 1
        try:
            while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < end:
                time.sleep(0.02)
            status = ended[1] if ended[0] else 1
            if ended[0]:
                child = 0
        finally:
            if child:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
        return status != 0

    def _run(self, tests: list[str]) -> NoReturn:
        """Be the process that runs the tests."""
        code = 1
        try:
            os.setsid()
            nothing = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nothing, descriptor)
            os.environ["HYPOTHESIS_MAX_EXAMPLES"] = "20"
            code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests])
        finally:
            os._exit(code)

    def close(self) -> None:
        """Remove the copy."""
        sys.path.remove(self._scratch.name)
        self._scratch.cleanup()


def judge(name: str, sample: int, seed: int) -> tuple[int, list[Mutant]]:
    """Plant faults in a module; return how many, and those that nobody noticed. Raise RuntimeError when its tests fail
    without any. sample: how many are drawn, 0 for all."""
    package, named = TARGETS[name]
    tests = [str(ROOT / test) for test in named]
    source = (ROOT / package / f"{name}.py").read_text(encoding="utf-8")
    every = list(mutants(source))
    drawn = random.Random(seed).sample(every, min(sample or len(every), len(every)))
    survivors = []
    place = Copy(package)
    try:
        file = place.package / f"{name}.py"
        place.warm(tests)
        begun = time.monotonic()
        if place.notices(tests, 900):
            raise RuntimeError(f"the tests of {name} fail without a fault: {' '.join(tests)}")
        patience = 10 + 4 * (time.monotonic() - begun)
        for mutant in sorted(drawn, key=lambda m: m.line):
            file.write_text(mutant.source, encoding="utf-8")
            if not place.notices(tests, patience):
                survivors.append(mutant)
                print(f"  {package.name}/{name}.py:{mutant.line}: {mutant.what}", flush=True)
    finally:
        place.close()
    return len(drawn), survivors


def main(argv: list[str] | None = None) -> int:
    """Judge modules; print the faults that nobody noticed, and a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    there = [name for name, (package, _) in TARGETS.items() if (ROOT / package / f"{name}.py").is_file()]
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"default: all of {', '.join(there)}")
    parser.add_argument("--sample", type=int, default=0, help="faults drawn in each module; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    if unknown := [name for name in args.modules if name not in there]:
        parser.error(f"no such module: {unknown[0]}; there are {', '.join(there)}")
    rows = []
    for name in args.modules or there:
        count, survivors = judge(name, args.sample, args.seed)
        rows.append(f"| {name} | {count} | {len(survivors)} | {100 * len(survivors) / count:.0f} % |")
        print(rows[-1], flush=True)
    print("\n| module | faults planted | not noticed | |\n| --- | --- | --- | --- |")
    print("\n".join(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
