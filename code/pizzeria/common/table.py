"""A table that a page shows as HTML and a terminal as text."""

from collections.abc import Iterable, Sequence


class HtmlTable:
    """Rows under headings; shown as HTML, printed as text. Cells are HTML already."""

    def __init__(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        self.headings, self.rows = tuple(headings), [tuple(row) for row in rows]

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{name}</th>" for name in self.headings)
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in self.rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

    def __repr__(self) -> str:
        return "\n".join(" | ".join(row) for row in (self.headings, *self.rows))
