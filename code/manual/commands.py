"""The commands' reference, read off the parsers that the command line itself uses."""

from __future__ import annotations

import argparse
import html
import re
from collections.abc import Iterator

from executable_posts.cli import parser

from manual.documented import code, inline, sentence
from pizzeria.common.table import HtmlTable


class CommandHelp:
    """A command as a page shows it: what it is for, how it is written, what its arguments mean."""

    def __init__(self, name: str, command: argparse.ArgumentParser, inner: HtmlTable | None = None) -> None:
        self.name, self.command, self.inner = name, command, inner

    @property
    def usage(self) -> str:
        """Return how it is written, in one line."""
        return " ".join(self.command.format_usage().removeprefix("usage:").split())

    @property
    def arguments(self) -> HtmlTable:
        """Return its arguments; raise LookupError for one without a text."""
        rows = []
        for action in arguments(self.command):
            written = ", ".join(action.option_strings) or str(action.metavar or action.dest)
            if action.option_strings and action.nargs != 0:
                written += f" {action.metavar or '|'.join(action.choices or ()) or action.dest.upper()}"
            if not action.help:
                raise LookupError(f"{self.name}: {written} has no help")
            rows.append((code(written), inline(sentence(action.help))))
        return HtmlTable(("argument", "what it means"), rows)

    def _repr_html_(self) -> str:
        if not (self.command.description or "").strip():
            raise LookupError(f"{self.name} has no description")
        parts = [f"<p>{code(self.usage)}</p>", *map(_paragraph, self.command.description.split("\n\n"))]
        tables = [table for table in (self.inner, self.arguments) if table and table.rows]
        return "".join([*parts, *(table._repr_html_() for table in tables)])

    def __repr__(self) -> str:
        return self.command.format_help()


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of every command, in the order of ``--help``."""
    return dict(_inner(parser()).choices)


def command(name: str) -> CommandHelp:
    """Return the help of one command; raise KeyError when there is no such command."""
    found = commands()[name]
    if not (inner := _inner(found, needed=False)):
        return CommandHelp(name, found)
    rows = []
    for kind, sub in inner.choices.items():
        told = next((a.help for a in inner._choices_actions if a.dest == kind), None)
        if not told:
            raise LookupError(f"{name} {kind} has no help")
        options = [_with_help(f"{name} {kind}", a) for a in arguments(sub)]
        rows.append((code(f"{name} {kind}"), inline(sentence(told)), "<br>".join(options) or "none"))
    return CommandHelp(name, found, HtmlTable(("command", "what it starts", "arguments"), rows))


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


def _with_help(name: str, action: argparse.Action) -> str:
    written = ", ".join(action.option_strings) or str(action.metavar or action.dest)
    if not action.help:
        raise LookupError(f"{name}: {written} has no help")
    return f"{code(written)}: {inline(action.help)}"


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
    return f"<p>{inline(' '.join(text.split()))}</p>"
