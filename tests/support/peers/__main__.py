"""`python -m support.peers`: measure every tool on the same content, in one run, and write the record that the site's page reads."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import catalog, document, faults, features, installing, preview, testers, timing
from .installing import ROOT, Absent, Environment

RECORD = ROOT / "content" / "data" / "peers.json"
PARTS = ("times", "previews", "tests", "faults", "features")


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m support.peers", description=__doc__)
    names = list(catalog.BY_NAME)
    parser.add_argument("--only", nargs="+", choices=names, metavar="TOOL", help=f"of {', '.join(names)}")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="default: all")
    parser.add_argument(
        "--contents", nargs="+", choices=list(document.CONTENTS), default=list(document.CONTENTS)
    )
    parser.add_argument("--rounds", type=int, default=5, help="of times; medians are shown (default: 5)")
    parser.add_argument(
        "--out", type=Path, help=f"the record; default: none is written; the site's is {RECORD.name}"
    )
    parser.add_argument(
        "--environments",
        type=lambda text: Path(text).absolute(),  # tools are called from other folders
        default=ROOT / ".cache" / "peers",
        help="where the tools are installed, once (default: .cache/peers)",
    )
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> int:
    """Install, measure, write; return 0, or 1 when no tool could be had.

    A record that is there keeps what is not measured now, if this machine made it: parts and contents with their own
    dates, and of faults and features the tools that are not asked.
    """
    options = arguments(given)
    words = " ".join(["python -m support.peers", *(given if given is not None else sys.argv[1:])])
    command = words.replace(str(options.environments), "FOLDER")
    record = kept(options.out, machine())
    chosen = [peer for peer in catalog.PEERS if not options.only or peer.name in options.only]
    peers = []
    for peer in chosen:
        note(f"installing {peer.name}")
        made, row = installed(peer.packages, options.environments)
        record["peers"][peer.name] = {**row, "note": peer.note}
        if made:
            peers.append((peer, made))
    if not peers:
        print("error: none of these tools could be installed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        for part, content in asked(options):
            begun = load()
            options.contents = [content] if content else []
            found = MEASURES[part](peers, options, Path(scratch))
            if part == "times":  # contents are compared with nothing, so the others' times stay
                found = {**record.get(part, {}), **found}
            elif part in ("faults", "features"):  # what a tool does depends on no other tool
                found = {name: {**record.get(part, {}).get(name, {}), **row} for name, row in found.items()}
            record[part] = found
            today = datetime.datetime.now(datetime.UTC).date().isoformat()
            record["measured"][f"{part} of {content}" if content else part] = {
                "date": today,
                "load": [begun, load()],
                "command": command,
            }
            if options.out:
                write(options.out, record)
                note(f"{part}: in {options.out}")
    if not options.out:
        print(json.dumps(record, indent=1))
    return 0


def asked(options: argparse.Namespace) -> list[tuple[str, str]]:
    """List what is to be measured: a part, and of the times one content after the other."""
    return [
        (part, content)
        for part in options.parts
        for content in (options.contents if part == "times" else [""])
    ]


def machine() -> dict[str, Any]:
    """Tell what this is measured on."""
    return {
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def load() -> float:
    """Tell how many processes wanted to run, on average, in the last minute."""
    return round(os.getloadavg()[0], 1)


def kept(path: Path | None, here: dict[str, Any]) -> dict[str, Any]:
    """Give the record that is there, if this machine made it, else an empty one."""
    empty: dict[str, Any] = {"schema": 1, "machine": here, "measured": {}, "peers": {}}
    if path is None or not path.exists():
        return empty
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record if (record["schema"], record["machine"]) == (1, here) else empty


def installed(packages: tuple[str, ...], folder: Path) -> tuple[Environment | None, dict[str, Any]]:
    """Make an environment; give it, and what the record says of it: versions, or why there is none."""
    try:
        made = installing.environment(packages, folder)
    except Absent as absent:
        note(f"  cannot be had: {absent}")
        return None, {"versions": {}, "problem": str(absent)}
    return made, {"versions": made.versions, "problem": ""}


def times(peers: Any, options: argparse.Namespace, folder: Path) -> Any:
    """Measure builds."""
    contents = {name: document.CONTENTS[name]() for name in options.contents}
    return timing.measured(peers, contents, options.rounds, folder, note)


def previews(peers: Any, options: argparse.Namespace, folder: Path) -> Any:
    """Measure previews; give tool -> edit -> seconds, a list of rounds."""
    found: dict[str, dict[str, list[float]]] = {}
    for turn in range(options.rounds):
        for peer, made in peers:
            if not peer.preview:
                continue
            note(f"round {turn + 1} of {options.rounds}: preview, {peer.name}")
            try:
                for edit, seconds in preview.previewed(
                    peer, made, document.sample(), folder / "build"
                ).items():
                    found.setdefault(peer.name, {}).setdefault(edit, []).append(seconds)
            except timing.Failed as failure:
                note(f"  left out: {failure}")
    return found


def tests(peers: Any, options: argparse.Namespace, folder: Path) -> Any:
    """Measure the test tools; give tool -> versions, a problem, and costs, a list of rounds."""
    found: dict[str, Any] = {}
    ready = []
    for tester in testers.TESTERS:
        made, row = installed(tester.packages, options.environments)
        found[tester.name] = {**row, "note": tester.note, "costs": []}
        if made:
            ready.append((tester, made))
    for turn in range(options.rounds):
        for tester, made in ready:
            note(f"round {turn + 1} of {options.rounds}: tests, {tester.name}")
            try:
                cost = testers.proved(tester, made, document.hundred(), folder / "build")
            except timing.Failed as failure:
                note(f"  left out: {failure}")
                found[tester.name]["problem"] = str(failure)
                continue
            found[tester.name]["costs"].append(vars(cost))
    return found


def seeded(peers: Any, options: argparse.Namespace, folder: Path) -> Any:
    """Seed the faults; give fault -> tool -> verdict, or None where a tool's language has no such thing."""
    found: dict[str, dict[str, Any]] = {}
    for fault in faults.FAULTS:
        for peer, made in peers:
            note(f"fault: {fault.name}, {peer.name}")
            try:
                verdict = faults.judged(peer, made, fault, folder / "build")
            except timing.Failed as failure:
                note(f"  left out: {failure}")
                continue
            said = portable(verdict.said, folder / "build") if verdict else ""
            found.setdefault(fault.name, {})[peer.name] = verdict and {**vars(verdict), "said": said}
    return found


def able(peers: Any, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Build a page for each feature; give feature -> tool -> whether it does it, or None where no way is known."""
    found: dict[str, dict[str, Any]] = {}
    for feature in features.FEATURES:
        for peer, made in peers:
            if "," in peer.name:
                continue  # our own, with another setting
            note(f"feature: {feature.name}, {peer.name}")
            row = features.shown(feature, peer, made, folder / "build")
            said = portable(row["said"], folder / "build") if row else ""
            found.setdefault(feature.name, {})[peer.name] = row and {**row, "said": said}
    return found


def portable(said: str, folder: Path) -> str:
    """Take the paths of this machine out of a text: of a page's folder, of temporary files, of Python's libraries."""
    return re.sub(
        r"(?<![\w.])/(?:[\w.+-]+/)*lib/python3\.\d+/", "lib/python3/", said.replace(f"{folder}/", "")
    )


MEASURES = {"times": times, "previews": previews, "tests": tests, "faults": seeded, "features": able}


def write(path: Path, record: dict[str, Any]) -> None:
    """Write the record, whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(path)


def note(text: str) -> None:
    """Tell whoever waits what is done now."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
