"""Two threads, one epoll, one connection: who is told while another is still at work on it."""

from __future__ import annotations

import os
import select
import threading

from pizzeria.weapons.epoll.teeth import pipe

TEMPERS = (
    {"level": 0, "edge": select.EPOLLET, "one-shot": select.EPOLLONESHOT} if hasattr(select, "epoll") else {}
)
PATIENCE = 10.0  # seconds, for whatever is certain to come


def second_worker_is_told(temper: str) -> dict[str, bool]:
    """Send a word, let one thread be told of it and work, send another; return who else is told, and when.

    The first thread has not read anything yet when the second one asks: it was told, and that is all.
    """
    at_work, may_go, answers = threading.Event(), threading.Event(), {}
    with pipe() as (reader, writer), select.epoll() as epoll:
        epoll.register(reader, select.EPOLLIN | TEMPERS[temper])

        def first() -> None:
            answers["the first is told"] = bool(epoll.poll(PATIENCE))
            at_work.set()
            may_go.wait(PATIENCE)
            os.read(reader, 4)  # half of what is there, and back to the queue
            if temper == "one-shot":
                epoll.modify(reader, select.EPOLLIN | TEMPERS[temper])

        def second(when: str) -> None:
            answers[when] = bool(epoll.poll(0))

        def ask(when: str) -> None:
            worker = threading.Thread(target=second, args=(when,))
            worker.start()
            worker.join()

        worker = threading.Thread(target=first)
        worker.start()
        os.write(writer, b"ding")
        try:
            at_work.wait(PATIENCE)
            os.write(writer, b"dong")
            ask("the second too, meanwhile")
        finally:
            may_go.set()
            worker.join()
        ask("the second, afterwards")
    return answers
