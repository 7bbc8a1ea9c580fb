"""What the tools are compared on: the same content in every language, edits that show, faults that are there; and the tables."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

from manual.peers import PLANS, Peers
from support.peers import catalog, document, faults, features
from support.peers.__main__ import RECORD, portable

CONTENTS = {name: make() for name, make in document.CONTENTS.items()}
PEERS = pytest.mark.parametrize("peer", catalog.PEERS, ids=lambda peer: peer.name)


@PEERS
def test_every_block_and_every_paragraph_is_in_every_language_in_order(peer):
    page = CONTENTS["sample"].documents[0]
    written = peer.write(page)
    if peer.suffix == ".ipynb":
        written = "\n".join(cell["source"] for cell in json.loads(written)["cells"])
    if peer.suffix == ".py":
        ast.parse(written)
    places = []
    for part in page.parts:
        text = part if isinstance(part, str) else part.code.split("\n")[0]
        places.append(written.index(text, places[-1] if places else 0))
    assert places == sorted(set(places))


@pytest.mark.parametrize("name", CONTENTS)
def test_an_edit_changes_one_page_and_shows_what_it_says(name):
    content = CONTENTS[name]
    for edited, text in content.edits.values():
        before = next(page for page in content.documents if page.name == edited.name)
        changed = [new for old, new in zip(before.parts, edited.parts, strict=True) if old != new]
        assert len(changed) == 1
        code = changed[0] if isinstance(changed[0], str) else changed[0].code
        assert all(word in code for word in text.split())
        assert not all(word in str(before.parts) for word in text.split()), "it must not be there already"


def test_the_blocks_of_a_content_run():
    for content in CONTENTS.values():
        for page in (*content.documents[:2], *(edited for edited, _ in content.edits.values())):
            names: dict[str, object] = {"__name__": "page"}
            for block in page.blocks:
                exec(block.code.replace("time.sleep(1)", ""), names)


def has(peer, fault):
    """Tell whether a tool's language has such a thing: a fence, say."""
    return not fault.markdown or peer.suffix not in (".py", ".ipynb") or fault.text is faults.Fault.text


@pytest.mark.parametrize(
    ("peer", "fault"),
    [(peer, fault) for peer in catalog.PEERS for fault in faults.FAULTS if has(peer, fault)],
    ids=lambda one: one.name,
)
def test_a_fault_is_in_the_page_that_a_tool_gets(peer, fault):
    good = document.hundred(12).documents[0]
    written = fault.text(peer.write(fault.page(good)), faults._fence(peer))
    assert written != peer.write(good)
    if not fault.stale:
        assert any(piece.replace('"', '\\"') in written or piece in written for piece in fault.where)


def test_there_are_25_faults_with_names_of_their_own():
    assert len({fault.name for fault in faults.FAULTS}) == len(faults.FAULTS) == 25


WAYS = [(feature, name) for feature in features.FEATURES for name in feature.ways]


@pytest.mark.parametrize(("feature", "name"), WAYS, ids=lambda one: getattr(one, "name", one))
def test_a_way_is_in_the_page_that_a_tool_gets(feature, name):
    peer, way = catalog.BY_NAME[name], feature.ways[name]
    page = features.written(peer, way)
    piece = json.loads(way.piece)["source"] if peer.suffix == ".ipynb" else way.piece
    if peer.suffix == ".ipynb":
        page = "\n".join(cell["source"] for cell in json.loads(page)["cells"])
    assert features.PLACE not in page
    assert all(line in page for line in piece.split("\n"))
    assert features.PLACE in features.written(peer, None).replace("\\n", "\n")


@pytest.mark.parametrize("feature", features.FEATURES, ids=lambda feature: feature.name)
def test_no_tool_gets_a_tick_for_what_its_page_only_writes_down(feature, tmp_path):
    for name, way in feature.ways.items():
        source = features.written(catalog.BY_NAME[name], way)
        if "notebook" not in feature.name and not (name == "marimo" and "readers move" in feature.name):
            assert not feature.shown(features.Built(tmp_path, source)), name


def test_every_tool_is_pinned():
    for peer in catalog.PEERS:
        assert all("==" in package for package in peer.packages[:1] if "executable-posts" not in package)


def test_advice_is_not_found_in_the_code_that_a_message_quotes():
    assert faults.MEND.search(faults._without_code("error: page.md:7: x\n  mend: correct the block"))
    assert not faults.MEND.search(faults._without_code("Traceback\n    use(x)\n  File 'a', line 3, in run\n"))


def test_the_record_names_no_path_of_the_machine_that_made_it():
    said = 'File "/home/me/.x/versions/3.11.7/lib/python3.11/asyncio/base.py", line 3\n/a/build/page.md:7'
    assert portable(said, Path("/a/build")) == 'File "lib/python3/asyncio/base.py", line 3\npage.md:7'
    record = RECORD.read_text(encoding="utf-8")
    assert not re.search(r"/(?:root|home|tmp|work|Users|opt|usr)/", record)


def cost(wall):
    return {"wall": wall, "cpu": wall / 2, "memory": 10 * wall}


@pytest.fixture
def record(tmp_path):
    good, bad = dict.fromkeys(("fails", "file", "line", "mend", "whole"), True), {}
    bad = {**good, "line": False, "mend": False}
    path = tmp_path / "peers.json"
    path.write_text(
        json.dumps(
            {
                "machine": {"cores": 2, "machine": "x86_64", "system": "Linux", "python": "3.11"},
                "measured": {
                    "times of sample": {"date": "2026-11-28", "load": [2, 0.5], "command": "python -m x"}
                },
                "peers": {
                    "executable-posts": {"versions": {"executable-posts": "0.2"}, "problem": "", "note": ""},
                    "Gone": {"versions": {}, "problem": "no <host>", "note": ""},
                },
                "times": {
                    "sample": {
                        "cold": {
                            "executable-posts": [cost(4), cost(9), cost(2)],
                            "Other": [cost(2), cost(2), cost(8)],
                        },
                        "prose": {"executable-posts": [cost(1)], "Other": [cost(2)]},
                    }
                },
                "previews": {"executable-posts": {"prose": [0.5, 0.1, 0.3]}},
                "tests": {"Sybil": {"costs": [cost(1)], "note": ""}, "None": {"costs": [], "note": "absent"}},
                "faults": {
                    "a hang": {"executable-posts": {**good, "said": "x"}, "Other": {**bad, "said": "y"}},
                    "a fence": {"executable-posts": {**good, "said": "x"}, "Other": None},
                },
                "features": {
                    "a <b>": {
                        "executable-posts": {"does": True, "note": "here", "said": ""},
                        "Other": {"does": False, "note": "", "said": "x"},
                        "Third": None,
                    }
                },
            }
        )
    )
    return Peers(path)


def test_medians_the_least_in_bold(record):
    table = record.times("sample")
    assert table.headings == ("tool", "cold", "prose")
    assert table.rows == [
        ("executable-posts", "4.00", "<strong>1.00</strong>"),
        ("Other", "<strong>2.00</strong>", "2.00"),
    ]
    assert record.previews().rows == [("executable-posts", "<strong>0.30</strong>")]


def test_a_row_where_a_peer_wins_is_told(record):
    assert record.ratio("sample", "prose") == 0.5
    assert record.lost() == [("sample", "cold", "Other", 2.0)]
    ((*_, plan),) = record.lost_table().rows
    assert plan == PLANS["cold"]


def test_every_row_that_the_site_shows_as_lost_says_what_is_done_about_it():
    record = Peers(RECORD)
    assert all(plan for *_, plan in record.lost_table().rows)
    edits = {scenario for rows in record.record["times"].values() for scenario in rows}
    assert {edit for edit in edits if "block" not in edit} <= PLANS.keys()


def test_points_count_what_a_tool_can_be_asked(record):
    assert record.points() == {"executable-posts": (10, 10, 2), "Other": (3, 5, 0)}
    assert record.scores().rows[1] == ("Other", "1", "1", "1", "0", "0", "1")
    assert record.faults().rows == [
        ("a hang", "<strong>5</strong>", "3"),
        ("a fence", "<strong>5</strong>", "–"),
    ]


def test_what_could_not_be_had_is_a_row_and_escaped(record):
    assert record.tools().rows[1] == ("Gone", "could not be had: no &lt;host&gt;", "")
    assert record.tests().rows == [("Sybil", "1.00", "0.50", ""), ("None", "no result", "", "absent")]
    assert record.provenance("times of sample").endswith("Python 3.11, at a load of 0.5 to 2")


def test_a_feature_is_a_tick_a_no_or_a_dash(record):
    table = record.features()
    assert table.rows == [("a &lt;b&gt;", "✓<sup>1</sup>", "no", "–")]
    assert record.notes() == ["here"]
