"""A post's header: YAML between two lines of three dashes, or Pelican's own ``Title: ...`` lines up to the first blank one."""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import yaml

from ..errors import PostError, Report, stop
from ..opting import fields as lines_of_fields
from .header_fields import as_written, check_fields, impossible_date, lines_of, words_of

STATUSES = ("published", "draft", "hidden", "skip")
_ONCE = (
    "tags",
    "date",
    "modified",
    "status",
    "category",
    "author",
    "slug",
)  # of a repeated line, Pelican takes the first
_PELICAN_DATES = (
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%d %B %Y",
    "%B %d, %Y",
    "%d.%m.%Y",
)
_MEND = "start the file with a line ---, fields such as title: ..., and a closing line ---"


def read_header(
    text: str, label: str, required: Iterable[str] = (), report: Report = stop
) -> tuple[dict[str, Any], int]:
    """Read the header; return its fields (names in lower case) and the number of lines it takes.

    Raise PostError at the faulty line when it is absent (and fields are required), not YAML, not a mapping, or lacks
    a required field; or tell ``report`` of each fault, and give what could be read.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        fields, taken = _pelican_header(lines, label, required, report)
        if "title" in fields:
            _check_values(fields, lines[:taken], label, report)
            return fields, taken
        if required:
            report(PostError(label, 1, "no header", _MEND))
        return {}, 0
    try:
        end = next(i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    except StopIteration:
        report(PostError(label, 1, "the header is never closed", "add a line --- after its last field"))
        return {}, 0
    fields = _fields(lines[1:end], label, required, report)
    _check_values(fields, lines[: end + 1], label, report)
    return fields, end + 1


def _fields(written: list[str], label: str, required: Iterable[str], report: Report) -> dict[str, Any]:
    text = "\n".join(written)
    try:
        fields, lines, words = yaml.safe_load(text) or {}, lines_of(text), words_of(text)
    except ValueError as error:  # a date that no calendar has
        line = impossible_date(written) + 2
        report(PostError(label, line, f"malformed header: {error}", "write dates as YYYY-MM-DD HH:MM"))
        return {}
    except RecursionError:
        report(PostError(label, 1, "malformed header: nested too deeply", "write name: value lines"))
        return {}
    except yaml.YAMLError as error:
        # A bracket or a quote that is never closed is missed lines below it: say where it is opened.
        opened = "flow" in (context := getattr(error, "context", None) or "") or "quoted" in context
        mark = getattr(error, "context_mark" if opened else "problem_mark", None)
        line = mark.line + 2 if mark else 1
        problem = getattr(error, "problem", None) or "not YAML"
        mend = "write name: value, with quotes around a value that holds a colon or begins with a brace"
        report(PostError(label, line, f"malformed header: {problem}", mend))
        return {}
    if not isinstance(fields, dict):
        report(PostError(label, 2, "the header is not a list of fields", "write name: value lines"))
        return {}
    fields = {str(key).lower(): value for key, value in fields.items()}

    def fault(name: str, found: str, mend: str) -> None:
        report(PostError(label, lines.get(name, [-1])[-1] + 2, found, mend))

    for name, places in lines.items():
        if len(places) > 1:
            fault(name, f"{name} is written twice, and one of the two would be lost", "remove one")
    fields = as_written(fields, words, fault)
    _check_required(fields, required, label, report)
    return fields


def _check_required(fields: dict[str, Any], required: Iterable[str], label: str, report: Report) -> None:
    for name in required:
        if fields.get(name) in (None, "", []):
            report(PostError(label, 1, f"the header has no {name!r}", f"add a line {name}: ..."))


def _pelican_header(
    lines: list[str], label: str, required: Iterable[str], report: Report
) -> tuple[dict[str, Any], int]:
    found: dict[str, list[tuple[int, str]]] = {}
    last = 0
    for last, name, value in lines_of_fields(lines):
        found.setdefault(name, []).append((last, value))
    fields: dict[str, Any] = {
        name: values[0][1] if name in _ONCE else "\n".join(value for _, value in values)
        for name, values in found.items()
    }
    if "title" in fields:
        _check_required(fields, required, label, report)
        for name in ("date", "modified"):
            if fields.get(name):
                fields[name] = _pelican_date(fields[name], name, label, found[name][0][0], report)
    # Python-Markdown drops the blank line that ends a header.
    return fields, last + (1 if last < len(lines) and not lines[last].strip() else 0)


def _pelican_date(text: str, name: str, label: str, line: int, report: Report) -> datetime.datetime | None:
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        pass
    for form in _PELICAN_DATES:
        try:
            return datetime.datetime.strptime(text.replace("_", " "), form)
        except ValueError:
            continue
    report(PostError(label, line, f"{name}: {text} is not a date", "write YYYY-MM-DD or YYYY-MM-DD HH:MM"))
    return None


def _check_values(fields: dict[str, Any], lines: list[str], label: str, report: Report) -> None:
    def line_of(name: str) -> int:
        field = re.compile(rf"[\"']?{re.escape(name)}[\"']?\s*:", re.IGNORECASE)
        return next((i for i, text in enumerate(lines, 1) if field.match(text)), 1)

    check_fields(fields, lambda name, found, mend: report(PostError(label, line_of(name), found, mend)))
    for name in ("date", "modified"):
        value = fields.get(name)
        if value is not None and not isinstance(value, (datetime.date, datetime.datetime)):
            try:
                fields[name] = datetime.datetime.strptime(str(value), "%Y-%m-%d %H:%M")
            except ValueError:
                mend = "write YYYY-MM-DD or YYYY-MM-DD HH:MM"
                report(PostError(label, line_of(name), f"{name}: {value} is not a date", mend))
    status = fields.get("status")
    if status is not None and status not in STATUSES:
        report(PostError(label, line_of("status"), f"status: {status}", f"use one of {', '.join(STATUSES)}"))
    if (measures := fields.get("measures")) is not None:
        answers = {"true": True, "false": False}
        fields["measures"] = answer = answers.get(str(measures).lower())
        if answer is None:
            report(PostError(label, line_of("measures"), f"measures: {measures}", "write true or false"))
    slug = fields.get("slug")
    # Marks are what many scripts write their vowels with; no class of `re` has them.
    if slug is not None and not (
        str(slug) and all(c in "_-" or unicodedata.category(c)[0] in "LMN" for c in str(slug))
    ):
        report(PostError(label, line_of("slug"), f"slug: {slug}", "use letters, digits and hyphens"))
