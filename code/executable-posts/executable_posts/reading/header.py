"""A post's header: YAML between two lines of three dashes."""

from __future__ import annotations

import datetime
import re

import yaml

from ..errors import PostError

STATUSES = ("published", "draft", "hidden", "skip")
_MEND = "start the file with a line ---, fields such as title: ..., and a closing line ---"


def read_header(text: str, label: str, required=()) -> tuple[dict, int]:
    """Read the header; return its fields (names in lower case) and the number of lines it takes.

    Raise PostError at the faulty line when it is absent (and fields are required), not YAML, not a mapping, or lacks
    a required field.
    """
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        if required:
            raise PostError(label, 1, "no header", _MEND)
        return {}, 0
    try:
        end = next(i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
    except StopIteration:
        raise PostError(
            label, 1, "the header is never closed", "add a line --- after its last field"
        ) from None
    try:
        fields = yaml.safe_load("\n".join(lines[1:end])) or {}
    except ValueError as error:  # a date that no calendar has
        raise PostError(label, 1, f"malformed header: {error}", "write dates as YYYY-MM-DD HH:MM") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        problem = getattr(error, "problem", None) or "not YAML"
        raise PostError(
            label,
            line,
            f"malformed header: {problem}",
            "write name: value, with quotes around a value that holds a colon or begins with a brace",
        ) from None
    if not isinstance(fields, dict):
        raise PostError(label, 2, "the header is not a list of fields", "write name: value lines")
    fields = {str(key).lower(): value for key, value in fields.items()}
    for name in required:
        if fields.get(name) in (None, ""):
            raise PostError(label, 1, f"the header has no {name!r}", f"add a line {name}: ...")
    for name in ("date", "modified"):
        value = fields.get(name)
        if value is not None and not isinstance(value, (datetime.date, datetime.datetime)):
            try:
                fields[name] = datetime.datetime.strptime(str(value), "%Y-%m-%d %H:%M")
            except ValueError:
                line = next(i for i, text in enumerate(lines, 1) if text.lower().startswith(name))
                raise PostError(
                    label, line, f"{name}: {value} is not a date", "write YYYY-MM-DD or YYYY-MM-DD HH:MM"
                ) from None
    _check_values(fields, lines, label)
    return fields, end + 1


def _check_values(fields: dict, lines: list[str], label: str) -> None:
    def line_of(name):
        return next((i for i, text in enumerate(lines, 1) if text.lower().startswith(name)), 1)

    status = fields.get("status")
    if status is not None and status not in STATUSES:
        raise PostError(label, line_of("status"), f"status: {status}", f"use one of {', '.join(STATUSES)}")
    slug = fields.get("slug")
    if slug is not None and not re.fullmatch(r"[\w-]+", str(slug)):
        raise PostError(label, line_of("slug"), f"slug: {slug}", "use letters, digits and hyphens")
