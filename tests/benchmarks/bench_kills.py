"""Kill a build fifty times, at moments of a seed: `python tests/benchmarks/bench_kills.py [--kills 50] [--seed 1]`.

After each kill the site must be the old one or the new one, whole; after the next build nothing else must be left.
"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.kills import Site, kills


def main() -> None:
    """Print how many kills left which site, and what was left besides."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=5, help="kills between two builds that nobody kills")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        site = Site(Path(scratch, "blog"))
        counted: collections.Counter[str] = collections.Counter()
        try:
            site.write()
            site.build()
            for count, kill in enumerate(kills(args.seed, args.kills), 1):
                site.kill(kill)
                whole = "new" if site.shown == site.version else "old"
                counted[whole] += 1
                print(
                    f"{count:3} {kill}: the {whole} site, {len(site.left())} things left until the next build",
                    flush=True,
                )
                if count % args.every == 0 or count == args.kills:
                    site.write()
                    site.build()
        finally:
            site.end()
    print(
        f"{args.kills} kills, seed {args.seed}: {dict(counted)}; nothing left after the builds between them"
    )


if __name__ == "__main__":
    main()
