"""A post and its notebook, as the tests of pairs want them."""

from __future__ import annotations

TEXT = """---
title: "A: b"
date: 2026-01-02
---

Intro.

```python name="setup" tags=["remove-cell"]
%load_ext executable_posts
import os
```

```c++ caption="Loop" name="loop" tags=["hide-input"] magic_args="-std=c++20"
int main() {}
```

```bash
echo hi
```

<!--
```python
commented = 1
```
-->

```{.cpp .noeval reason="Windows only"}
int x;
```

Two blank


lines.

```python
# comment


def f(): pass
```

End.
"""


def edit_code(nb, text="os.sep"):
    next(c for c in nb["cells"] if c["cell_type"] == "code")["source"] += f"\n{text}"


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
