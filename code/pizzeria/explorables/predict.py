"""Say first, then look: a question before a block that answers it. The guess is drawn beside what was computed or recorded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from html import escape
from typing import Any, TypeAlias

from pizzeria.explorables.loads import ExperimentRecord
from pizzeria.explorables.pipe import TEMPERS, Pipe, conversation
from pizzeria.kitchen import Setup, fifty_clients

Question: TypeAlias = tuple[str, dict[str, Any], str]
"""Component, what it starts with, and its still."""


def _asked(name: str, question: str, answers: Sequence[tuple[str, Any]], then: str, **more: Any) -> Question:
    """Ask; `answers` are names and values, `then` the sentence beside the answer.

    `covers` names the blocks below whose outputs tell the answer: the page blurs them, and sentences that say its numbers,
    until the reader has guessed or scrolled on.
    """
    data = {"name": name, "question": question, "answers": answers, "then": then, **more}
    told = "".join(
        f"<div><dt>{escape(who)}</dt><dd>{escape(str(value))}</dd></div>" for who, value in answers
    )
    still = f'<p class="x-question">{escape(question)}</p><dl class="x-last">{told}</dl><p>{escape(then)}</p>'
    return "predict", data, still


def cooks(sold: int = 50, setup: Setup | None = None) -> Question:
    """Ask how many cooks it takes to sell so many pizzas an hour in both kitchens."""
    kitchen = setup or Setup()
    hut, ngin = (math.ceil(sold * kitchen.held(name) / 60) for name in ("apachehut", "nginxopepperoni"))
    return _asked(
        "guess-cooks",
        f"How many cooks must Apach’ Hut hire to sell {sold} pizzas an hour?",
        (("Apach’ Hut", hut), ("Ngin O’ Pepperonix", ngin)),
        f"{hut} at least, each held {kitchen.held('apachehut'):.0f} minutes a pizza.",
        least=1,
        most=100,
        unit="cooks",
        covers=("staff",),
    )


def fifty(clients: int = 50) -> Question:
    """Ask how much sooner the last of the clients eats who all call one cook at once."""
    hours = fifty_clients(clients=clients, seed=1).hours
    ratio = round(hours["apachehut"] / hours["nginxopepperoni"], 1)
    return _asked(
        "guess-fifty",
        f"{clients} clients call one cook. How many times sooner does the last one eat at Ngin O’ Pepperonix?",
        (("times sooner", ratio),),
        f"{hours['apachehut']:.1f} hours against {hours['nginxopepperoni']:.1f}.",
        least=1,
        most=clients,
        unit="times",
        covers=("fifty-orders", "fig-fifty"),
    )


def knee(record: ExperimentRecord) -> Question:
    """Ask from how many clients on a pool serves no more a second; the answer is the record's."""
    points = sorted((p.clients, p.rate) for p in record.of("pool"))
    most = max(rate for _, rate in points)
    full = next(clients for clients, rate in points if rate > 0.95 * most)
    workers = record.settings["workers"]
    rates = ", ".join(f"{rate:.0f} a second with {clients:,}" for clients, rate in points)
    return _asked(
        "guess-knee",
        f"A pool of {workers} threads serves who waits half a second. From how many clients on does one more bring nothing?",
        (("measured", full),),
        f"The record: {rates}.",
        least=1,
        most=1000,
        unit="clients",
        log=True,
    )


def edge() -> Question:
    """Ask what an edge-triggered registration says after a partial read; the answer is this kernel's."""
    with ExitStack() as stack:
        said = conversation(("write", "read"), [Pipe(temper, stack) for temper in TEMPERS])[-1]
    words = {temper: "ready" if ready else "silent" for temper, ready in zip(TEMPERS, said, strict=True)}
    return _asked(
        "guess-edge",
        "Eight bytes came, you read four. You ask an edge-triggered epoll again. What does it say?",
        (("edge", words["edge"]), ("level", words["level"])),
        "Four bytes lie in the pipe, and edge has told you of them already.",
        choices=("ready", "silent"),
        covers=("level-or-edge",),
    )
