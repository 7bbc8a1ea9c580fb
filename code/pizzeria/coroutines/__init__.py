"""The function that lets go: one order in every form that can be suspended, what its state takes, and what letting go costs.

| module | one idea |
| --- | --- |
| `native/` | the order in C++: a `switch`, a coroutine and its scheduler; frames, chains and crowds to be measured |
| `frames` | how large a coroutine's frame is, and the record of another compiler |
| `chains` | how deep the stack gets when one coroutine awaits another a million times |
| `waiting` | crowds that wait, of every kind, to be weighed |
| `prices` | what one who waits takes, and one letting go |
"""
