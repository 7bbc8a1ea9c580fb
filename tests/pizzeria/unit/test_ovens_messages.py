"""The topic tree and its schemas: what fits goes through, anything else is one line and a dead letter."""

import json
import runpy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from pizzeria.ovens.devices.device import Device
from pizzeria.ovens.devices.oven import Oven
from pizzeria.ovens.devices.tablet import Tablet
from pizzeria.ovens.protocol.messages import (
    LARGEST,
    SCHEMAS,
    TREE,
    BadMessage,
    checked_name,
    dead_letter,
    decode,
    encode,
    place,
    quick_check,
    schema,
    validator,
)
from pizzeria.ovens.protocol.reference import fields, tree
from support.blog import ROOT

STAMP = {"run": "r", "session": 1, "seq": 1, "boot": 1.5}
GOOD = {
    "run": {"run": "r", "epoch": 1, "opened": 1.0, "scale": 0.02},
    "oven_state": {**STAMP, "state": "baking", "order": 3, "lease": 7, "at": 2.0},
    "oven_work": {"run": "r", "lease": 1, "order": None, "minutes": 0, "burns_after": 0},
    "tablet_state": {**STAMP, "state": "working", "lease": 3, "order": 1, "task": "prepare"},
    "tablet_work": {"run": "r", "lease": 1, "order": 1, "step": "prepare", "minutes": 15},
    "asks": {"run": "r", "asks": [{"order": 1, "step": "bake", "minutes": 30, "burns_after": 5}]},
    "news": {
        "run": "r",
        "epoch": 1,
        "news": [{"order": 1, "step": "bake", "state": "done", "at": 1, "who": "1"}],
    },
    "board": {
        "run": "r",
        "epoch": 1,
        "queue": [{"order": 1, "task": "prepare"}],
        "waiting": 1,
        "served": 0,
        "burnt": 0,
    },
    "dead": {"topic": "x", "who": "oven 1", "why": "because", "size": 3, "begins": "abc", "at": 1.0},
}


def test_every_message_of_the_tree_has_a_schema_and_an_example():
    assert set(TREE) == set(GOOD) == {path.stem for path in SCHEMAS.glob("*.json")}


@pytest.mark.parametrize("kind", TREE)
def test_what_fits_goes_through(kind):
    Draft202012Validator.check_schema(schema(kind))
    assert schema(kind)["$id"].endswith(f"{kind}:1")
    name = "oven-1" if "{}" in TREE[kind].pattern else ""
    got = decode(TREE[kind].of(name), encode(kind, **GOOD[kind]))
    assert got == (kind, name, {"v": 1, **GOOD[kind]})


@pytest.mark.parametrize("kind", TREE)
def test_what_a_schema_requires_is_required_and_typed(kind):
    topic = TREE[kind].of("x")
    for field in schema(kind)["required"]:
        said = {"v": 1, **GOOD[kind]}
        del said[field]
        with pytest.raises(BadMessage):
            decode(topic, json.dumps(said).encode())
        with pytest.raises(BadMessage):
            decode(topic, json.dumps({**said, field: {"a": "dict"}}).encode())


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"{", "malformed JSON"),
        (b"", "malformed JSON"),
        (b"\xff\xfe", "not UTF-8"),
        ('{"v": 1}'.encode("utf-16"), "not UTF-8"),
        (b"[" * 30_000, "malformed JSON"),
        (b"NaN", "NaN is no JSON"),
        (b"[1]", "not of type 'object'"),
        (b'{"v": 2}', "version 2; this kitchen speaks version 1"),
        (b'{"state": "baked"}', "version None"),
        (b'{"v": true}', "1 was expected"),
        (encode("oven_state", **{**GOOD["oven_state"], "state": "raw"}), r"\$\.state: 'raw' is not one of"),
        (encode("oven_state", **{**GOOD["oven_state"], "seq": -1}), r"\$\.seq: -1 is less than"),
        (encode("oven_state", **{**GOOD["oven_state"], "order": 10**30}), r"\$\.order"),
        (encode("oven_state", **GOOD["oven_state"]).replace(b"1.5", b"1e999"), r"\$\.boot: inf"),
        (b'{"v": 1, "x": "' + b"x" * LARGEST + b'"}', f"the most is {LARGEST}"),
    ],
)
def test_what_does_not_fit_is_one_line(payload, why):
    with pytest.raises(BadMessage, match=why) as refused:
        decode("kitchen/oven/1/state", payload)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


JSON = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70) | st.just([]) | st.just({})
)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(sorted(TREE)), st.data())
def test_the_quick_check_never_disagrees_with_the_schema(kind, data):
    """Messages with a few fields gone or exchanged, one level down too."""
    said = json.loads(encode(kind, **GOOD[kind]))
    inner = next((field for field in said.values() if isinstance(field, list)), [said])[0]
    for part in (said, inner):
        for field in data.draw(st.lists(st.sampled_from(sorted(schema(kind)["properties"])), max_size=2)):
            part.pop(field, None) if data.draw(st.booleans()) else part.update({field: data.draw(JSON)})
        for field in data.draw(st.lists(st.sampled_from(sorted(part) or ["v"]), max_size=1)):
            part[field] = data.draw(JSON)
    assert quick_check(kind)(said) == validator(kind).is_valid(said)


def test_done_without_a_lease_is_no_message():
    with pytest.raises(BadMessage, match="lease"):
        decode("kitchen/tablet/a/state", encode("tablet_state", **STAMP, state="done"))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_dead_letter(payload):
    try:
        decode("kitchen/tablet/a/state", payload)
    except BadMessage as bad:
        letter = dead_letter("somebody", "kitchen/tablet/a/state", payload, bad)
        assert decode(TREE["dead"].of(), letter)[2]["size"] == len(payload)


@pytest.mark.parametrize(
    "topic",
    [
        "kitchen",
        "kitchen/oven/1/heat",
        "kitchen/oven/1/state/x",
        "menu/pass/run",
        "kitchen/oven/a b/state",
        "kitchen/oven//state",
    ],
)
def test_other_topics_are_not_of_the_tree(topic):
    with pytest.raises(BadMessage, match="no such topic|a name is"):
        place(topic)


@pytest.mark.parametrize("name", ["", "a/b", "a+", "#", "a" * 33, "a.b", "ofen\n"])
def test_a_name_that_breaks_topics_is_refused(name):
    with pytest.raises(ValueError, match="no name"):
        checked_name(name)


def test_the_board_of_the_page_listens_to_the_same_topics():
    page = (SCHEMAS.parents[1] / "programs" / "board" / "board.js").read_text(encoding="utf-8")
    for kind in ("oven_state", "tablet_state", "board"):
        assert f'"{TREE[kind].filter}"' in page


def test_every_schema_is_published_and_has_its_section_on_the_page(monkeypatch):
    monkeypatch.chdir(ROOT)
    settings = runpy.run_path("pelican.conf.py")
    published = {meta["path"] for meta in settings["EXTRA_PATH_METADATA"].values()}
    page = (ROOT / "content" / "pages" / "ovens.md").read_text(encoding="utf-8")
    for kind in TREE:
        assert f"schemas/{kind}.json" in published
        assert f'fields("{kind}")' in page
    assert ROOT / settings["SCHEMAS"] == SCHEMAS
    assert settings["SCHEMAS"] in settings["STATIC_PATHS"]


def test_the_reference_names_every_topic_and_field():
    shown = tree("/schemas/")._repr_html_()
    for kind, topic in TREE.items():
        assert f"<code>{topic.of('NAME')}</code>" in shown
        assert f'href="/schemas/{kind}.json"' in shown
        table = fields(kind)._repr_html_()
        assert all(f"<code>{name}</code>" in table for name in schema(kind)["properties"])


RUN = {"run": "r", "scale": 0.1}


def device(kind):
    made = kind("x", 100.0)
    made.hear("run", RUN, 100.0)
    return made


def test_an_oven_bakes_is_baked_and_burns():
    oven = device(Oven)
    assert oven.hear(
        "oven_work", {"run": "r", "lease": 4, "order": 9, "minutes": 30, "burns_after": 5}, 100.0
    )
    seen = [(oven.state, oven.at)]
    for now in (102.9, 103.0, 103.4, 103.5, 200.0):
        if oven.tick(now):
            seen.append((oven.state, round(oven.at, 6)))
    assert seen == [("baking", 100.0), ("baked", 103.0), ("burnt", 103.5)]
    oven.hear("oven_work", {"run": "r", "lease": 5, "order": None, "minutes": 0, "burns_after": 0}, 201.0)
    assert (oven.state, oven.order) == ("empty", None)


def test_an_oven_forgotten_for_long_says_the_truth_about_when():
    oven = device(Oven)
    oven.hear("oven_work", {"run": "r", "lease": 4, "order": 9, "minutes": 30, "burns_after": 5}, 100.0)
    assert oven.tick(999.0)
    assert (oven.state, round(oven.at, 6)) == ("burnt", 103.5)


@pytest.mark.parametrize("kind", [Oven, Tablet])
def test_old_leases_and_other_runs_change_nothing(kind):
    one = device(kind)
    work = {"run": "r", "lease": 4, "order": 9, "step": "prepare", "minutes": 30, "burns_after": 5}
    one.hear("work", work, 100.0)
    one.tick(103.0)
    before = one.says()
    assert one.hear("work", work, 103.0), "the same lease is answered, not begun again"
    assert not one.hear("work", {**work, "lease": 3}, 103.0)
    assert not one.hear("work", {**work, "lease": 5, "run": "yesterday"}, 103.0)
    assert one.says() == before


@pytest.mark.parametrize("kind", [Oven, Tablet])
def test_a_new_run_finds_everything_as_on_the_first_day(kind):
    one = device(kind)
    one.hear(
        "work",
        {"run": "r", "lease": 4, "order": 9, "step": "prepare", "minutes": 30, "burns_after": 5},
        100.0,
    )
    one.hear("run", {"run": "s", "scale": 0.1}, 101.0)
    assert (one.state, one.last_lease, one.order) == (kind.rest, None, None)
    assert one.hear(
        "work", {"run": "s", "lease": 1, "order": 1, "step": "start", "minutes": 1, "burns_after": 5}, 101.0
    )


@pytest.mark.parametrize("kind", [Oven, Tablet])
def test_states_and_wills_fit_the_schema_and_count_up(kind):
    one: Device = device(kind)
    first, second = (decode(*one.state_message(7)[:2])[2] for _ in range(2))
    assert (first["session"], first["seq"], second["seq"]) == (7, 1, 2)
    assert decode(*one.state_message(8)[:2])[2]["seq"] == 1
    assert decode(*one.will(8))[2]["state"] == "gone"
