"""Which variables a unit depends on: those that it names, and of a whole environment what is no session's and no build's."""

from __future__ import annotations

import os

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
