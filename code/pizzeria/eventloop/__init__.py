"""The event loop the post builds, grown up: coroutines by hand, deadlines on a heap, virtual or real time."""

from pizzeria.eventloop.loop import AT_ONCE, Cancelled, Loop, Pause, Task, sleep
from pizzeria.eventloop.resource import NOBODY, Resource, Urgent

__all__ = ["AT_ONCE", "NOBODY", "Cancelled", "Loop", "Pause", "Resource", "Task", "Urgent", "sleep"]
