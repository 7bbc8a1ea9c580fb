"""What a build has to know before it leaves a statement out: a sound answer where `slices` gives a careful guess.

A build asks `analyse` once for all statements of a post, then `depends` for those that a change reaches. What cannot be
bounded is said with its reason, and then everything depends on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .effects import Effects
from .reader import read
from .slices import Statement


@dataclass(frozen=True, kw_only=True)
class Needs:
    """Hold what a build has to know of a statement among others. needs: names whose values it takes, those included
    that the functions it may call take; binds: names it may give another object, by itself or by a function it calls;
    mutates: names whose objects it may change, aliases included; certain: names it binds whatever happens; unsure: why
    this cannot be bounded, if it cannot. A statement with a reason is a barrier: it depends on all before it, and all
    after it depends on it. lasting: what it began may go on, so what follows it depends on all that follows it."""

    needs: frozenset[str]
    binds: frozenset[str]
    mutates: frozenset[str]
    certain: frozenset[str]
    unsure: tuple[str, ...]
    lasting: bool


# Reasons that end with the statement they are given for.
_PASSING = ("changes attributes", "a star takes", "is a command", "imports by a text")


def analyse(ordered: list[Statement], trusting: bool = False) -> list[Needs]:
    """Find out what each of a post's statements needs and does; the list is aligned with ``ordered``.

    trusting: imported code does what its use looks like. Called for its result, it changes nothing; called for nothing
    else, it changes its object and what it is given. Without it, every call of it may change all of that and its module.

    `effects` says what is taken for granted. What a statement means depends on all of them, since any may define the
    functions it calls, or another name for what it changes.
    """
    flows = [read(s.node, str(rank)) for rank, s in enumerate(ordered)]
    effects = Effects(flows, trusting)
    found = []
    for rank, s in enumerate(ordered):
        called = effects.calls[rank]
        runs = effects.runs[rank]
        reasons = dict.fromkeys([*flows[rank].unsure, *(r for function in runs for r in function.unsure)])
        stores = flows[rank].now.changed.union(*(function.body.changed for function in runs))
        for name in sorted(stores & set(effects.modules)):
            reasons[f"{name} is a module, and changed"] = None
        found.append(
            Needs(
                needs=(s.wants() | s.swallowed).union(*(ordered[at].later for at in called)),
                binds=s.binds,
                mutates=effects.changed[rank] | (s.changes & set(effects.modules)),
                certain=s.certain - s.swallowed,
                unsure=tuple(reasons),
                lasting=any(not any(passing in reason for passing in _PASSING) for reason in reasons),
            )
        )
    return found


def depends(analysed: list[Needs], targets: frozenset[int]) -> list[int]:
    """Find the ranks of the statements that those of ranks ``targets`` need to have run, in order, without them.

    Run in order after these, and after nothing else, the targets see what they see after everything.
    """
    live: set[str] = set()
    found = []
    everything = any(s.lasting for s in analysed[: max(targets, default=0)])
    for rank in range(max(targets, default=-1), -1, -1):
        s = analysed[rank]
        wanted = rank in targets
        if not (wanted or everything or s.unsure or live & (s.binds | s.mutates)):
            continue
        if not wanted:
            found.append(rank)
        everything = everything or bool(s.unsure)
        live = (live - (s.certain - s.mutates)) | s.needs
    return found[::-1]
