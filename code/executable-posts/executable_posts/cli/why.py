"""Say why blocks ran in the last build, or did not: what had changed, and by which way it reached them.

Without a block, a line for each: ran; helped, when parts of it ran because others need what they make; carried, when its
outputs are of an earlier run. With one, as in content/post.md::L12-name or content/post.md::L12, the whole chain; L12 may be any line of
the block or of a value.

Needs the setting `incremental = true`: without it the blocks of a post run together or not at all.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import load
from ..errors import PostError
from .common import each_post

if TYPE_CHECKING:
    from ..running.account import Account, Told

HELP = "say why a block ran in the last build, or did not"


def arguments(command: argparse.ArgumentParser) -> None:
    """Add what this command understands to its parser."""
    command.add_argument(
        "posts",
        nargs="*",
        metavar="POST[::BLOCK]",
        help="a post, or a block of it by its line (default: all posts)",
    )


def main(args: argparse.Namespace) -> int:
    """Run the command; return its exit code."""
    from ..running.account import Accounts, digest_of

    config = load()
    if not config.incremental:
        config.fault(
            "incremental",
            "incremental is off: the blocks of a post run together, when anything that it depends on has changed",
            "set incremental = true in [tool.executable_posts], and build",
        )
    accounts = Accounts(config.cache_dir / "why", lambda text: print(f"note: {text}", file=sys.stderr))
    blocks = {
        Path(post).resolve(): block for post, _, block in (given.partition("::") for given in args.posts)
    }
    args.posts = list(blocks)
    for path in each_post(args, config):
        label = config.label(path)
        account = accounts.read(label)
        if account is None:
            raise PostError(
                label, 0, "no build of this post has told why", "build the site: `executable-posts run`"
            )
        if account.text != digest_of(_text(path, label)):
            print(f"note: {label} was edited after that build; lines are of then", file=sys.stderr)
        lines = _of_block(account, block) if (block := blocks.get(path)) else _of_post(account)
        try:
            print("\n".join(lines), flush=True)
        except BrokenPipeError:  # whoever reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            break
    return 0


def _text(path: Path, label: str) -> str:
    from ..reading.post import read

    try:
        return read(path, label).text
    except PostError:
        return ""


def _of_post(account: Account) -> list[str]:
    """Write a line for each block, and for the values that ran."""
    blocks = [one for one in account.told if one.block]
    counts = {did: sum(one.did == did for one in blocks) for did in ("ran", "helped", "carried")}
    said = ", ".join(f"{count} {did}" for did, count in counts.items() if count) or "no block"
    took = f" in {account.seconds:.1f} s" if account.passes else ""
    passes = f", in {account.passes} passes" if account.passes > 1 else ""
    lines = [f"{account.label}, built {_time(account.when)}{took}{passes}: {said}"]
    for one in account.told:
        if one.block or one.did != "carried":
            lines.append(f"  {one.id:28} {one.did:8} {_short(one)}".rstrip())
    return lines


def _of_block(account: Account, wanted: str) -> list[str]:
    """Write all that is known of a block, or of the values of a line."""
    found = _find(account, wanted)
    lines = []
    for one in found:
        head = {
            "ran": "ran for the last build",
            "helped": f"helped: parts of it ran; what is shown of it is of {_time(one.when)}",
            "carried": f"was carried: what is shown of it is of {_time(one.when)}",
        }[one.did]
        lines.append(f"{account.label}::{one.id} {head}")
        why = one.why or ("nothing that it depends on has changed since",)
        lines += [f"  {'because ' if rank == 0 else '        '}{text}" for rank, text in enumerate(why)]
    return lines


def _find(account: Account, wanted: str) -> list[Told]:
    exact = [one for one in account.told if wanted in (one.id, one.id.partition("-")[2])]
    if exact:
        return exact
    number = wanted.partition("-")[0].removeprefix("L")
    if number.isdigit():
        line = int(number)
        if values := [one for one in account.told if not one.block and one.line == line]:
            return values
        before = [one for one in account.told if one.block and one.line <= line <= one.end]
        if before:
            return before[-1:]
    known = ", ".join(one.id for one in account.told if one.block)
    raise PostError(account.label, 0, f"has no block {wanted!r}", f"name one of its blocks: {known}")


def _short(one: Told) -> str:
    if one.did == "carried":
        return f"of {_time(one.when)}"
    return one.why[0] if one.why else ""


def _time(when: str) -> str:
    return when[:19].replace("T", " ") + (" UTC" if when else "")
