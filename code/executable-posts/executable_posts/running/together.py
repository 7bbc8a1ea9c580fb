"""Several posts at once: a thread a post, each with a kernel of its own, bounded; one of them told at a time.

Threads, because all the work is done by the kernels: what a thread does here is to wait for messages (DESIGN.md has numbers).
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from ..reading.blocks import Block
from ..reading.post import Post
from .execute import Executed, Progress
from .kernel import Result

T = TypeVar("T")


class Ended(Exception):
    """Report that a run was ended because another one failed, or because all were told to stop."""


@dataclass(frozen=True, kw_only=True)
class Task(Generic[T]):
    """Hold what is to be done with one post. run: does it, and tells the progress it is given; alone: with nothing beside it."""

    run: Callable[[Progress], T]
    alone: bool = False


def run_together(
    tasks: Sequence[Task[T]], workers: int, progress: Progress, *, to_the_end: bool = False
) -> list[T | Exception]:
    """Run tasks, ``workers`` at a time; then, one by one, those that want to be alone. Give what each returned or raised.

    to_the_end: whatever fails. Otherwise nothing begins after a failure, and of what runs only the tasks before it in
    their order go on, since theirs would be the first fault; the others give `Ended`. What a progress hears of several
    runs is told as if they had run in turn, in this order: each line of the first when it comes, of the next ones when
    those before have ended.
    """
    outcomes: list[T | Exception] = [Ended() for _ in tasks]
    order = sorted(range(len(tasks)), key=lambda i: tasks[i].alone)
    board = _Board(progress, order)
    done: queue.Queue[int] = queue.Queue()

    def work(number: int) -> None:
        try:
            outcomes[number] = tasks[number].run(board.lanes[number])
        except Exception as error:
            outcomes[number] = error
        except BaseException as error:  # the task's own end, such as a cancelled wait or an exit
            outcomes[number] = Ended(str(error))
        finally:
            done.put(number)

    waiting, running = list(order), set[int]()
    failed = len(tasks)  # the first of those that have failed
    try:
        while waiting or running:
            while waiting and failed == len(tasks) and _may_begin(tasks[waiting[0]].alone, running, workers):
                number = waiting.pop(0)
                running.add(number)
                threading.Thread(target=work, args=(number,), daemon=True, name=f"post {number}").start()
            if not running:
                break
            number = done.get()
            running.remove(number)
            lane = board.lanes[number]
            outcome = outcomes[number]
            if isinstance(outcome, Exception) and lane.ended:
                outcomes[number] = Ended()
            elif isinstance(outcome, Exception) and not to_the_end and number < failed:
                failed = number
                for other in running:
                    if other > number:
                        board.lanes[other].give_up()
                if before := sum(other < number for other in running):
                    posts = "post" if before == 1 else f"{before} posts"
                    progress.note(f"{str(outcome).splitlines()[0]}; waiting for the {posts} before it")
            board.finished(number)
    finally:
        for number in running:
            board.lanes[number].give_up()
        while running:
            running.remove(done.get())
    return outcomes


def _may_begin(alone: bool, running: set[int], workers: int) -> bool:
    return not running if alone else len(running) < workers


class _Board:
    """Let one progress hear of several runs as if they ran in turn."""

    def __init__(self, progress: Progress, order: Sequence[int]):
        self.progress, self.order = progress, list(order)
        self.lock = threading.RLock()
        self.lanes = {number: _Lane(self) for number in order}

    def tell(self, lane: _Lane, told: Callable[[], None]) -> None:
        with self.lock:
            lane.kept.append(told)
            self._pass_on()

    def finished(self, number: int) -> None:
        with self.lock:
            self.lanes[number].over = True
            self.lanes[number].place = None
            self._pass_on()
            self.show()

    def show(self) -> None:
        places = [lane.place for lane in self.lanes.values() if lane.place]
        self.progress.running(places)

    def _pass_on(self) -> None:
        while self.order:
            front = self.lanes[self.order[0]]
            kept, front.kept = front.kept, []
            for told in kept:
                told()
            if not front.over:
                return
            self.order.pop(0)


class _Lane(Progress):
    """Hear of one run, and keep it for the board."""

    def __init__(self, board: _Board):
        self.board = board
        self.kept: list[Callable[[], None]] = []
        self.place: tuple[Post, Block] | None = None
        self.end_run: Callable[[], object] | None = None
        self.over = self.ended = False

    def give_up(self) -> None:
        """End the run, from another thread."""
        with self.board.lock:
            self.ended, end = True, self.end_run
        if end:
            end()

    def begin(self, post: Post, count: int) -> None:
        """Hear that a post's blocks are about to run."""
        self.board.tell(self, lambda: self.board.progress.begin(post, count))

    def started(self, end: Callable[[], object]) -> None:
        """Hear how to end the run that is about to start; raise Ended when it need not."""
        with self.board.lock:
            self.end_run = end
            if self.ended:
                raise Ended

    def block(self, post: Post, block: Block) -> None:
        """Hear that a block begins."""
        with self.board.lock:
            self.place = post, block
            self.board.tell(self, lambda: self.board.progress.block(post, block))
            self.board.show()

    def done(self, post: Post, block: Block, result: Result) -> None:
        """Hear that a block has passed."""
        self.board.tell(self, lambda: self.board.progress.done(post, block, result))

    def end(self, post: Post, executed: Executed) -> None:
        """Hear that all blocks have passed."""
        self.board.tell(self, lambda: self.board.progress.end(post, executed))

    def note(self, text: str) -> None:
        """Hear what else there is to say."""
        self.board.tell(self, lambda: self.board.progress.note(text))
