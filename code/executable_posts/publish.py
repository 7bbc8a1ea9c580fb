"""Run a site generator aside and put its result in place only when it succeeded."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

PLACE = "{output}"


def publish(command: list[str], output: Path) -> int:
    """Run ``command`` with ``{output}`` replaced by a fresh folder; swap that folder in on success.

    Return the command's exit code, or 1 when it succeeded without writing anything. On failure ``output`` stays
    exactly as it was.
    """
    output = Path(output).resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        staging.chmod(0o755)
        code = subprocess.run([part.replace(PLACE, str(staging)) for part in command], check=False).returncode
        if code == 0 and not any(staging.iterdir()):
            code = 1
        if code == 0:
            swap(staging, output)
        return code
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def swap(staging: Path, output: Path) -> None:
    """Put ``staging`` in the place of ``output``; on any failure the old folder is back in place."""
    old = output.with_name(f".{output.name}-old-{os.getpid()}")
    shutil.rmtree(old, ignore_errors=True)
    if output.exists():
        os.rename(output, old)
    try:
        os.rename(staging, output)
    except OSError:
        if old.exists():
            os.rename(old, output)
        raise
    shutil.rmtree(old, ignore_errors=True)
