"""Sources are shown from their files, a record says that it is one, a missing tool says how to get it."""

from __future__ import annotations

import datetime
import json

import pytest

from pizzeria import weapons
from pizzeria.weapons import programs, slope


@pytest.mark.parametrize(
    ("name", "language"), [("kqueue.cpp", "cpp"), ("sys/event.h", "c"), ("styles.py", "python")]
)
def test_a_source_is_the_file(name, language):
    shown = weapons.source(name)
    assert repr(shown) == shown.path.read_text()
    assert shown._repr_markdown_() == f"```{language}\n{shown.path.read_text().rstrip()}\n```"
    assert shown.language == language


def test_a_part_of_a_source_must_stand_in_it():
    styles = weapons.source("styles.py")
    assert repr(styles.part(weapons.listing("generators"))) == weapons.listing("generators")
    with pytest.raises(ValueError, match="does not stand in styles.py"):
        styles.part("def invented(): ...")


def test_an_unknown_source():
    with pytest.raises(FileNotFoundError, match="no file 'mqtt.cpp'"):
        weapons.source("mqtt.cpp")


def test_the_record_is_labelled_with_its_date():
    report = weapons.recorded_iocp()
    record = json.loads(programs.RECORD.read_text())
    assert datetime.date.fromisoformat(record["date"]) <= datetime.date.today()
    assert not report.fresh
    assert report.origin.startswith(f"recorded on {record['date']} under wine-")
    assert str(report).startswith("[recorded on ")
    assert any("posted: key 42" in line for line in report.lines)


def test_a_missing_compiler_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(programs, "_MINGW", ("no-such-compiler",))
    with pytest.raises(weapons.MissingTool, match="no-such-compiler is not installed: apt-get install g"):
        programs.run_iocp()


def test_no_wine(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "_WINE", ("no-such-wine",))
    with pytest.raises(weapons.MissingTool, match="apt-get install wine64"):
        programs.Wine(tmp_path)


def test_listings_are_whole_functions():
    for style in ("callbacks", "generators", "async/await"):
        compile(weapons.listing(style), style, "exec")
    assert "await" in weapons.listing("async/await")
    assert "yield" in weapons.listing("generators")
    assert "reactor.register(line, READ, hear_price)" in weapons.listing("callbacks")


def test_slope():
    assert slope({100: 3.0, 200: 5.0, 300: 7.0}) == pytest.approx(0.02)


def test_every_public_name_is_there():
    assert all(hasattr(weapons, name) for name in weapons.__all__)
