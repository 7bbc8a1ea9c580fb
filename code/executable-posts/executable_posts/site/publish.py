"""Run a site generator aside and put its result in place only when it succeeded."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from ..errors import PostError
from ..running.leashes import KERNELS, Folder, Leash, end_process, marked_folder, sweep
from ..running.turn import Turn
from .inputs import VARIABLE

PLACE = "{output}"
MARK = ".executable-posts"  # a folder that holds this file is ours to replace
SITE, OLD = "site", "old"  # in the folder aside: what the generator writes, and what it replaces
REPORT = "inputs.json"  # there as well: what the generator took in
AT_FDCWD, EXCHANGE = -100, 2  # of renameat2 on Linux; renamex_np of macOS has the same number
GRACE = 10.0  # seconds a generator has to clean up when it is asked to end


def publish(
    command: list[str],
    output: Path,
    before_swap: Callable[[Path, Path], object] | None = None,
    run: Callable[[list[str], Folder], int] | None = None,
    swapping: AbstractContextManager[object] | None = None,
    after_swap: Callable[[Path], object] | None = None,
) -> int:
    """Run ``command`` with ``{output}`` replaced by a fresh folder; swap that folder in on success.

    Return the command's exit code, or 1 when it succeeded without writing anything. On failure ``output`` stays
    exactly as it was. before_swap: called with the old site and the new one, when there is a new one; run: runs a command
    in place of `run_to_its_end`; swapping: entered for the moment in which there is no site; after_swap: called when the new site is
    in place, with what the generator told of its inputs (`inputs`), a file that need not be there. What an earlier build left when it
    was killed is ended and removed first, and another build waits while this one looks at ``output`` or replaces it. Raise
    PostError when ``output`` holds something that was
    not published here, or when the command cannot be run.
    """
    output = Path(output).resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    turn = Turn(
        output.parent, "another build puts its site in place", lambda text: print(text, file=sys.stderr)
    )
    with turn:
        tidy(output)
    if output.exists() and not (output / MARK).exists() and (not output.is_dir() or any(output.iterdir())):
        raise PostError(
            output, 0, "is not empty and was not published here; nothing was touched", "name another folder"
        )
    folder = marked_folder(_aside(output), output.parent)
    try:
        staging = folder.path / SITE
        staging.mkdir()
        staging.chmod(0o755)  # whatever the umask: a server of another user's reads it
        code = (run or run_to_its_end)([part.replace(PLACE, str(staging)) for part in command], folder)
        if code == 0 and not (staging.is_dir() and any(staging.iterdir())):
            code = 1
        if code == 0:
            (staging / MARK).write_text("This folder is replaced at every build.\n", encoding="utf-8")
            with turn:
                if before_swap is not None:
                    before_swap(output, staging)
                with swapping or nullcontext():
                    swap(staging, output)
                if after_swap is not None:
                    after_swap(folder.path / REPORT)
        return code
    finally:
        folder.remove()


def tidy(output: Path) -> None:
    """End and remove what builds that were killed have left; put a site back that one had moved away."""
    sweep(KERNELS)
    sweep(_aside(output), output.parent, lambda folder: _put_back(folder, output))


def _aside(output: Path) -> str:
    return f".{output.name}-"


def run_to_its_end(command: list[str], folder: Folder | None = None) -> int:
    """Run a command to its end and return its exit code; whatever it has started ends with it.

    When we are told to stop, it is asked to stop first and given time to clean up; so it is when we are killed.
    folder: removed when we are. Raise PostError when it cannot be run.
    """
    can_be_run(command)
    leash = Leash(folder, grace=GRACE)
    asked = {VARIABLE: str(folder.path / REPORT)} if folder else {}
    try:
        process = subprocess.Popen(
            leash.command(command), pass_fds=leash.fds, env={**leash.environment, **asked}
        )
        try:
            return process.wait()
        except BaseException:
            end_process(process, 2 * GRACE)
            raise
    finally:
        leash.let_go()


def can_be_run(command: list[str]) -> None:
    """Raise PostError when there is no such program."""
    if not shutil.which(command[0]):
        raise PostError(command[0], 0, "cannot be run: no such program", "check the command after --")


def swap(staging: Path, output: Path) -> None:
    """Put ``staging`` in the place of ``output``, in one step where the system has one; whatever fails, the old folder is there."""
    if _exchanged(staging, output):
        return
    old = staging.with_name(OLD)
    if output.exists():
        os.rename(output, old)
    try:
        os.rename(staging, output)
    except OSError:
        if old.exists():
            os.rename(old, output)
        raise


def _exchanged(one: Path, other: Path) -> bool:
    """Let two folders change their names, so that no moment has only one of them; False where there is no such thing."""
    paths = os.fsencode(one), os.fsencode(other)
    with contextlib.suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        if sys.platform == "linux":
            return bool(library.renameat2(AT_FDCWD, paths[0], AT_FDCWD, paths[1], EXCHANGE) == 0)
        return bool(library.renamex_np(*paths, EXCHANGE) == 0)
    return False


def _put_back(folder: Path, output: Path) -> None:
    """Put the site back that a build killed between its two renames had moved away."""
    if not output.exists() and (folder / OLD / MARK).exists():
        os.rename(folder / OLD, output)
