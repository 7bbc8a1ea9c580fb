"""The record of the peers, `content/data/peers.json`, as tables: who takes how long for what, and who says what of a fault."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from pizzeria.common.table import HtmlTable

RECORD = Path("content/data/peers.json")
OURS = "executable-posts"
CONTENTS = {
    "sample": "Twelve blocks, two of which take a second each",
    "hundred": "A hundred small blocks, each building on the one before",
    "sixty": "A blog of sixty pages, of which one is edited",
}
SCORES = {
    "fails": "the build stops",
    "file": "names the file",
    "line": "names the line",
    "mend": "says what to do",
    "whole": "the site stays whole",
}

# What we do about a row in which a peer is quicker, by the edit; a block that is edited needs what `A_KERNEL` says.
A_KERNEL = "Kept: a kernel a post, which takes 0.6 to 1 s to start, so that no block can end the build or change another post."
PLANS = {
    "cold": f"{A_KERNEL} Next: have the kernel of the following post start while one runs.",
    "unchanged": "Since then a site that is as it was is not generated again (0.08 s for the other pages). Next: the same for other generators than Pelican.",
    "prose": "Kept: the page is read, judged and written by rules that no other tool has. Next: parse only the paragraph that changed.",
    "one page of all": "Kept: every page is read and judged, since a link may lead to the one that changed. Next: judge links only.",
}


class Peers:
    """The record, read once. Raise OSError where there is none."""

    def __init__(self, path: Path = RECORD) -> None:
        self.record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))

    def provenance(self, part: str) -> str:
        """Say when a part was measured, on what, beside how much else."""
        machine, measured = self.record["machine"], self.record["measured"][part]
        return (
            f"{measured['date']}, {machine['cores']} cores of {machine['machine']}, {machine['system']}, Python "
            f"{machine['python']}, at a load of {min(measured['load']):g} to {max(measured['load']):g}"
        )

    def has(self, part: str) -> bool:
        """Tell whether a part was measured."""
        return part in self.record["measured"]

    @property
    def contents(self) -> list[str]:
        """Name the contents that were measured."""
        return [name for name, rows in self.record.get("times", {}).items() if rows]

    @property
    def rounds(self) -> int:
        """Count the rounds."""
        return max(
            len(costs)
            for rows in self.record["times"].values()
            for row in rows.values()
            for costs in row.values()
        )

    def tools(self) -> HtmlTable:
        """Return what was installed of each tool, or why it could not be."""
        rows = []
        for name, found in self.record["peers"].items():
            versions = ", ".join(f"{package} {version}" for package, version in found["versions"].items())
            # The first of what an installer said; what it had caught stands in the record.
            what = html.escape(versions or f"could not be had: {found['problem'].partition(': <')[0]}")
            rows.append((html.escape(name), what, html.escape(found["note"].replace("`", ""))))
        return HtmlTable(("tool", "what was installed", "to know"), rows)

    def times(self, content: str) -> HtmlTable:
        """Return the medians of a content, in seconds: a row a tool, the least of each column in bold."""
        return _least_bold(self.medians(content))

    def medians(self, content: str) -> dict[str, dict[str, float]]:
        """Return tool -> edit -> median seconds of a content."""
        return _medians(self.record["times"][content])

    def memory(self, content: str) -> dict[str, float]:
        """Return the largest process of the cold build by tool, in MB, the median of the rounds."""
        cold = self.record["times"][content]["cold"]
        return {name: median(cost["memory"] for cost in costs) for name, costs in cold.items()}

    def ratio(self, content: str, scenario: str) -> float:
        """Return our median divided by that of the best peer; below 1 we are quicker."""
        row = _medians(self.record["times"][content])
        others = {
            name: times[scenario] for name, times in row.items() if OURS not in name and scenario in times
        }
        return min(times[scenario] for name, times in row.items() if OURS in name) / min(others.values())

    def lost(self) -> list[tuple[str, str, str, float]]:
        """List the rows where a peer is quicker than all of ours: content, edit, the quickest peer, our time over his."""
        found = []
        for content, rows in self.record.get("times", {}).items():
            medians = _medians(rows)
            for scenario in rows:
                if self.ratio(content, scenario) > 1:
                    peers = {n: t[scenario] for n, t in medians.items() if OURS not in n and scenario in t}
                    best = min(peers, key=peers.__getitem__)
                    found.append((content, scenario, best, self.ratio(content, scenario)))
        return found

    def lost_table(self) -> HtmlTable:
        """Return a row for each thing that we do about being slower: where a peer is quicker, how many times, what we do."""
        plans: dict[tuple[str, str], list[str]] = {}
        for content, scenario, best, ratio in self.lost():
            plans.setdefault((best, PLANS.get(scenario, A_KERNEL)), []).append(
                f"{content}, {scenario}: {ratio:.1f} ×"
            )
        rows = [("; ".join(where), html.escape(best), plan) for (best, plan), where in plans.items()]
        return HtmlTable(
            ("where, and how many times as long we take", "the quickest", "what we do about it"), rows
        )

    def previews(self) -> HtmlTable:
        """Return the median seconds from a save to the new page, a row a tool with a preview."""
        found = self.record["previews"]
        return _least_bold(
            {name: {edit: median(times) for edit, times in row.items()} for name, row in found.items()}
        )

    def tests(self) -> HtmlTable:
        """Return the median seconds of testing a hundred blocks, pytest's own start included."""
        rows = []
        for name, found in self.record["tests"].items():
            wall = f"{median(cost['wall'] for cost in found['costs']):.2f}" if found["costs"] else "no result"
            cpu = f"{median(cost['cpu'] for cost in found['costs']):.2f}" if found["costs"] else ""
            rows.append((html.escape(name), wall, cpu, html.escape(found["note"])))
        return HtmlTable(("tool", "seconds", "of the processor", "to know"), rows)

    def points(self) -> dict[str, tuple[int, int, int]]:
        """Count for every tool: points, those possible, and the faults that it took perfectly."""
        found: dict[str, tuple[int, int, int]] = {}
        for row in self.record["faults"].values():
            for name, verdict in row.items():
                points, possible, perfect = found.get(name, (0, 0, 0))
                if verdict is not None:
                    good = sum(verdict[score] for score in SCORES)
                    points, possible, perfect = points + good, possible + 5, perfect + (good == 5)
                found[name] = points, possible, perfect
        return found

    def faults(self) -> HtmlTable:
        """Return a row a fault: how many of the five things each tool does, 5 in bold, a dash where there is no such thing."""
        names = [
            name for name in self.points() if not name.startswith(f"{OURS},")
        ]  # variants are told in `scores`
        rows = []
        for fault, row in self.record["faults"].items():
            cells = []
            for name in names:
                verdict = row.get(name)
                good = sum(verdict[score] for score in SCORES) if verdict else 0
                cells.append("–" if verdict is None else "<strong>5</strong>" if good == 5 else str(good))
            rows.append((html.escape(fault), *cells))
        return HtmlTable(("fault", *map(_in_two, names)), rows)

    def scores(self) -> HtmlTable:
        """Return a row a tool: in how many of the faults it does each of the five things."""
        rows = []
        for name in self.points():
            told = [row[name] for row in self.record["faults"].values() if row.get(name)]
            counts = [sum(verdict[score] for verdict in told) for score in SCORES]
            rows.append((html.escape(name), str(len(told)), *map(str, counts)))
        return HtmlTable(("tool", "of faults", *SCORES.values()), rows)

    def features(self) -> HtmlTable:
        """Return a row a feature: a tick for every tool whose page did it, a dash where no way is known, numbers for `notes`."""
        found, notes = self.record["features"], self.notes()
        names = list(dict.fromkeys(name for row in found.values() for name in row))
        rows = []
        for feature, row in found.items():
            cells = []
            for name in names:
                one = row.get(name)
                tick = "–" if one is None else "✓" if one["does"] else "no"
                note = f"<sup>{notes.index(one['note']) + 1}</sup>" if one and one["note"] in notes else ""
                cells.append(tick + note)
            rows.append((html.escape(feature), *cells))
        return HtmlTable(("a page with", *map(_in_two, names)), rows)

    def notes(self) -> list[str]:
        """List what has to be known of some ticks, in the order of the table."""
        told = [
            one for row in self.record["features"].values() for one in row.values() if one and one["does"]
        ]
        return list(dict.fromkeys(one["note"] for one in told if one["note"]))

    def said(self, fault: str, name: str) -> str:
        """Return the end of what a tool said of a fault."""
        verdict = self.record["faults"][fault][name]
        return str(verdict["said"]) if verdict else ""


def _in_two(name: str) -> str:
    """Write a tool's name as the heading of a narrow column."""
    return html.escape(name).replace(" ", "<br>", 1)


def _medians(rows: Mapping[str, Mapping[str, list[dict[str, float]]]]) -> dict[str, dict[str, float]]:
    """Turn scenario -> tool -> costs into tool -> scenario -> median seconds."""
    found: dict[str, dict[str, float]] = {}
    for scenario, tools in rows.items():
        for name, costs in tools.items():
            found.setdefault(name, {})[scenario] = median(cost["wall"] for cost in costs)
    return found


def _least_bold(medians: Mapping[str, Mapping[str, float]]) -> HtmlTable:
    columns = list(dict.fromkeys(column for row in medians.values() for column in row))
    least = {column: min(row[column] for row in medians.values() if column in row) for column in columns}
    rows = []
    for name, row in medians.items():
        cells = []
        for column in columns:
            text = f"{row[column]:.2f}" if column in row else "–"
            cells.append(f"<strong>{text}</strong>" if row.get(column) == least[column] else text)
        rows.append((html.escape(name), *cells))
    return HtmlTable(("tool", *columns), rows)
