"""The credentials service, with its faults, for tests."""

import contextlib
import json
import subprocess
import sys

from pizzeria.common.subprocesses import stop


@contextlib.contextmanager
def credentials_service(delay_ms, faults=True):
    """Run one; yield its address."""
    command = [sys.executable, "-m", "pizzeria", "datacenter", "credentials", f"--delay-ms={delay_ms}"]
    with subprocess.Popen(command + ["--faults"] * faults, stdout=subprocess.PIPE, text=True) as service:
        try:
            yield json.loads(service.stdout.readline())["listening"]
        finally:
            stop(service)
