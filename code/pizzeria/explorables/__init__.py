"""What the page's explorable figures show: traces of the simulator and of the kernel, packed for a small player.

`kitchens` and `servers` also run in the page's Python, for the positions of their sliders that nobody computed
beforehand, so they need the standard library only. `pipe` and `turns` are recorded when the page is built.

| module | one idea |
| --- | --- |
| `packed` | a trace as a short list of whole numbers, and back |
| `kitchens` | the two kitchens, side by side |
| `servers` | a pool of threads and an event loop, side by side |
| `pipe` | every short conversation with epoll about a pipe that is read in part |
| `turns` | our event loop, turn by turn |
| `stills` | the pictures that stand in for all of them without JavaScript |
"""
