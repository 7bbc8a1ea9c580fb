"""The engine's four languages keep the contract that `executable_posts.testing` states."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace

import pytest

from executable_posts.testing import LanguageContract, Programs, line_of, printed
from support.browsers import absent

SLEEPER = "import time; time.sleep(1000)"
LEAVES = (
    f"{sys.executable} -c '{SLEEPER}' WORD-child & "
    f"(setsid {sys.executable} -c '{SLEEPER}' WORD-session >/dev/null 2>&1 &)"
)


class TestPython(LanguageContract):
    programs = Programs(
        language="python",
        prints='import sys\nprint("hello")\nprint("aside", file=sys.stderr)',
        fails='print("before")\n\nraise ValueError("boo")  # HERE',
        refused="x = 1\nx = = 2  # HERE",
        waits='import pathlib, time\nprint("begun")\nwhile not pathlib.Path("go").exists():\n    time.sleep(0.02)\nprint("ended")',
        forever='import pathlib, time\npathlib.Path("running").touch()\nwhile True:\n    time.sleep(1)',
        floods='while True:\n    print("x" * 10000)',
        leaves=f"import subprocess\nsubprocess.Popen(['bash', '-c', {LEAVES!r}])",
        counts='with open("count", "a") as file:\n    print("once", file=file)',
    )


class TestBash(LanguageContract):
    programs = Programs(
        language="bash",
        prints="echo hello\necho aside >&2",
        fails="echo before\nfalse  # HERE\necho after",
        refused="",
        waits="echo begun\nwhile [ ! -e go ]; do sleep 0.02; done\necho ended",
        forever="touch running\nsleep 1000 | cat",
        floods="yes | cat",
        leaves=LEAVES,
        counts="echo once >> count",
        hides={"PATH": "/nowhere"},
    )


class TestCpp(LanguageContract):
    programs = Programs(
        language="c++",
        prints='#include <cstdio>\nint main() { std::puts("hello"); std::fputs("aside\\n", stderr); }',
        # A program that fails while it runs knows no line of its own: the block is named, at its first line.
        fails='#include <cstdio>  // HERE\nint main() { std::puts("before"); return 3; }',
        refused='#include <cstdio>\nint main() {\n    return "text";  // HERE\n}',
        waits='#include <cstdio>\n#include <unistd.h>\nint main() { std::puts("begun"); std::fflush(stdout);\n'
        'while (access("go", F_OK)) usleep(20000);\nstd::puts("ended"); }',
        forever='#include <fstream>\n#include <unistd.h>\nint main() { std::ofstream("running").close(); for (;;) sleep(1); }',
        floods='#include <cstdio>\nint main() { for (;;) std::puts("0123456789012345678901234567890123456789"); }',
        leaves='#include <cstdlib>\nint main() { return std::system(R"(' + LEAVES + ')"); }',
        counts='#include <fstream>\nint main() { std::ofstream("count", std::ios::app) << "once\\n"; }',
        hides={"CXX": "no-such-compiler"},
    )


@pytest.fixture(scope="class")
def node():
    if not shutil.which("node"):
        absent("no Node")


@pytest.mark.usefixtures("node")
class TestJavaScript(LanguageContract):
    programs = Programs(
        language="javascript",
        prints='console.log("hello");\nconsole.error("aside");',
        fails='console.log("before");\nawait Promise.resolve();\nconst boo = null;\nboo.boo();  // HERE',
        refused="const a = 1;\nlet x = ;  // HERE",
        waits='import fs from "node:fs";\nimport { setTimeout } from "node:timers/promises";\nconsole.log("begun");\n'
        'while (!fs.existsSync("go")) await setTimeout(20);\nconsole.log("ended");',
        forever='import fs from "node:fs";\nfs.writeFileSync("running", "");\nsetInterval(() => {}, 1000);',
        floods='import fs from "node:fs";\nfor (;;) fs.writeSync(1, "x".repeat(10000) + "\\n");',
        leaves=f'import {{ spawn }} from "node:child_process";\nspawn("bash", ["-c", {LEAVES!r}], {{ stdio: "ignore" }}).unref();',
        counts='import fs from "node:fs";\nfs.appendFileSync("count", "once\\n");',
        hides={"NODE": "no-such-node"},
    )

    @pytest.mark.parametrize(
        ("source", "says"),
        [
            ('import fs from "node:fs";\nfs.readFileSync("no-such-file");  // HERE', "ENOENT"),
            ('setTimeout(() => {\n  throw new Error("late");  // HERE\n}, 1);', "Error: late"),
            ('Promise.reject(new Error("lost"));  // HERE', "Error: lost"),
            ('import { nope } from "node:fs";  // HERE', "does not provide an export"),
            (
                'try { null.x } catch (error) { console.error(error) }\nthrow new Error("text");  // HERE',
                "text",
            ),
            ("0;  // HERE\nthrow 'no Error';", "no Error"),  # which knows no line: the block is named
        ],
    )
    def test_every_way_to_fail_names_its_line(self, bench, source, says):
        post = bench.post(source)
        result = bench.run(post)
        assert result.failure is not None
        assert result.failure.line == line_of(post)
        said = printed(result, "stderr")
        assert says in said
        assert "(node:internal" not in said
        assert "Node.js v" not in said

    def test_an_answer_that_never_comes_is_told(self, bench):
        result = bench.run(bench.post("await new Promise(() => {});"))
        assert result.failure.message.endswith("ended while its top level was still waiting")

    def test_what_it_exits_with_is_told(self, bench):
        result = bench.run(bench.post("process.exit(3)"))
        assert result.failure.message == "BlockFailed: the JavaScript program returned 3"

    def test_arguments_come_through(self, bench):
        bench.programs, plain = replace(bench.programs, args="one two"), bench.programs
        try:
            result = bench.run(bench.post("console.log(process.argv.slice(2).join());"))
        finally:
            bench.programs = plain
        assert result.outputs[0]["text"] == "one,two\n"
