"""The reference of the ovens' messages, read off the topic tree and the schemas: tables for a page."""

from __future__ import annotations

import html
import json
from typing import Any

from pizzeria.common.table import HtmlTable
from pizzeria.ovens.protocol.messages import TREE, schema

SCHEMAS = "{static}/code/pizzeria/ovens/protocol/schemas/"  # as a post links to them, from the site's root


def tree(link: str = SCHEMAS) -> HtmlTable:
    """Return the topic tree as a table; `link` is where the schemas are published."""
    rows = []
    for topic in TREE.values():
        name = topic.pattern.format("NAME")
        schema_link = f'<a href="{link}{topic.kind}.json">{html.escape(schema(topic.kind)["title"])}</a>'
        kept = "yes" if topic.retained else "no"
        rows.append(
            (f"<code>{name}</code>", schema_link, html.escape(topic.says), html.escape(topic.hears), kept)
        )
    return HtmlTable(("topic", "message", "said by", "heard by", "retained"), rows)


def fields(kind: str) -> HtmlTable:
    """Return the fields of a kind of message as a table: name, type, whether it must be there, and what it says."""
    described = schema(kind)
    rows = []
    for name, prop in described["properties"].items():
        needed = "yes" if name in described["required"] else ""
        rows.append(
            (
                f"<code>{name}</code>",
                html.escape(words(prop)),
                needed,
                html.escape(prop.get("description", "")),
            )
        )
    return HtmlTable(("field", "type", "required", "what it says"), rows)


def words(prop: dict[str, Any]) -> str:
    """Return what a property may be, in words."""
    if "const" in prop:
        return json.dumps(prop["const"])
    if "enum" in prop:
        return ", ".join(map(str, prop["enum"]))
    kind = prop.get("type", "anything")
    kind = kind if isinstance(kind, str) else " or ".join(kind)
    if kind == "array":
        return f"list of {{{', '.join(prop['items'].get('properties', {}))}}}"
    return kind
