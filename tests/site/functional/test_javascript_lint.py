"""What reads the site's JavaScript sees faults, and without npm says so."""

from __future__ import annotations

import os

import pytest

from support import javascript_lint


@pytest.fixture(scope="module")
def modules():
    try:
        return javascript_lint.install(javascript_lint.LOCKED)
    except RuntimeError as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("export const a = nobodyDefinesThis;\n", "no-undef"),
        ("export function f(a) {\n  return a == 1;\n}\n", "eqeqeq"),
        ('document.getElementById("x").valeu;\n', "TS2339"),
        ("/** @param {number} n */\nconst half = (n) => n / 2;\nexport const a = half('one');\n", "TS2345"),
        ("export const = 1;\n", "Parsing error"),
    ],
)
def test_a_fault_is_found(modules, tmp_path, source, fault):
    (tmp_path / "faulty.js").write_text(source)
    said = javascript_lint.problems(modules, ["faulty.js"], ["faulty.js"], tmp_path)
    assert fault in said
    assert "faulty.js" in said


def test_what_is_right_is_let_alone(modules, tmp_path):
    (tmp_path / "right.js").write_text(
        'export const title = document.querySelector("h1")?.textContent ?? "";\n'
    )
    assert javascript_lint.problems(modules, ["right.js"], ["right.js"], tmp_path) == ""


def test_all_of_the_repository_is_read():
    names = javascript_lint.sources(javascript_lint.FOLDERS)
    assert {name for name in names if name.endswith(".mjs")} >= {"tests/support/judges/firefox.mjs"}
    assert len([name for name in names if name.startswith("code/")]) > 20


@pytest.mark.parametrize(("ci", "code"), [("", 0), ("true", 1)])
def test_without_npm_it_is_said_and_in_ci_a_failure(ci, code, monkeypatch, capsys):
    def unreachable(locked):
        raise RuntimeError("npm cannot install")

    monkeypatch.setattr(javascript_lint, "install", unreachable)
    monkeypatch.setenv("CI", ci)
    assert javascript_lint.main() == code
    assert "not linted: npm cannot install" in capsys.readouterr().err
