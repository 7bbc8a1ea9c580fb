"""The C++ programs, run; and those of other systems, cross-compiled and run as near to home as can be."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from pizzeria import weapons
from pizzeria.weapons import programs

CI = os.environ.get("CI") == "true"
COMPILER = shutil.which("g++") or shutil.which("clang++")
linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
compiled = pytest.mark.skipif(COMPILER is None and not CI, reason="no C++ compiler here")


def run(tmp_path, name, *flags) -> str:
    program = tmp_path / "program"
    native = programs.NATIVE
    strict = ["-std=c++17", "-O1", "-Wall", "-Wextra", "-Werror", "-I", str(native), *flags]
    command = [COMPILER, *strict, str(native / name), "-o", str(program)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    done = subprocess.run([str(program)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def or_skip(call, *args):
    """Where the tools are missing the record stands in, and says so; in CI that is a failure."""
    try:
        return call(*args)
    except weapons.MissingTool as missing:
        if CI:
            raise
        pytest.skip(f"shown from the record: {missing}")


@compiled
def test_kqueue_four_filters(tmp_path):
    lines = run(tmp_path, "kqueue.cpp").splitlines()
    lines.remove("TIMER: order 30 is baked")  # 30 ms, and how far the others get meanwhile is the machine's
    assert lines == ["WRITE: the pipe has room", 'READ: 7 bytes wait, "calzone"', "USER: table 7 rings"]


EDGES = """
#include <sys/event.h>
#include <sys/socket.h>
#include <cerrno>
#include <cstdio>
int main() {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0) return 1;
    const int queue = kqueue();
    struct kevent change, event;
    const struct timespec now = {0, 0}, later = {5, 0};
    auto apply = [&](int ident, int filter, int flags, unsigned notes = 0, long data = 0) {
        EV_SET(&change, ident, filter, flags, notes, data, nullptr);
        return kevent(queue, &change, 1, nullptr, 0, nullptr);
    };
    auto rings = [&](const struct timespec *wait) { return kevent(queue, nullptr, 0, &event, 1, wait); };
    if (apply(pair[0], EVFILT_READ, EV_DELETE) != -1 || errno != ENOENT) return 2;      // not there yet
    if (apply(pair[0], EVFILT_READ, EV_ADD | EV_CLEAR) != 0) return 3;
    if (rings(&now) != 0) return 4;
    if (write(pair[1], "ab", 2) != 2 || rings(&later) != 1 || event.data != 2) return 5;
    if (rings(&now) != 0) return 6;                                                     // EV_CLEAR: told once
    if (apply(pair[0], EVFILT_READ, EV_DELETE) != 0) return 7;
    if (apply(pair[0], EVFILT_READ, EV_ADD) != 0) return 8;
    if (rings(&later) != 1 || rings(&later) != 1) return 9;                             // level: reminded
    shutdown(pair[1], SHUT_WR);
    if (rings(&later) != 1 || !(event.flags & EV_EOF)) return 10;
    if (apply(pair[0], EVFILT_READ, EV_DELETE) != 0) return 11;
    if (apply(1, EVFILT_TIMER, EV_ADD, 0, 5) != 0) return 12;
    if (rings(&later) != 1 || rings(&later) != 1 || event.data < 1) return 13;          // periodic
    if (apply(1, EVFILT_TIMER, EV_DELETE) != 0 || rings(&now) != 0) return 14;
    if (apply(9, EVFILT_USER, 0, NOTE_TRIGGER) != -1) return 15;                        // nobody registered it
    if (apply(1, -3, EV_ADD) != -1 || errno != EINVAL) return 16;                       // not one of the four
    if (apply(99, EVFILT_READ, EV_ADD) != -1 || errno != EBADF) return 17;
    return 0;
}
"""


@linux
@compiled
def test_our_kqueue_at_its_edges(tmp_path):
    source = tmp_path / "edges.cpp"
    source.write_text(EDGES)
    program = tmp_path / "edges"
    command = [
        COMPILER,
        "-std=c++17",
        "-Wall",
        "-Wextra",
        "-I",
        str(programs.NATIVE),
        str(source),
        "-o",
        str(program),
    ]
    subprocess.run(command, check=True)
    assert subprocess.run([str(program)], timeout=120).returncode == 0


@linux
@compiled
@pytest.mark.skipif(shutil.which("gcc") is None and not CI, reason="no C compiler here")
def test_our_kqueue_is_c_too(tmp_path):
    source = tmp_path / "one.c"
    source.write_text("#include <sys/event.h>\nint main(void) { return kqueue() < 0; }\n")
    command = ["gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function"]
    subprocess.run(
        [*command, "-I", str(programs.NATIVE), str(source), "-o", str(tmp_path / "one")], check=True
    )


@pytest.mark.parametrize("target", ["x86_64-freebsd", "x86_64-netbsd", "x86_64-openbsd", "x86_64-macos"])
def test_kqueue_against_the_real_headers(tmp_path, target):
    product = or_skip(programs.check_kqueue_elsewhere, target, tmp_path)
    magic = product.read_bytes()[:4]
    assert magic == (b"\xcf\xfa\xed\xfe" if "macos" in target else b"\x7fELF")


@linux
@compiled
def test_posix_aio_notifies_and_glibc_does_it_with_a_thread(tmp_path):
    said = run(tmp_path, "posix_aio.cpp", "-pthread")
    before, after = (int(n) for n in re.findall(r"threads (?:before|after): (\d+)", said))
    assert before == 1
    if os.confstr("CS_GNU_LIBC_VERSION"):
        assert after > before
    assert "write: notified, 14 bytes\nread: notified, 14 bytes" in said


@linux
@compiled
def test_io_uring_file_and_socket_in_one_queue(tmp_path):
    said = run(tmp_path, "io_uring.cpp")
    if "not to be had" in said and not CI:
        pytest.skip(said.strip())
    assert said.splitlines() == [
        "two reads started by one system call",
        'completed: file, 12 bytes: "four cheeses"',
        'completed: socket, 9 bytes: "a calzone"',
    ]


@compiled
def test_busy_waiting_has_its_price(tmp_path):
    """Who rests looks once a ring, which the program itself checks. What a look costs is the machine's, and shown."""
    said = run(tmp_path, "busy_waiting.cpp", "-pthread")
    rests, asks, watches = (int(looks) for looks in re.findall(r"core, (\d+) looks", said))
    assert rests == 100 <= min(asks, watches)
    assert "times the processor" in said


def test_completion_ports_under_wine():
    report = or_skip(weapons.run_iocp)
    assert report.fresh
    assert report.origin.startswith("run just now under wine-")
    assert report.lines == weapons.recorded_iocp().lines  # what the post shows is what comes out


def test_a_windows_program_that_fails_is_an_error(tmp_path):
    compiler = or_skip(programs.find, programs._MINGW, "mingw-w64")
    source = tmp_path / "bad.cpp"
    source.write_text('#include <cstdio>\nint main() { std::puts("burnt"); return 3; }\n')
    subprocess.run([compiler, "-static", str(source), "-o", str(tmp_path / "bad.exe")], check=True)
    with (
        or_skip(programs.Wine, tmp_path / "wine") as wine,
        pytest.raises(RuntimeError, match="returned 3 under wine\nburnt"),
    ):
        wine.run(tmp_path / "bad.exe")
