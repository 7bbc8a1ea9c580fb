"""What the Python of a reader's page has not, by the names that a block would use."""

from __future__ import annotations

THREADS, PROCESSES = "threads", "other processes"
NETWORK, SYSTEM = "a network", "a whole operating system"
# What a page has not: the longest name that begins a used name decides.
ABSENT = {
    **dict.fromkeys(("threading", "_thread", "concurrent.futures", "asyncio.to_thread"), THREADS),
    **dict.fromkeys(
        ("multiprocessing", "subprocess", "os.fork", "os.system", "os.popen", "os.kill", "os.spawnv", "os.execv", "pty",
         "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell"),
        PROCESSES,
    ),
    **dict.fromkeys(
        ("socket", "socketserver", "ssl", "select", "selectors", "http.client", "http.server", "urllib.request",
         "smtplib", "ftplib", "imaplib", "poplib", "xmlrpc", "asyncio.start_unix_server", "asyncio.open_unix_connection"),
        NETWORK,
    ),
    **dict.fromkeys(
        ("fcntl", "resource", "signal", "mmap", "ctypes", "os.pipe", "os.eventfd", "os.sched_getaffinity", "termios",
         "tty", "grp", "pwd", "syslog", "time.thread_time"),
        SYSTEM,
    ),
    **dict.fromkeys(("asyncio.run", "asyncio.Runner", "asyncio.new_event_loop"), "an event loop of its own"),
    **dict.fromkeys(("IPython", "get_ipython"), "a notebook"),
    "executable_posts.authors.programs.program": "a compiler",
}  # fmt: skip
# Parts of the standard library that are not in the page at all: even an import fails.
NOT_THERE = frozenset(
    ["curses", "dbm", "ensurepip", "grp", "msvcrt", "nt", "pwd", "readline", "resource", "syslog", "tkinter", "turtle",
     "venv", "winreg", "winsound", "idlelib"]
)  # fmt: skip


def begins(name: str, start: str) -> bool:
    """Tell whether a dotted name is another one or stands below it."""
    return name == start or name.startswith(start + ".")


def what_lacks(name: str) -> str:
    """Say what a page lacks for a full name that is there and cannot work, "" if nothing."""
    fits = [start for start in ABSENT if begins(name, start)]
    return ABSENT[max(fits, key=len)] if fits else ""


def not_there(name: str) -> bool:
    """Tell whether a name is of a part of the standard library that is not in the page at all."""
    return any(begins(name, missing) for missing in NOT_THERE)
