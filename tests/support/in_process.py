"""Run passes over a post in this process: the interface of the kernel's, quick enough for thousands of posts."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import random
import re
import sys
from pathlib import Path

from executable_posts.config import Config
from executable_posts.reading.post import parse
from executable_posts.running.in_kernel.listening import Listening
from executable_posts.running.in_kernel.modules import note_imports
from executable_posts.running.in_kernel.observe import Observer
from executable_posts.running.incremental import Pass, Unsettled, bring_up_to_date
from executable_posts.running.kernel import Result
from executable_posts.running.outside import Outside
from executable_posts.running.records import Record, Shown, observation
from executable_posts.running.units import cut

OTHERS = [f"print({number})" for number in range(4)]  # so that few have to run, not most
_ADDRESS = re.compile(" at 0x[0-9a-f]+")


@functools.cache
def _listening(root: str) -> Listening:
    listening = Listening(Path(root), None)
    listening.install()
    note_imports(listening)
    return listening


class InProcess:
    """Run units as `exec` would, from a fresh state of the few modules that posts of tests change. files: removed before
    each run."""

    def __init__(self, pieces, root: Path, files=()):
        self.pieces, self.root, self.files, self.runs = pieces, root, tuple(files), []

    def run(self, ranks, shown):
        """Run some units in order; raise Unsettled when one raises."""
        self.runs.append(set(ranks))
        namespace = {"__name__": "__main__"}
        listening = _listening(str(self.root))
        observer = Observer(namespace, listening)
        found: dict[str, str] = {}
        with _fresh(self.root, self.files):
            observer.start()
            for piece in self.pieces:
                unit = piece.unit
                if unit.index not in ranks:
                    continue
                said = io.StringIO()
                observer.before(piece.told())
                try:
                    with contextlib.redirect_stdout(said):
                        if piece.value:
                            print(eval(piece.value.expression, namespace))
                        else:
                            exec(compile(unit.text, "post.md", "exec"), namespace)
                except Exception as error:
                    raise Unsettled(error) from error
                finally:
                    observer.after()
                if unit.group in shown:
                    found[unit.group] = found.get(unit.group, "") + _ADDRESS.sub("", said.getvalue())
        told, present, seen = observer.told(), set(), {}
        for rank in sorted(told):
            present |= told[rank]["writes"].keys()
            seen[rank] = observation(told[rank], told[rank]["outside"], frozenset(present))
        outputs = {
            group: Shown(
                result=Result([{"output_type": "stream", "name": "stdout", "text": text}]), text=text
            )
            for group, text in found.items()
        }
        return Pass(seen=seen, shown=outputs)


class Blog:
    """A post that is built again and again in this process; each build goes on from the record of the one before."""

    def __init__(self, root):
        self.root, self.record = root, Record()

    def build(self, *blocks, clean=False):
        """Build a post of blocks; return what each shows, and note which ran and which were shown anew."""
        pieces = cut(parse("\n".join(f"```python\n{block}\n```\n" for block in blocks), "post.md"))
        runner = InProcess(pieces, self.root)
        outcome = bring_up_to_date(
            [piece.unit for piece in pieces],
            self.record,
            Outside(Config(root=self.root)),
            runner,
            clean=clean,
        )
        self.record = outcome.record
        ranks = set().union(*runner.runs)
        of = {piece.unit.index: piece.block.index for piece in pieces}
        self.ran = sorted({of[rank] for rank in ranks})
        self.anew = sorted(int(group[6:]) for group, reason in outcome.reasons.items() if reason.shown)
        return [outcome.shown[f"block {n}"].text for n in range(len(blocks))]


def without_errors(blocks, root: Path, files=()):
    """Leave out of a post's blocks whatever raises when they run in order, until nothing does: what was left out may have
    done something before it raised."""
    while True:
        namespace = {"__name__": "__main__"}
        kept, raised = [], False
        with _fresh(root, files), contextlib.redirect_stdout(io.StringIO()):
            for block in blocks:
                good = []
                for text in block:
                    try:
                        exec(compile(text, "post.md", "exec"), namespace)
                    except Exception:
                        raised = True
                        continue
                    good.append(text)
                kept.append(good or ["pass"])
        if not raised:
            return kept
        blocks = kept


@contextlib.contextmanager
def _fresh(root, files):
    environment, folder, modules = dict(os.environ), os.getcwd(), set(sys.modules)
    numbers = dict(vars(random))
    random.seed(1)
    for name in files:
        (root / name).unlink(missing_ok=True)
    os.chdir(root)
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        vars(random).update(numbers)
        for name in set(sys.modules) - modules:
            del sys.modules[name]
