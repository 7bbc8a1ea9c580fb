"""Servers as processes of their own, started for an experiment and stopped by their pid."""

import contextlib
import json
import subprocess
import sys

from pizzeria.common.subprocesses import stop


@contextlib.contextmanager
def program(*words):
    """Run ``python -m pizzeria datacenter WORDS``; yield its ready line as a dict. It is stopped at the end."""
    command = [sys.executable, "-m", "pizzeria", "datacenter", *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, start_new_session=True, **pipes) as process:
        try:
            line = process.stdout.readline()
            if not line:
                raise ValueError(
                    f"{' '.join(map(str, words[:3]))} did not start: {process.stderr.read().strip()}"
                )
            ready = json.loads(line)
            ready["port"] = int(ready["listening"].rpartition(":")[2])
            yield ready
        finally:
            stop(process)


@contextlib.contextmanager
def credentials(delay_ms):
    """Run a credentials service; yield its address."""
    with program("credentials", "--delay-ms", delay_ms) as ready:
        yield ready["listening"]


@contextlib.contextmanager
def server(name, credentials_url, **settings):
    """Run the server `name` with `settings` (underscores for dashes); yield its ready line."""
    words = [f"--{key.replace('_', '-')}={value}" for key, value in settings.items()]
    with program("serve", "--server", name, "--credentials-url", credentials_url, *words) as ready:
        yield ready
