"""The contract of a language, as a test class."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import psutil
import pytest

from .. import languages
from ..errors import PostError
from ..running.cache import post_key
from ..running.judging import check
from ..running.kernel import Result
from ..site.build import Site
from .bench import BOUND, TIMEOUT, Bench, Programs, line_of, printed, running, wait_for


class LanguageContract:
    """Prove what the engine promises of every language. programs: given by the subclass."""

    programs: ClassVar[Programs]

    @pytest.fixture(scope="class")
    @classmethod
    def bench(cls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
        """Give a bench that the tests of the class share."""
        bench = Bench(tmp_path_factory.mktemp("bench"), cls.programs)
        yield bench
        bench.stop()

    @pytest.fixture
    def fresh(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
        """Give a bench of a test's own, whose kernel knows nothing yet."""
        monkeypatch.delenv("CACHE", raising=False)
        bench = Bench(tmp_path, self.programs)
        yield bench
        bench.stop()

    @property
    def language(self) -> languages.Language:
        """Find the language that is judged."""
        language = languages.find(self.programs.language)
        assert language is not None, f"no language {self.programs.language!r} is installed"
        return language

    def test_it_says_what_it_is(self) -> None:
        language = self.language
        assert language.label.strip()
        assert language.shares_state or language.needs.strip(), "a reader is not told what it needs"
        for word in language.misspelt:
            assert languages.meant(word) == language.name
        for suffix in language.suffixes:
            assert suffix.startswith(".")

    def test_it_is_coloured(self) -> None:
        from ..authors.highlight import _lexer

        assert _lexer(self.programs.language).name != "Text only"

    def test_its_fence_comes_back_from_the_notebook(self, bench: Bench) -> None:
        from ..notebooks.convert import check_round_trip, notebook_from_post

        post = bench.post(self.programs.prints, tags=("hide-input",))
        check_round_trip(post)
        cells = [c for c in notebook_from_post(post).cells if c.cell_type == "code"]
        assert [c.source for c in cells] == [post.blocks[0].cell_source]

    def test_what_it_prints_is_shown(self, bench: Bench) -> None:
        result = bench.run(bench.post(self.programs.prints))
        assert result.failure is None
        assert printed(result) == "hello\n"
        assert printed(result, "stderr") == "aside\n"

    @pytest.mark.parametrize("above", ["Prose.\n", "Prose.\n\n" * 40])
    @pytest.mark.parametrize("which", ["fails", "refused"])
    def test_an_error_names_its_line(self, bench: Bench, which: str, above: str) -> None:
        source = getattr(self.programs, which)
        if not source:
            pytest.skip("nothing of this language is refused before it runs")
        post = bench.post(source, above=above)
        result = bench.run(post)
        assert result.failure is not None
        assert result.failure.kind == "error"
        assert result.failure.line == line_of(post)
        assert printed(result).startswith("before\n" if which == "fails" else "")
        with pytest.raises(PostError) as caught:
            check(post, post.blocks[0], result)
        assert caught.value.line == line_of(post)
        assert str(bench.config.root) not in caught.value.detail, "a path of this machine is shown"

    def test_a_block_that_must_fail_may(self, bench: Bench) -> None:
        post = bench.post(self.programs.fails, tags=("raises-exception",))
        check(post, post.blocks[0], bench.run(post))

    def test_a_block_that_must_fail_must(self, bench: Bench) -> None:
        post = bench.post(self.programs.prints, tags=("raises-exception",))
        with pytest.raises(PostError, match="did not raise"):
            check(post, post.blocks[0], bench.run(post))

    def test_output_is_shown_while_it_runs(self, bench: Bench) -> None:
        post = bench.post(self.programs.waits)
        go = bench.config.root / "go"
        go.unlink(missing_ok=True)
        bench.run(bench.post(self.programs.prints))  # so that the kernel is there
        got: list[Result] = []
        thread = threading.Thread(target=lambda: got.append(bench.run(post)))
        thread.start()
        runner = bench.runner
        assert runner is not None
        try:
            wait_for("the first line", lambda: "begun" in printed(Result(runner.outputs_so_far())))
            assert not got
        finally:
            go.touch()
            thread.join()
        assert got[0].failure is None
        assert printed(got[0]) == "begun\nended\n"

    def test_a_flood_is_stopped(self, bench: Bench) -> None:
        result = bench.run(bench.post(self.programs.floods))
        assert result.failure is not None
        assert len(printed(result)) < 9_000_000
        assert not self._programs_of(bench)
        assert bench.run(bench.post(self.programs.prints)).failure is None

    def test_a_block_without_end_is_stopped(self, fresh: Bench) -> None:
        fresh.run(fresh.post(self.programs.prints))  # what is started once is not in the time given
        post, timeout = fresh.post(self.programs.forever), TIMEOUT
        result = fresh.run(post, timeout)
        while not (fresh.config.root / "running").exists():  # a compiler on a busy machine
            assert timeout < BOUND
            fresh.stop()
            timeout *= 4
            result = fresh.run(post, timeout)
        assert result.failure is not None
        assert result.failure.kind == "timeout"
        with pytest.raises(PostError, match="still running after"):
            check(post, post.blocks[0], result)
        programs = self._programs_of(fresh)
        assert programs or self.language.shares_state
        fresh.stop()
        assert not [p for p in programs if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]

    def test_nothing_is_left_running(self, fresh: Bench) -> None:
        word = f"word-{os.urandom(8).hex()}"
        result = fresh.run(fresh.post(self.programs.leaves.replace("WORD", word)))
        assert result.failure is None, result.failure
        wait_for("the child and the grandchild", lambda: len(running(word)) >= 2)
        fresh.stop()
        assert not running(word)

    def test_an_unchanged_block_runs_once(self, fresh: Bench) -> None:
        post, count = fresh.post(self.programs.counts), fresh.config.root / "count"
        site = Site(fresh.config, use_recorded=True)
        assert not site.execute(post).cached
        assert site.execute(post).cached
        assert site.execute(fresh.post(self.programs.counts, above="More prose.\n\n" * 7)).cached
        assert count.read_text().count("\n") == 1
        changed = fresh.post(self.programs.counts + "\n")
        assert not site.execute(changed).cached
        assert count.read_text().count("\n") == 2

    def test_moving_a_block_compiles_nothing(self, fresh: Bench) -> None:
        def kept() -> dict[Path, int]:
            files = (p for p in fresh.config.cache_dir.rglob("*") if p.is_file())
            return {p: p.stat().st_mtime_ns for p in files}

        fresh.run(fresh.post(self.programs.prints))
        before = kept()
        if not before:
            pytest.skip("nothing of this language is compiled")
        result = fresh.run(fresh.post(self.programs.prints, above="More prose.\n\n" * 7))
        assert result.failure is None
        assert kept() == before

    def test_without_its_tool_one_error_says_what_to_do(
        self, fresh: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if not self.programs.hides:
            pytest.skip("what runs this language is always there")
        post = fresh.post(self.programs.prints, tags=("raises-exception",))
        there = post_key(post, "base")
        for name, value in self.programs.hides.items():
            monkeypatch.setenv(name, value)
        tool = self.language.tool
        assert tool is not None, "a language whose tool can be absent says which it is"
        with pytest.raises(languages.ToolAbsent):
            tool()
        assert post_key(post, "base") != there, "a run recorded with the tool would be taken without it"
        result = fresh.run(post)
        with pytest.raises(PostError) as caught:  # although it must fail: this is not the failure it promises
            check(post, post.blocks[0], result)
        assert caught.value.line == post.blocks[0].line
        assert caught.value.mend
        assert "\n" not in caught.value.found

    @staticmethod
    def _programs_of(bench: Bench) -> list[psutil.Process]:
        """List what runs below the kernel of a bench."""
        found = []
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "post.md" in " ".join(process.cmdline()) or process.cwd() == str(bench.config.root):
                    found.append(process)
        return [p for p in found if "ipykernel_launcher" not in p.cmdline()]
