"""Scripts without comments and needless white space."""

from __future__ import annotations

import re

import rjsmin

_IN_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|(?P<mark>[`{}])""", re.DOTALL
)
_IN_TEMPLATE = re.compile(r"\\.|(?P<mark>`|\$\{)", re.DOTALL)


def smaller_script(script: str) -> str:
    """Return a script that does the same in fewer bytes; one with a template literal in another stays as it is."""
    # rjsmin takes the inner backtick for the end of the outer literal, and drops spaces that a reader would see.
    return script if nests_templates(script) else rjsmin.jsmin(script)


def nests_templates(script: str) -> bool:
    """Tell whether a template literal stands within another one's ``${...}``."""
    inside: list[
        str
    ] = []  # what is open: "`" for a template's text, "{" for braces within code, "$" for a template's code
    place = 0
    while True:
        in_text = bool(inside) and inside[-1] == "`"
        found = (_IN_TEMPLATE if in_text else _IN_CODE).search(script, place)
        if not found:
            return False
        place, mark = found.end(), found["mark"]
        if in_text and mark == "`":
            inside.pop()
        elif mark == "${":
            inside.append("$")
        elif not in_text and mark == "`":
            if "$" in inside:
                return True
            inside.append("`")
        elif mark == "{":
            inside.append("{")
        elif mark == "}" and inside:
            inside.pop()
