"""The committed notebooks run top to bottom in plain Jupyter, without the engine around them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from support.blog import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_a_notebook_runs_by_nbconvert(path, tmp_path):
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "nbconvert",
        "--execute",
        "--to",
        "notebook",
        "--output-dir",
        tmp_path,
    ]
    done = subprocess.run([*command, path], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    cells = json.loads((tmp_path / path.name).read_text())["cells"]
    code = [c for c in cells if c["cell_type"] == "code"]
    assert code
    assert all(c["execution_count"] for c in code)


def test_there_are_notebooks():
    assert NOTEBOOKS
