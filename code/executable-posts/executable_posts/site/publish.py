"""Run a site generator aside and put its result in place only when it succeeded."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..errors import PostError

PLACE = "{output}"
MARK = ".executable-posts"  # a folder that holds this file is ours to replace


def publish(command: list[str], output: Path) -> int:
    """Run ``command`` with ``{output}`` replaced by a fresh folder; swap that folder in on success.

    Return the command's exit code, or 1 when it succeeded without writing anything. On failure ``output`` stays
    exactly as it was. Raise PostError when ``output`` holds something that was not published here, or when the
    command cannot be run.
    """
    output = Path(output).resolve()
    if output.exists() and not (output / MARK).exists() and (not output.is_dir() or any(output.iterdir())):
        raise PostError(
            output, 0, "is not empty and was not published here; nothing was touched", "name another folder"
        )
    output.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{output.name}-", dir=output.parent))
    try:
        staging.chmod(0o755)
        code = run_to_its_end([part.replace(PLACE, str(staging)) for part in command])
        if code == 0 and not any(staging.iterdir()):
            code = 1
        if code == 0:
            (staging / MARK).write_text("This folder is replaced at every build.\n", encoding="utf-8")
            swap(staging, output)
        return code
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def run_to_its_end(command: list[str]) -> int:
    """Run a command to its end; when we are told to stop, it is asked to stop first and given time to clean up."""
    try:
        process = subprocess.Popen(command)
    except OSError as error:
        raise PostError(
            command[0], 0, f"cannot be run: {error.strerror}", "check the command after --"
        ) from None
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        raise


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
