"""What edge triggering, and epoll itself, do to whoever is not careful: silence, starvation, letters for the dead."""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import select
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

WORD = b"one more margherita"
PATIENCE = 5.0  # seconds, for whatever is certain to come
HIGH = 700  # a number of a descriptor that nobody else takes meanwhile


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """Open a pipe whose read end does not block, as long as the block lasts: (read end, write end)."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def news_of_a_full_pipe(pages: int = 1) -> list[bool]:
    """Write three times into a pipe that nobody reads, under edge triggering; return whether each write was told.

    pages: of 4,096 bytes, how long each write is. Told more than once by one write would be told twice here: the kernel
    is asked again until it is silent.
    """
    told = []
    with pipe() as (reader, writer), select.epoll() as epoll:
        epoll.register(reader, select.EPOLLIN | select.EPOLLET)
        for _ in range(3):
            os.write(writer, b"!" * (4096 * pages if pages > 1 else 1))
            told.append(bool(epoll.poll(0)))
    return told


def quiet_clients_wait(bound: int | None, words: int = 500, quiet: int = 10) -> dict[int, int]:
    """Serve a client who never stops talking, and ten who say one word each while he talks. Edge triggering, one thread.

    bound: how many words are heard of one client before it is the next one's turn; None: until EAGAIN. The talker has
    the next word in the socket as soon as one was read, until he has said `words`. Returned is of each quiet client, by
    the word of the talker at which he rang: how many more of the talker's words were heard before his own.
    """
    rings = {round((number + 0.5) * words / quiet): number for number in range(quiet)}
    with ExitStack() as stack, select.epoll() as epoll:
        pairs = [socket.socketpair() for _ in range(quiet + 1)]
        for ours, theirs in pairs:
            stack.enter_context(ours)
            stack.enter_context(theirs)
            ours.setblocking(False)
            epoll.register(ours, select.EPOLLIN | select.EPOLLET)
        by_number = {ours.fileno(): place for place, (ours, _) in enumerate(pairs)}
        heard = 0
        waited: dict[int, int] = {}
        pairs[-1][1].send(WORD)  # the talker is the last
        ready: deque[int] = deque()
        unfinished: list[int] = []  # may have more to say: edge will not tell us a second time
        while len(waited) < quiet or heard < words:
            news = epoll.poll(0 if ready or unfinished else PATIENCE)
            ready.extend(fd for fd, _ in news if fd not in (*ready, *unfinished))
            ready.extend(unfinished)  # behind whoever rang meanwhile
            unfinished.clear()
            if not ready:
                raise TimeoutError("nobody said a word")
            fd = ready.popleft()
            client, _ = pairs[by_number[fd]]
            for _ in range(bound) if bound else itertools.count():
                try:
                    client.recv(len(WORD))
                except BlockingIOError:
                    break
                if by_number[fd] < quiet:
                    waited[by_number[fd]] = heard
                    continue
                heard += 1
                if heard in rings:
                    pairs[rings[heard]][1].send(WORD)
                if heard < words:
                    pairs[-1][1].send(WORD)
            else:
                unfinished.append(fd)
        return {rang: waited[number] - rang for rang, number in rings.items()}


def letters_for_the_dead() -> dict[str, str]:
    """Close a descriptor that epoll watches while a copy of it lives, and let another file move into its number."""
    story: dict[str, str] = {}
    with pipe() as (reader, writer), pipe() as (tenant, _), select.epoll() as epoll:
        watched = fcntl.fcntl(reader, fcntl.F_DUPFD_CLOEXEC, HIGH)  # `reader` is the copy
        epoll.register(watched, select.EPOLLIN)
        os.close(watched)
        os.write(writer, b"ding")
        story["it is closed, a copy lives"] = "still rings" if epoll.poll(0) else "silent"
        try:
            epoll.unregister(watched)
            story["take it off the list"] = "done"
        except OSError as error:
            story["take it off the list"] = errno.errorcode[error.errno or 0]
        os.dup2(tenant, watched)  # an empty pipe moves into the number
        rung = [fd for fd, _ in epoll.poll(0)]
        silent = not select.select([watched], [], [], 0)[0]
        os.dup2(reader, watched)  # whoever holds a copy can give it the number back
        epoll.unregister(watched)
        os.close(watched)
        both = rung == [watched] and silent
        story["another file moves into its number"] = (
            "it is told of the dead one's bytes" if both else "silent"
        )
        story["its copy moves back, and is taken off the list"] = "still rings" if epoll.poll(0) else "silent"
        return story
