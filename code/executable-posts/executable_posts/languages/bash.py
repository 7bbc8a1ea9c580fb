"""bash: a block is one script that stops at its first failing command."""

from __future__ import annotations

import os
import shutil

from .language import BlockFailed, Cell, Language, ToolAbsent


def tool() -> tuple[str, ...]:
    """Find bash; raise ToolAbsent."""
    if shutil.which("bash"):
        return ("bash",)
    raise ToolAbsent("no bash was found", "install bash")


def run(cell: Cell) -> None:
    """Run the cell as one bash script; raise BlockFailed with the line of the command that failed."""
    from .process import ending, run_program

    command = tool()
    receive, send = os.pipe()
    os.set_blocking(receive, False)
    # The script is padded to its place in the post, so that bash's own line numbers are the post's.
    trap = f"trap 'echo $LINENO >&{send}' ERR"
    script = trap + cell.padded if cell.line > 1 else cell.source
    try:
        ended = run_program(
            [*command, "-Eeuo", "pipefail", "-c", script, cell.label, *cell.args.split()], pass_fds=(send,)
        )
        try:
            said = os.read(receive, 4096).split()
        except BlockingIOError:
            said = []
    finally:
        os.close(receive)
        os.close(send)
    if ended.code:
        # The trap speaks for every failing command on the way out; the last is the one that ended the script.
        raise BlockFailed(f"the shell script {ending(ended.code)}", int(said[-1]) if said else cell.line)


BASH = Language(
    name="bash",
    label="bash",
    misspelt=("sh", "shell", "zsh"),
    suffixes=(".sh",),
    needs="a shell",
    arguments="the script's positional parameters",
    run=run,
    tool=tool,
)
