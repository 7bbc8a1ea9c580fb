"""What the page's explorable figures show: traces of the simulator and of the kernel, packed for a small player.

`kitchens`, `servers` and `sandbox` also run in the page's Python, for what nobody computed beforehand, so they need the
standard library only. The others are computed, or recorded, when the page is built.

| module | one idea |
| --- | --- |
| `packed` | a trace as a short list of whole numbers, and back |
| `ring` | the first picture: one lunch in both kitchens, with the reader's call or without |
| `kitchens` | two kitchens, side by side, a thought a figure |
| `lines` | where in its own program an order stands |
| `servers` | a pool of threads and an event loop, simulated |
| `loads` | the figures of both: side by side, and their ceilings over what was measured |
| `sandbox` | a kitchen or a server of the reader's own, judged by a goal |
| `predict` | a question before a block that answers it |
| `pipe` | every short conversation with epoll about a pipe that is read in part |
| `scan` | one look at a crowd of descriptors, slowed down |
| `turns` | our event loop, turn by turn |
| `diary` | who did what when, recorded |
| `workers`, `forms` | one connection and two workers; one order in three forms |
| `stills`, `pictures` | how a still is drawn; what stands in for each of them without JavaScript |
"""
