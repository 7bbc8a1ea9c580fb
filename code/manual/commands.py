"""The commands' reference, read off the parsers that the command line itself uses."""

from __future__ import annotations

import argparse
import html
import re
from collections.abc import Iterator

from executable_posts.cli import parser
from manual.documented import code, inline, sentence
from pizzeria.common.table import HtmlTable

_OPTION = re.compile(r"(?<!\S)(--[a-z][a-z-]*)")


class CommandHelp:
    """A command as a page shows it: what it is for, how it is written, what its arguments mean."""

    def __init__(self, name: str, command: argparse.ArgumentParser) -> None:
        self.name, self.command = name, command

    @property
    def usage(self) -> str:
        """Return how it is written, in one line."""
        return " ".join(self.command.format_usage().removeprefix("usage:").split())

    @property
    def arguments(self) -> HtmlTable:
        """Return its arguments, and those of the commands below it; raise LookupError for one without a text."""
        below = _inner(self.command, needed=False)
        rows: dict[tuple[str, str], None] = {}
        for one in (self.command, *(below.choices.values() if below else ())):
            for action in arguments(one):
                if not action.help:
                    raise LookupError(f"{self.name}: {written(action)} has no help")
                rows[code(written(action)), inline(sentence(action.help))] = None
        return HtmlTable(("argument", "what it means"), rows)

    def _repr_html_(self) -> str:
        told = (self.command.description or "").strip()
        below = _inner(self.command, needed=False)
        for kind in below.choices if below else ():
            if not re.search(rf"^  {re.escape(kind)}\b.*\S", told, re.MULTILINE):
                raise LookupError(f"the description of {self.name} does not tell what {kind} is")
        if not told:
            raise LookupError(f"{self.name} has no description")
        parts = [f"<p>{code(self.usage)}</p>", *map(_paragraph, told.split("\n\n"))]
        table = self.arguments
        return "".join([*parts, table._repr_html_() if table.rows else ""])

    def __repr__(self) -> str:
        return self.command.format_help()


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of every command, in the order of ``--help``."""
    return dict(_inner(parser()).choices)


def command(name: str) -> CommandHelp:
    """Return the help of one command; raise KeyError when there is no such command."""
    return CommandHelp(name, commands()[name])


def overview() -> HtmlTable:
    """Return all commands, with one sentence each."""
    told = {action.dest: action.help or "" for action in _inner(parser())._choices_actions}
    if missing := [name for name in commands() if not told.get(name)]:
        raise LookupError(f"no help for {', '.join(missing)}")
    rows = [(code(f"executable-posts {name}"), inline(sentence(text))) for name, text in told.items()]
    return HtmlTable(("command", "what it does"), rows)


def exit_codes() -> HtmlTable:
    """Return the exit codes, as the command line's own help tells them."""
    found = re.findall(r"^  (\d+)\s+(.*)$", parser().epilog or "", re.MULTILINE)
    if not found:
        raise LookupError("the help of the command line tells no exit codes")
    return HtmlTable(("exit code", "what it means"), [(code(n), inline(sentence(text))) for n, text in found])


def arguments(command: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    """List a parser's arguments, without --help and without commands of its own."""
    for action in command._actions:
        if not isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            yield action


def written(action: argparse.Action) -> str:
    """Write an argument as it is typed."""
    if not action.option_strings:
        return str(action.metavar or action.dest.upper())
    value = (
        "" if action.nargs == 0 else action.metavar or "|".join(action.choices or ()) or action.dest.upper()
    )
    return f"{', '.join(action.option_strings)} {value}".strip()


def _inner(command: argparse.ArgumentParser, needed: bool = True):
    """Find the commands below a parser; raise LookupError when there are none and they are needed."""
    for action in command._actions:
        if isinstance(action, argparse._SubParsersAction):
            return action
    if needed:
        raise LookupError("the command line has no commands")
    return None


def _paragraph(text: str) -> str:
    """Write a paragraph of a description; lines that are set in are a list of what stands left, and what it means."""
    listed = re.findall(r"^  (\S.*?)\s{2,}(\S.*)$", text, re.MULTILINE)
    if listed:
        items = "".join(f"<li>{code(left)}: {html.escape(right, quote=False)}</li>" for left, right in listed)
        return f"<ul>{items}</ul>"
    told = _OPTION.sub(r"<code>\1</code>", inline(" ".join(text.split())))
    return f"<p>{told}</p>"
