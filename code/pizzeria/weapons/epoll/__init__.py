"""epoll, and what it does to those who are not careful: every sentence of its post, as a small experiment.

| module | one idea |
| --- | --- |
| `agreement` | the model of the ready list and the kernel, asked the same things |
| `teeth` | a pipe that nobody drains, a talker who starves the others, a number whose file is closed |
| `ends` | room to write, the end of a stream, and who is registered late |
| `workers` | two threads and one connection |
| `herd` | several processes at one door |
| `queues` | the queue behind the door: who is lost with a closed one |
| `messages` | system calls a message, by epoll and by io_uring |
| `forbidden` | a container's rule about io_uring, and what uvloop does about it |
"""

from pizzeria.weapons.epoll.agreement import conversations
from pizzeria.weapons.epoll.ends import room_to_write, the_end, told_when_registered
from pizzeria.weapons.epoll.forbidden import asked
from pizzeria.weapons.epoll.herd import WAYS, at_the_door
from pizzeria.weapons.epoll.messages import KINDS, calls_a_message
from pizzeria.weapons.epoll.queues import killed_with_a_queue
from pizzeria.weapons.epoll.teeth import (
    letters_for_the_dead,
    news_of_a_full_pipe,
    quiet_clients_wait,
)
from pizzeria.weapons.epoll.workers import second_worker_is_told

__all__ = [
    "KINDS",
    "WAYS",
    "asked",
    "at_the_door",
    "calls_a_message",
    "conversations",
    "killed_with_a_queue",
    "letters_for_the_dead",
    "news_of_a_full_pipe",
    "quiet_clients_wait",
    "room_to_write",
    "second_worker_is_told",
    "the_end",
    "told_when_registered",
]
