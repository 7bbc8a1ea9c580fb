"""The post's programs in C++, compiled: what every compiler must do, and what the recorded one did."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from pizzeria.common.compilers import MissingTool, cxx, zig
from pizzeria.coroutines import chains, frames, prices

CI = os.environ.get("CI") == "true"
compiled = pytest.mark.skipif(
    not (shutil.which("g++") or shutil.which("clang++")) and not CI, reason="no C++ compiler here"
)
STRICT = ("-Wall", "-Wextra", "-Werror")


@compiled
def test_a_frame_holds_what_is_needed_after_the_wait(tmp_path):
    program = frames.compiled("frames.cpp", tmp_path / "frames", flags=(*frames.FLAGS, *STRICT))
    sizes = frames.weigh(program)
    assert sizes.keys() == frames.recorded().sizes.keys()
    assert sizes["needed after the wait"] >= 1000 > sizes["in a plain function"]
    assert frames.measured_anew((), "today").sizes == sizes


@compiled
def test_symmetric_transfer_needs_no_stack(tmp_path):
    call = frames.compiled("chain.cpp", tmp_path / "call", flags=(*frames.FLAGS, *STRICT))
    jump = frames.compiled("chain.cpp", tmp_path / "jump", flags=(*frames.FLAGS, *STRICT, "-DSYMMETRIC"))
    assert chains.depth(jump, 10) == chains.depth(jump, 1_000_000)
    assert chains.depth(call, 10) < chains.depth(call, 1_000)
    assert chains.depth(call, 1_000_000) is None


@compiled
@pytest.mark.parametrize("standard", ["-std=c++14", "-std=c++20"])
def test_a_crowd_of_switches_is_weighed(tmp_path, standard):
    program = frames.compiled("waiting_switch.cpp", tmp_path / "w", flags=(standard, "-O2", *STRICT))
    (price,) = prices.price_list([], {"switch": program}, {"switch": (1_000, 201_000)})
    assert price.waiting == 201_000
    assert 4 <= price.own < 64


@compiled
def test_a_crowd_of_coroutines_is_weighed(tmp_path):
    program = frames.compiled("waiting_coroutine.cpp", tmp_path / "w", flags=(*frames.FLAGS, *STRICT))
    (price,) = prices.price_list([], {"coroutine": program}, {"coroutine": (1_000, 201_000)})
    assert 16 <= price.own < 1_000


@compiled
def test_a_destroyed_order_is_woken_by_nobody(tmp_path):
    source = tmp_path / "gone.cpp"
    source.write_text(
        '#include "order_coroutine.hpp"\n'
        "int main() {\n"
        "    Loop kitchen;\n"
        "    { Task gone = order(kitchen); gone.start(); kitchen.run(20); }\n"
        "    kitchen.run();\n"
        "    Task stays = order(kitchen);\n"
        "    stays.start();\n"
        "    kitchen.run();\n"
        "}\n"
    )
    program = frames.compiled(str(source), tmp_path / "gone", flags=(*frames.FLAGS, "-g", *STRICT))
    said = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    assert said == "12:00 + 90 min  served after 70 minutes\n"


@compiled
def test_two_threads_hand_a_turn_to_and_fro(tmp_path):
    program = frames.compiled("turns.cpp", tmp_path / "turns", flags=(*frames.FLAGS, "-pthread", *STRICT))
    assert prices.turns(program, rounds=20) > 0


@compiled
def test_a_cancelled_thread_goes_on_until_it_waits(tmp_path):
    program = frames.compiled(
        "thread_cancelled.cpp", tmp_path / "t", flags=(*frames.FLAGS, "-pthread", *STRICT)
    )
    said = subprocess.run(
        [program], capture_output=True, text=True, check=True, timeout=60
    ).stdout.splitlines()
    assert said[-2:] == ["kneaded to the end: yes", "came out of its wait: no"]


# The one function of that compiler's library that the program calls, in terms of the library that is there.
LIBRARY = """#include <new>
extern "C" void bad_alloc(void* at) asm("_ZNSt9bad_allocC1Ev");
void bad_alloc(void* at) { new (at) std::bad_alloc; }
"""


def test_the_record_is_what_its_compiler_does(tmp_path):
    """Compiled by that compiler, which decides the frames; linked by the one that is there: the other would first build a
    library of its own, for a minute."""
    try:
        command = [*zig(), "c++"]
    except MissingTool as missing:
        if CI:
            raise
        pytest.skip(f"shown from the record: {missing}")
    record = frames.recorded()
    if (found := frames.version(command)) != record.compiler:
        pytest.skip(f"recorded with {record.compiler}, here is {found}")
    made = frames.compiled("frames.cpp", tmp_path / "frames.o", command, (*frames.FLAGS, "-c"))
    (tmp_path / "library.cpp").write_text(LIBRARY)
    words = [*cxx(), str(made), str(tmp_path / "library.cpp"), "-o", str(tmp_path / "frames")]
    subprocess.run(words, check=True, capture_output=True, text=True, timeout=frames.PATIENCE)
    assert frames.weigh(tmp_path / "frames") == record.sizes
