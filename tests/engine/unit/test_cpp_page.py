"""What a C++ program needs that a page has not, told by its source and flags."""

from __future__ import annotations

import pytest

from executable_posts.languages import Cell, cpp_page


@pytest.mark.parametrize(
    ("source", "args", "lack"),
    [
        ("#include <cstdio>\nint main() {}", "-std=c++20 -O2", ""),
        ("#include <poll.h>", "", ""),
        ("  #  include <thread>", "", "threads"),
        ("#include <cstdio>", "-pthread", "threads"),
        ("#include <netinet/in.h>", "", "a network"),
        ("#include <sys/wait.h>", "", "other processes"),
        ("#include <linux/io_uring.h>", "", "a whole operating system"),
        ("int main() { throw 1; }", "", "exceptions"),
        ("int main() { /* throw */ } // try\nconst char* s = \"catch\"; char c = 't';", "", ""),
        ("int retry, tryst;", "", ""),
        ("int main() {}", "-o later", "a compiler"),
        ("int main() {}", "-isystem $BOOST", "libraries of a machine"),
        ("int main() {}", "-lm", "libraries of a machine"),
    ],
)
def test_what_is_told_without_compiling(source, args, lack):
    assert cpp_page.lacks(Cell(source=source, args=args)) == lack


def test_own_headers_come_along_and_are_read_too(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    (folder / "lib" / "sys").mkdir(parents=True)
    monkeypatch.chdir(folder)
    (folder / "lib" / "a.hpp").write_text('#include "b.hpp"\n')
    (folder / "lib" / "b.hpp").write_text("#include <thread>\n")
    (folder / "lib" / "sys" / "event.h").write_text("// ours\n")
    cell = Cell(source='#include "a.hpp"\n', args="-Ilib")
    assert list(cpp_page.files(cell)) == ["lib/a.hpp", "lib/b.hpp"]
    assert cpp_page.lacks(cell) == "threads"
    assert cpp_page.lacks(Cell(source="#include <sys/event.h>\n", args="-Ilib")) == ""
    assert cpp_page.lacks(Cell(source="#include <sys/event.h>\n")) == "a whole operating system"
    (tmp_path / "away.hpp").write_text("")
    assert (
        cpp_page.lacks(Cell(source='#include "away.hpp"\n', args="-I.."))
        == "headers from outside of the site"
    )
