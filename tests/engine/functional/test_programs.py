"""C++ blocks as programs of a reader's page: what gets a Run button, what it says there, and what a blog without the
compiler is told."""

from __future__ import annotations

import json

import pytest

from executable_posts.browser import npm_packages, programs
from executable_posts.browser.programs import Programs
from executable_posts.config import load
from executable_posts.errors import PostError
from executable_posts.languages import known
from executable_posts.site.build import Site
from support.blog import ROOT
from support.browsers import absent

SWITCHED_ON = """[tool.executable_posts]
posts = ["content"]
browser = true
browser_languages = ["python", "c++"]
"""
# What the page's module answers for: time that passes, sleep, arguments, environment, randomness, both streams, their end.
EVERYTHING = r"""```c++ name="everything"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>
#include <poll.h>
#include <unistd.h>

int main(int count, char** words) {
    using clock = std::chrono::steady_clock;
    const auto begun = clock::now();
    usleep(20'000);
    std::printf("slept: %d\n", clock::now() - begun >= std::chrono::milliseconds(20));
    std::printf("poll: %d\n", poll(nullptr, 0, 5));
    std::printf("this century: %d\n", std::chrono::system_clock::now().time_since_epoch() > std::chrono::hours(24 * 365 * 50));
    std::printf("words: %d, %d\n", count, words[0] != nullptr);
    std::printf("nothing of the machine: %d\n", std::getenv("NO_SUCH_NAME") == nullptr);
    std::random_device dice;
    std::printf("random: %d\n", dice() != dice() || dice() != dice());
    std::string line;
    std::printf("input: %d\n", static_cast<bool>(std::getline(std::cin, line)));
    std::printf("a file: %d\n", std::fopen("/no/such/file", "r") != nullptr);
    std::puts("caf\u00e9 \u2192 pizza");
    std::fputs("aside\n", stderr);
    std::fwrite("no end of line", 1, 14, stdout);
}
```
"""
OTHERS = r"""
```c++ name="width"
#include <cstdio>
int main() { std::printf("%zu\n", sizeof(void*)); }
```

```c++ name="varies" tags=["output-varies"]
#include <cstdio>
int main() { std::printf("%zu bytes\n", sizeof(void*)); }
```

```c++ name="threads" magic_args="-pthread"
#include <cstdio>
#include <thread>
int main() { std::thread([] { std::puts("hi"); }).join(); }
```

```c++ name="own" magic_args="-Ilib -std=c++20"
#include "greet.hpp"
int main() { greet(); }
```

```c++ name="hidden" tags=["remove-cell"]
int main() { return sizeof(void*) == 4; }
```

```c++ name="promised" tags=["raises-exception"]
int main() { return "text"; }
```
"""


OWN = OTHERS[OTHERS.index('```c++ name="own"') : OTHERS.index('```c++ name="hidden"')]


@pytest.fixture(scope="module")
def modules():
    """Give what npm brings of the compiler, once for all sites here."""
    if npm_packages.find_npm() is None:
        absent("no npm here; requirements-node.txt brings one")
    base = load(ROOT).cache_dir / "browser"
    return npm_packages.fetched(known("c++").page.folder, base, "clang", print).parent


@pytest.fixture
def cellar(blog, modules):
    """Give a blog whose pages may run C++."""
    (blog.root / "pyproject.toml").write_text(SWITCHED_ON)
    base = load(blog.root).cache_dir / "browser"
    base.mkdir(parents=True)
    (base / modules.name).symlink_to(modules, target_is_directory=True)
    (blog.root / "lib").mkdir()
    (blog.root / "lib" / "greet.hpp").write_text(
        '#include <cstdio>\ninline void greet() { std::puts("own"); }\n'
    )
    return blog


def judged(blog, monkeypatch, said=None):
    """Run the blog's post; give the site, the post, and where each of its blocks runs, by name."""
    monkeypatch.chdir(blog.root)
    site = Site(load(blog.root))
    if said is not None:
        site.programs = Programs(site.config, said.append)
    post = site.read(blog.root / "content" / "post.md")
    executed = site.execute(post)
    places = site.places(post, executed)
    return site, post, {block.name: places[block.index] for block in post.blocks}


def test_a_program_gets_a_run_button_when_it_says_in_a_page_what_it_said(cellar, monkeypatch):
    cellar.write(EVERYTHING + OTHERS)
    said: list[str] = []
    site, post, places = judged(cellar, monkeypatch, said)
    assert {name: place.kind for name, place in places.items() if place.kind == "here"} == dict.fromkeys(
        ("everything", "varies", "own"), "here"
    )
    assert places["width"].reason == "a native program: in a page it prints something else"
    assert places["threads"].reason == "threads"
    assert places["promised"].reason == places["hidden"].reason == "a compiler"
    assert said == ["content/post.md: making 4 C++ programs for the reader's page"]

    program = site.programs.program(post, post.blocks[0])
    assert program.startswith(b"\0asm")
    # Another post with the same block, lower down: nothing is compiled.
    monkeypatch.setattr(Programs, "_node", lambda *_: pytest.fail("something was compiled"))
    cellar.write("More prose.\n\n" + EVERYTHING + OTHERS)
    assert judged(cellar, monkeypatch)[2] == places


def test_a_changed_header_is_compiled_anew(cellar, monkeypatch):
    cellar.write(OWN)
    site, post, _ = judged(cellar, monkeypatch)
    before = site.programs.program(post, post.blocks[0])
    header = cellar.root / "lib" / "greet.hpp"
    header.write_text(header.read_text().replace("own", "changed"))
    site, post, places = judged(cellar, monkeypatch)
    assert places["own"].kind == "here"
    assert site.programs.program(post, post.blocks[0]) != before


def test_an_author_who_insists_is_told_why_not(cellar, monkeypatch):
    cellar.write(
        '```c++ name="tool" tags=["in-the-page"]\n#include <sys/socket.h>\nint main() { throw 1; }\n```\n'
    )
    monkeypatch.chdir(cellar.root)
    site = Site(load(cellar.root))
    post = site.read(cellar.root / "content" / "post.md")
    with pytest.raises(PostError, match="it does not compile .*exceptions") as failed:
        site.programs.places(post, [[]])
    assert failed.value.line == post.blocks[0].line


def test_the_page_has_the_programs_beside_it(cellar):
    (cellar.root / "pyproject.toml").write_text(SWITCHED_ON.replace('"python", ', ""))
    cellar.write(OWN)
    done = cellar.html()
    assert done.returncode == 0, done.stderr
    page = cellar.output()["a-post/index.html"].decode()
    assert page.count("data-program-src=") == 1
    assert 'data-program-src="../a-post/own.wasm"' in page
    made = cellar.output()["a-post/own.wasm"]
    assert made.startswith(b"\0asm")

    for kept in (load(cellar.root).cache_dir / "programs").iterdir():
        kept.unlink()  # the page is recorded, its program is gone
    again = cellar.html()
    assert again.returncode == 0, again.stderr
    assert cellar.output()["a-post/own.wasm"] == made


def test_without_npm_there_is_a_note_and_with_ci_an_error(blog, monkeypatch):
    (blog.root / "pyproject.toml").write_text(SWITCHED_ON)
    blog.write(EVERYTHING)
    monkeypatch.setattr(npm_packages, "find_npm", lambda: None)
    monkeypatch.delenv("CI", raising=False)
    said: list[str] = []
    _, _, places = judged(blog, monkeypatch, said)
    assert {place.kind for place in places.values()} == {"machine"}
    assert said == [
        'no Run buttons for C++: there is no npm here; `pip install "executable-posts[browser]"` brings one; the next build tries again'
    ]
    monkeypatch.setenv("CI", "true")
    with pytest.raises(
        PostError, match=r"pyproject.toml:4: .*browser_languages names c\+\+, and there is no npm"
    ):
        judged(blog, monkeypatch)


def test_a_program_that_does_not_end_is_no_program_of_a_page(cellar, monkeypatch):
    cellar.write('```c++ name="x"\nint main() {}\n```\n')
    monkeypatch.setattr(programs, "TO_RUN", 0.001)
    _, _, places = judged(cellar, monkeypatch)
    assert "has not ended" in places["x"].reason


@pytest.mark.parametrize(
    ("named", "mend"), [("bash", "name some of python, c"), ("cobol", "name some of python, c")]
)
def test_a_language_that_no_page_runs_is_refused(blog, named, mend):
    text = SWITCHED_ON.replace('"c++"', f'"{named}"')
    (blog.root / "pyproject.toml").write_text(text)
    with pytest.raises(PostError, match=f"browser_languages names '{named}'") as failed:
        Programs(load(blog.root))
    assert mend in str(failed.value)
    assert failed.value.line == 4


def test_python_may_stay_on_the_machine(cellar, monkeypatch):
    (cellar.root / "pyproject.toml").write_text(SWITCHED_ON.replace('"python", ', ""))
    cellar.write('```python name="a"\nprint(1)\n```\n')
    assert judged(cellar, monkeypatch)[2]["a"].kind == "machine"


def test_what_the_lock_names_is_what_is_compiled_with():
    folder = known("c++").page.folder
    lock = json.loads((folder / "package-lock.json").read_text())
    assert "http" not in json.dumps(lock), "the lock must name no host"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    assert wanted == lock["packages"][""]["dependencies"]
