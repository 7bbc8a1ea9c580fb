"""What a fence language means inside the kernel: the ``%%c++`` and ``%%bash`` cell magics.

``%load_ext executable_posts`` makes both available in any notebook, so a reader's JupyterLab runs a post's cells as
the site build does. The engine adds ``--at=LABEL:LINE`` so that errors name the post's line.
"""

from __future__ import annotations

import codecs
import os
import re
import selectors
import signal
import subprocess
import sys

from ... import config
from .chartdata import mimebundle
from .compiler import CompileError, build, keep, split_name

OUTPUT_LIMIT = 4_000_000  # bytes a program may print before it is stopped
GRACE = 0.2  # seconds to wait for output of a program that has ended
_AT = re.compile(r"--at=(?P<label>.+?):(?P<line>\d+)(?:\s+|$)")


class BlockFailed(Exception):
    """Report that a C++ or shell block failed. line: the post's line, 0 if unknown."""

    def __init__(self, message: str, line: int = 0):
        super().__init__(message)
        self.line = line


def load_ipython_extension(ip) -> None:
    """Register the cell magics in an IPython shell, and what charts tell about themselves."""
    ip.register_magic_function(run_cpp, "cell", "c++")
    ip.register_magic_function(run_bash, "cell", "bash")
    # By name: importing matplotlib takes half a second, and most posts draw nothing.
    ip.display_formatter.mimebundle_formatter.for_type_by_name("matplotlib.figure", "Figure", mimebundle)
    site = config.find()
    if site:  # a notebook started below the site runs where its post runs: in the site's root
        os.chdir(site.root)


def run_cpp(args: str, source: str) -> None:
    """Compile the cell as a C++ program and run it, showing what it prints.

    args: compiler flags, such as ``-std=c++20 -pthread``; C++17 is the default, and ``$NAME`` is the environment's.
    With ``-o NAME`` the program is not run but kept, and ``executable_posts.authors.program(NAME)`` finds it. Raise BlockFailed when it does not
    compile, is ended by a signal, or returns anything but 0.
    """
    label, line, flags = _location(args)
    cache = config.load().cache_dir / "c++"
    try:
        flags, name = split_name(flags)
        program = build(source, flags, label, line, cache)
    except CompileError as error:
        raise BlockFailed(
            f"the C++ block does not compile\n{error.text}".rstrip(), error.line or line
        ) from None
    if name:
        keep(program, source, name, cache)
        return
    code = _run([str(program)])
    if code:
        raise BlockFailed(f"the C++ program {_ending(code)}", line)


def run_bash(args: str, source: str) -> None:
    """Run the cell as one bash script that stops at its first failing command.

    Raise BlockFailed with the line of the command that failed.
    """
    label, line, rest = _location(args)
    receive, send = os.pipe()
    os.set_blocking(receive, False)
    # The script is padded to its place in the post, so that bash's own line numbers are the post's.
    padded = f"trap 'echo $LINENO >&{send}' ERR" + "\n" * (line - 1) + source if line > 1 else source
    try:
        code = _run(["bash", "-Eeuo", "pipefail", "-c", padded, label, *rest.split()], pass_fds=(send,))
        try:
            said = os.read(receive, 4096).split()
        except BlockingIOError:
            said = []
    finally:
        os.close(receive)
        os.close(send)
    if code:
        # The trap speaks for every failing command on the way out; the last is the one that ended the script.
        raise BlockFailed(f"the shell script {_ending(code)}", int(said[-1]) if said else line)


def _location(args: str) -> tuple[str, int, str]:
    match = _AT.match(args)
    if match:
        return match["label"], int(match["line"]), args[match.end() :]
    return "cell", 1, args


def _ending(code: int) -> str:
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"returned {code}"


def _run(command: list[str], pass_fds=()) -> int:
    """Run a program, passing on what it prints as it prints it; stop it when the cell is interrupted."""
    with (
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=pass_fds,
        ) as process,
        selectors.DefaultSelector() as selector,
    ):
        # A decoder each: a character may be cut in two between two reads.
        for pipe, stream in ((process.stdout, sys.stdout), (process.stderr, sys.stderr)):
            selector.register(
                pipe, selectors.EVENT_READ, (stream, codecs.getincrementaldecoder("utf-8")("replace"))
            )
        printed = 0
        try:
            while selector.get_map():
                news = selector.select(GRACE)
                if not news and process.poll() is not None:
                    break  # a program it left in the background still holds the pipe
                for key, _ in news:
                    data = os.read(key.fileobj.fileno(), 65536)
                    stream, decoder = key.data
                    stream.write(decoder.decode(data, final=not data))
                    stream.flush()
                    if not data:
                        selector.unregister(key.fileobj)
                    printed += len(data)
                    if printed > OUTPUT_LIMIT:
                        raise BlockFailed(f"the program printed more than {OUTPUT_LIMIT} bytes")
            return process.wait()
        except BaseException:
            process.kill()
            raise
