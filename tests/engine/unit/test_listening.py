"""Which variables a unit depends on: those that it names, and of a whole environment what is no session's and no build's."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from executable_posts.running.in_kernel.listening import Listening


@pytest.fixture
def listening(tmp_path, monkeypatch):
    for name, value in (("CACHE", "off"), ("SITEURL", "x"), ("OLDPWD", "/"), ("TOPPING", "olives")):
        monkeypatch.setenv(name, value)
    heard, usual = Listening(tmp_path, None), os.environ.encodekey

    def encodekey(name):
        if heard.on:
            heard.variables.add(name)
        return usual(name)

    monkeypatch.setattr(os.environ, "encodekey", encodekey)
    return heard


def test_a_variable_that_is_named_counts_whatever_it_is(listening):
    listening.begin()
    os.environ.get("CACHE"), os.environ.get("TOPPING")
    listening.end()
    assert listening.variables == {"CACHE", "TOPPING"}


def test_of_a_whole_environment_a_build_s_own_variables_do_not_count(listening):
    listening.begin()
    for name in list(os.environ):
        os.environ[name]
    listening.end()
    assert "TOPPING" in listening.variables
    assert not {"CACHE", "SITEURL", "OLDPWD"} & listening.variables


@pytest.mark.parametrize(
    "name", ["CACHE_DIR", "STYLE", "TERMINAL_X", "MAKER", "_MINE", "SITEURLS", "XDG_DATA_HOME"]
)
def test_of_a_whole_environment_a_name_that_only_begins_like_a_build_s_counts(listening, monkeypatch, name):
    monkeypatch.setenv(name, "x")
    listening.begin()
    for other in list(os.environ):
        os.environ[other]
    listening.end()
    assert name in listening.variables


def test_a_variable_that_only_begins_like_one_of_the_kernel_s_is_heard(tmp_path):
    """In a process of its own: what hears cannot be taken back."""
    heard = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(HEARS)],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    ).stdout
    assert heard.split() == ["COLUMNS_OF_CODE", "LINES_A_PAGE"]


HEARS = """
    import os
    from pathlib import Path
    from executable_posts.running.in_kernel.listening import Listening

    heard = Listening(Path("."), None)
    heard.install()
    heard.begin()
    for name in ("LINES", "LINES_A_PAGE", "COLUMNS", "COLUMNS_OF_CODE", "JPY_PARENT_PID"):
        os.environ.get(name)
    heard.end()
    print(*sorted(heard.variables))
"""
