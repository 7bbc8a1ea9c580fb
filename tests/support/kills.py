"""Builds that are killed at random moments, and what must hold after each: the site is the old one or the new one, whole.

The moments are a seed's: a part of how long a build takes, or the coming of one of its words.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from .blog import BlogSite

BOUND = 90.0  # seconds; generous, since only a build that hangs reaches it
VARIABLE = "KILLS_WORD"  # in the environment of everything that a build starts
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
VICTIMS = ("publish", "publish", "publish", "pelican", "ipykernel_launcher", "leash.py")
POSTS = 3
HEADER = "---\ntitle: Post {0}\ndate: 2026-01-0{0}\nslug: post-{0}\n{1}---\n\n"
# A program that is compiled, children that leave their session, files that are forgotten: all of it in every build.
BODY = """```python
import subprocess, sys, tempfile
tempfile.mkdtemp(prefix="forgotten-")
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
print("version VERSION")
```

```c++
#include <cstdio>
int main() { std::printf("version VERSION\\n"); }
```

```bash
setsid sleep 600 > /dev/null 2>&1 &
echo version VERSION
```
"""


@dataclass(frozen=True, kw_only=True)
class Kill:
    """Hold one kill. number: the signal; victim: a part of the command of who gets it; after: a part of a build's duration,
    or the number of lines it has written."""

    number: signal.Signals
    victim: str
    after: float | int

    def __str__(self) -> str:
        when = f"line {self.after}" if isinstance(self.after, int) else f"{self.after:.2f} of a build"
        return f"{self.number.name} to {self.victim} after {when}"


def kills(seed: int, count: int) -> list[Kill]:
    """Draw kills, the same for a seed. Most are of times: words come in bursts."""
    draw = random.Random(seed)
    return [
        Kill(
            number=draw.choice(SIGNALS),
            victim=draw.choice(VICTIMS),
            after=draw.randint(1, 20) if draw.random() < 0.4 else draw.uniform(0.0, 1.1),
        )
        for _ in range(count)
    ]


@dataclass
class Site:
    """A blog of a few posts, each of which says everywhere which version it is of."""

    root: Path
    version: int = 0
    shown: int = 0
    seconds: float = 10.0
    word: str = field(default_factory=lambda: f"kills-{uuid.uuid4().hex}")

    def __post_init__(self) -> None:
        self.root.mkdir()
        self.temp = self.root / "temp"
        self.temp.mkdir()
        self.blog = BlogSite(self.root)
        settings = self.root / "pelican.conf.py"
        text = re.sub(r"^THEME.*$", "", settings.read_text(), flags=re.MULTILINE)
        settings.write_text(
            text + '\nTHEME = "simple"\nDIRECT_TEMPLATES = ["index"]\nPLUGINS = ["executable_posts"]\n'
        )

    def write(self) -> None:
        """Write the next version of every post; one of them measures, so that some run at once and one alone."""
        self.version += 1
        for number in range(1, POSTS + 1):
            header = HEADER.format(number, "measures: true\n" if number == 2 else "")
            self.blog.write(BODY.replace("VERSION", str(self.version)), f"post-{number}.md", header)

    def start(self) -> subprocess.Popen[str]:
        """Start a build, as `executable-posts publish` does."""
        pelican = ["-m", "pelican", ".", "-s", "pelican.conf.py", "--fatal", "errors", "-o", "{output}"]
        command = [sys.executable, "-m", "executable_posts", "publish", "--", sys.executable, *pelican]
        env = {**os.environ, VARIABLE: self.word, "TMPDIR": str(self.temp), "CACHE": "on"}
        return subprocess.Popen(
            command, cwd=self.root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )

    def build(self) -> None:
        """Build to the end; nothing must be left of it or of any build before."""
        begun = time.monotonic()
        process = self.start()
        try:
            said = process.communicate(timeout=BOUND)[1]
        finally:
            process.kill()
        assert process.returncode == 0, said
        self.seconds = time.monotonic() - begun
        self.shown = self.version
        assert self.published() == {self.version}
        assert not self.left(), f"left after a build that went well: {self.left()}"

    def kill(self, kill: Kill) -> None:
        """Start a build of the next version, kill it, and look at what stands there afterwards."""
        self.write()
        process = self.start()
        lines, more = [], threading.Condition()

        def hear() -> None:
            for line in process.stderr or ():
                with more:
                    lines.append(line)
                    more.notify()

        hearing = threading.Thread(target=hear, daemon=True)
        hearing.start()
        try:
            if isinstance(kill.after, int):
                with more:
                    more.wait_for(lambda: len(lines) >= kill.after or process.poll() is not None, BOUND / 2)
            else:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(kill.after * self.seconds)
            victim = self._victim(process.pid, kill.victim)
            with contextlib.suppress(psutil.NoSuchProcess):
                (victim or psutil.Process(process.pid)).send_signal(kill.number)
            code = process.wait(BOUND)
        finally:
            process.kill()
            process.wait()
            hearing.join(BOUND)
        said = "".join(lines)
        found = self.published()
        assert found in ({self.shown}, {self.version}), f"{kill}: versions {found} side by side\n{said}"
        assert code != 0 or found == {self.version}, f"{kill}: said that it went well\n{said}"
        if kill.victim != "ipykernel_launcher":  # which may say itself where it was interrupted
            assert "Traceback" not in said, f"{kill}:\n{said}"
        self.shown = max(found)

    def _victim(self, pid: int, part: str) -> psutil.Process | None:
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(pid).children(recursive=True):
                words = process.cmdline()
                leash = any(word.endswith("leash.py") for word in words)
                if any(part in word for word in words) and leash == (part == "leash.py"):
                    return process
        return None

    def published(self) -> set[int]:
        """Give the versions that the pages of the published site show; a page that lacks is a fault."""
        output = self.root / "output"
        found = set()
        for number in range(1, POSTS + 1):
            text = (output / f"post-{number}" / "index.html").read_text(encoding="utf-8")
            versions = re.findall(r"version (\d+)", text)
            assert len(versions) >= 3, f"post-{number} is not whole"
            found.update(map(int, versions))
        assert (output / "index.html").exists()
        assert (output / "executable-posts" / "page.css").exists()
        assert (output / ".executable-posts").exists()
        return found

    def left(self) -> list[str]:
        """Name what builds have left: processes, folders aside, temporary files, unfinished programs."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(VARIABLE) == self.word:
                    found.append(" ".join(process.cmdline())[:150])
        cache = self.root / ".cache" / "executable_posts"
        folders = (*self.root.glob(".output-*"), *self.temp.iterdir(), *cache.glob("c++/*.new"))
        return found + [path.name for path in folders]

    def end(self) -> None:
        """End what a failing run has left."""
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get(VARIABLE) == self.word:
                    process.kill()
        shutil.rmtree(self.root, ignore_errors=True)
