"""What a server does with those who knock, in a sentence: its design from the table, the numbers from the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOLDS = {
    "pool": "{workers} threads serve, the others wait in line until one of them is free",
    "threads": "whoever is let in has a thread, held while it waits",
    "processes": "whoever is let in has a process, held while it waits",
}
LETS_GO = "one thread serves them all and is let go of while they wait"
ON_ALL_CORES = "{cores} loops, a process each, serve them all and are let go of while they wait"


def in_words(shown: Mapping[str, Any], workers: int, cores: int = 1) -> str:
    """Return the sentence about a moment of `Watched`."""
    if not shown["alive"]:
        return "The server has ended."
    held = f"{counted(shown['threads'], 'thread')} in {counted(shown['processes'], 'process', 'es')}"
    if not shown["clients"]:
        return f"Nobody knocks: {held} with nothing to do, the disk's writer among them."
    design = HOLDS.get(shown["name"], LETS_GO if cores == 1 else ON_ALL_CORES).format(
        workers=workers, cores=cores
    )
    words = f"{counted(shown['clients'], 'client')} at the door: {design}. There are {held}."
    if shown["median"] is None and shown["oldest"] > 1:
        words += f" Nobody was answered in the last moments; somebody waits for {shown['oldest']:.0f} s."
    if shown["errors"]:
        words += f" {counted(shown['errors'], 'request')} failed, the last with: {shown['last_error']}."
    return words


def counted(number: int, what: str, plural: str = "s") -> str:
    """Return a number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else plural}"
