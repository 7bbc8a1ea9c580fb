"""Workflows, the action, hooks and releases: valid, pinned, and what they run is a command."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
import yaml

from executable_posts.cli import parser
from support.blog import ENGINE, ROOT

WORKFLOWS = [
    *ROOT.glob(".github/workflows/*.yml"),
    *ENGINE.glob("cli/templates/github/.github/workflows/*.yml"),
]


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda p: p.name)
def test_workflows_are_valid_and_pin_what_they_use(path):
    schema = "vendor.github-actions" if path.name == "action.yml" else "vendor.github-workflows"
    call = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(call, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    uses = re.findall(r"uses: (.*)", path.read_text(encoding="utf-8"))
    assert uses
    for line in uses:
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*", line), line


def test_every_workflow_is_looked_at():
    assert len(WORKFLOWS) == 5


@pytest.mark.parametrize(
    "path",
    [*WORKFLOWS, ROOT / "action.yml", ROOT / ".pre-commit-hooks.yaml", *ENGINE.glob("cli/templates/*/.*")],
)
def test_what_they_run_is_a_command(path):
    texts = [
        p.read_text(encoding="utf-8") for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file()
    ]
    for line in re.findall(
        r"^.*(?:run|entry|command\"?): \"?(executable-posts [^\n\"]*)", "\n".join(texts), re.MULTILINE
    ):
        for part in line.split("&&"):
            words = part.split()
            if words[0] == "executable-posts":
                assert parser().parse_args(words[1:]).main


def test_the_hooks_are_those_of_pre_commit():
    for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")):
        assert {"id", "name", "entry", "language"} <= set(hook)
        assert re.compile(hook["files"]).search("content/a.md")
        for place in hook["additional_dependencies"]:
            assert (ROOT / place / "pyproject.toml").is_file()


@pytest.mark.parametrize(("tag", "notes"), [("v1.2.0", "- Two.\n"), ("v1.20", None), ("v1.1.0", None)])
def test_a_release_needs_words_in_the_changelog(empty, tag, notes):
    release = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    (step,) = [s for s in release["jobs"]["build"]["steps"] if s.get("name", "").startswith("The changelog")]
    (empty / "CHANGELOG.md").write_text(
        "# Changelog\n\n## Unreleased\n- x\n\n## 1.2.0 (today)\n- Two.\n## 1.1.0\n\n## 1.0\n- One\n"
    )
    done = subprocess.run(["bash", "-ec", step["run"]], env={**os.environ, "TAG": tag}, cwd=empty)
    assert (done.returncode == 0) == bool(notes)
    if notes:
        assert (empty / "notes.md").read_text() == notes
