"""C++ in a reader's page: what a page has not, and the compiler, which is clang compiled to WebAssembly."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path

from .language import BlockFailed, Cell, PageCompiler

THREADS, NETWORK = "threads", "a network"
SYSTEM, PROCESSES = "a whole operating system", "other processes"
# What a page has not, by the header that gives it.
ABSENT = {
    **dict.fromkeys(
        ("thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "latch", "barrier", "stop_token",
         "pthread.h", "threads.h"),
        THREADS,
    ),
    **dict.fromkeys(("sys/socket.h", "netdb.h", "net/if.h", "sys/un.h"), NETWORK),
    **dict.fromkeys(("sys/wait.h", "spawn.h", "sys/ptrace.h"), PROCESSES),
    **dict.fromkeys(
        ("signal.h", "csignal", "setjmp.h", "csetjmp", "aio.h", "mqueue.h", "semaphore.h", "termios.h", "pty.h", "pwd.h",
         "sys/mman.h", "sys/epoll.h", "sys/event.h", "sys/eventfd.h", "sys/timerfd.h", "sys/signalfd.h", "sys/inotify.h",
         "sys/sendfile.h", "sys/syscall.h", "windows.h"),
        SYSTEM,
    ),
}  # fmt: skip
BELOW = {"netinet/": NETWORK, "arpa/": NETWORK, "linux/": SYSTEM, "asm/": SYSTEM, "mach/": SYSTEM}
# Of the compiler's headers and libraries, what a program for WASI with libc++ needs; the rest is for processors and modes.
_NEEDED = re.compile(
    r"include/c\+\+/v1/(?!__cxx03/|module\.modulemap).*|include/wasm32-wasip1/.*"
    r"|include/(__std|__float|std|float|limits|inttypes|iso646|tgmath|varargs|unwind)[^/]*"
    r"|lib/wasm32-wasip1/(lib(c|c\+\+|c\+\+abi|m)\.a|crt1[^/]*)|lib/wasm32-unknown-wasip1/libclang_rt\.builtins\.a"
)
_TAR = 512  # bytes; a tar file is made of such blocks
# In a source without comments and literals.
_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<([^>\n]+)>", re.MULTILINE)
_NO_CODE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])+'", re.DOTALL)
_EXCEPTIONS = re.compile(r"\b(?:throw|try|catch)\b")


def lacks(cell: Cell) -> str:
    """Say what a page has not and a program needs, as far as its source and flags tell; "" for nothing."""
    words = cell.args.split()
    if "-o" in words:
        return "a compiler"  # later blocks start the program
    if "-pthread" in words:
        return THREADS
    if any(word.startswith(("-isystem", "-l", "-L", "-fexceptions")) or "$" in word for word in words):
        return "libraries of a machine"
    try:
        own = files(cell)
    except BlockFailed:
        return "headers from outside of the site"
    for text in (cell.source, *own.values()):
        for name in _INCLUDE.findall(text):
            below = next((what for start, what in BELOW.items() if name.startswith(start)), "")
            what = ABSENT.get(name, below)
            if what and not any(path.endswith(f"/{name}") for path in own):
                return what
    return "exceptions" if _EXCEPTIONS.search(_NO_CODE.sub(" ", cell.source)) else ""


def files(cell: Cell) -> dict[str, str]:
    """Give the headers of one's own that a program includes, by their path below the working directory."""
    from .compiler import header_digests

    here, found = Path.cwd().resolve(), {}
    for name, _ in header_digests(cell.source, cell.args):
        if not Path(name).is_relative_to(here):
            raise BlockFailed(f"the header {name} is outside of the site", cell.line)
        text = Path(name).read_text(encoding="utf-8", errors="replace")
        found[Path(name).relative_to(here).as_posix()] = text
    return found


def pack(modules: Path) -> dict[str, bytes]:
    """Give what a page fetches of the compiler: its program, and of its headers and libraries what C++ for WASI needs."""
    folder = modules / "@yowasp" / "clang" / "gen"
    found = {
        path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix in (".js", ".wasm")
    }
    whole = (folder / "llvm-resources.tar").read_bytes()
    kept = []
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        for member in archive:
            if member.isdir() or _NEEDED.fullmatch(
                member.name
            ):  # as it is: the reader of it minds a folder's slash
                end = member.offset_data + -(-member.size // _TAR) * _TAR
                kept.append(whole[member.offset : end])
    notice = (Path(__file__).parent / "clang" / "NOTICE.txt").read_bytes()
    return {**found, "NOTICE.txt": notice, "llvm-resources.tar": b"".join(kept) + bytes(2 * _TAR)}


CLANG = PageCompiler(
    title="clang", folder=Path(__file__).parent / "clang", lacks=lacks, files=files, pack=pack
)
