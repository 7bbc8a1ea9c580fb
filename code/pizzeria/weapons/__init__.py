"""Part 2's weapons: every mechanism the post names, as a small experiment that returns what it saw.

| module | one idea |
| --- | --- |
| `waits` | select and its sets, poll, and the price of a wait among silent descriptors |
| `triggers` | level, edge, one-shot; the stuck peer and the cure |
| `descriptors` | timerfd, signalfd and eventfd on one epoll |
| `machine` | an order's state machine as a table; its diagram is drawn from the table |
| `styles` | one program as callbacks, generators and async/await |
| `green` | green threads, frozen and cured |
| `epoll` | a room of its own: edge triggering's teeth, the herd, io_uring counted and forbidden |
| `newer_python` | programs for a newer Python, run where one is found, else recorded |
| `programs` | the C++ programs in `native/`, and the record of the one that needs Windows |
"""

from pizzeria.common.compilers import MissingTool
from pizzeria.weapons.descriptors import bent_descriptors, file_under_epoll, letters_of
from pizzeria.weapons.green import lunch
from pizzeria.weapons.knocking import knock
from pizzeria.weapons.machine import ORDER, BadTransition, Diagram, run_machine, step
from pizzeria.weapons.newer_python import newer
from pizzeria.weapons.programs import Source, recorded_iocp, run_iocp, source
from pizzeria.weapons.styles import all_three, listing
from pizzeria.weapons.triggers import readiness, stuck_peer
from pizzeria.weapons.waits import (
    descriptor_1024,
    only_epoll_is_flat,
    room_for_descriptors,
    slope,
    three_sets,
    time_out,
    wait_costs,
    whose_limit,
)

__all__ = [
    "ORDER",
    "BadTransition",
    "Diagram",
    "MissingTool",
    "Source",
    "all_three",
    "bent_descriptors",
    "descriptor_1024",
    "file_under_epoll",
    "knock",
    "letters_of",
    "listing",
    "lunch",
    "newer",
    "only_epoll_is_flat",
    "readiness",
    "recorded_iocp",
    "room_for_descriptors",
    "run_iocp",
    "run_machine",
    "slope",
    "source",
    "step",
    "stuck_peer",
    "three_sets",
    "time_out",
    "wait_costs",
    "whose_limit",
]
