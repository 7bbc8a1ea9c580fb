"""The comparison itself, on a page of three blocks with the two quickest peers; and one that cannot be had."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from support.peers import __main__ as command
from support.peers import catalog, document, faults, testers

QUICK = ("mkdocs + markdown-exec", "nbconvert")


def three() -> document.Content:
    page = document._page("hundred", ["v0 = 1\nprint('answer 1 is', v0)", "v1 = v0 + 1", "print('last', v1)"])
    return document.Content(
        (page,), {"last block": (page.with_block(-1, "print('last', 'anew')"), "last anew")}
    )


@pytest.fixture
def small(monkeypatch):
    absent = replace(catalog.BY_NAME["Quarto"], packages=("executable-posts-nosuch==0.0.1",))
    peers = [catalog.BY_NAME[name] for name in QUICK]
    monkeypatch.setattr(catalog, "PEERS", (*peers, absent))
    monkeypatch.setattr(document, "CONTENTS", {"three": three})
    monkeypatch.setattr(document, "hundred", lambda count=3: three())
    monkeypatch.setattr(faults, "hundred", lambda count=3: three())


def test_two_peers_are_measured_and_the_third_is_said_to_be_absent(small, tmp_path, monkeypatch):
    seventh = faults.Fault(
        name="an exception", page=lambda page: page.with_block(1, "1 / 0"), where=("1 / 0",)
    )
    monkeypatch.setattr(faults, "FAULTS", (seventh,))
    monkeypatch.setattr(testers, "TESTERS", ())
    out = tmp_path / "record.json"
    given = ["--parts", "times", "faults", "--contents", "three", "--rounds", "1", "--out", str(out)]
    assert command.main([*given, "--environments", str(tmp_path / "environments")]) == 0
    record = json.loads(out.read_text(encoding="utf-8"))
    assert "executable-posts-nosuch" in record["peers"]["Quarto"]["problem"]
    assert record["peers"]["nbconvert"]["versions"]["nbconvert"] == "7.17.2"
    assert set(record["times"]["three"]) == {"cold", "unchanged", "last block"}
    for row in record["times"]["three"].values():
        assert set(row) == set(QUICK), "both were built, and showed what they were to show"
        assert all(cost["wall"] > 0 and cost["memory"] > 1 for costs in row.values() for cost in costs)
    assert record["faults"]["an exception"]["nbconvert"]["fails"]
    assert not list(tmp_path.glob("*.new"))
    command.main(
        [
            "--parts",
            "tests",
            "--rounds",
            "0",
            "--out",
            str(out),
            "--environments",
            str(tmp_path / "environments"),
        ]
    )
    again = json.loads(out.read_text(encoding="utf-8"))
    assert again["times"] == record["times"], "what is not measured now is kept"
    assert again["measured"].keys() == {"times of three", "faults", "tests"}
