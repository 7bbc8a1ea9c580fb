"""A build that is killed at any moment leaves the old site or the new one, and the next build leaves nothing else."""

from __future__ import annotations

import os

import pytest

from support.kills import Site, kills

SEED = int(os.environ.get("KILLS_SEED", "1"))


@pytest.mark.xdist_group("kills")
def test_whenever_a_build_is_killed_the_site_is_whole(tmp_path):
    site = Site(tmp_path / "blog")
    try:
        site.write()
        site.build()
        assert sees_a_half_site(site)
        for kill in kills(SEED, 6):
            site.kill(kill)
        site.write()
        site.build()
    finally:
        site.end()


def sees_a_half_site(site: Site) -> bool:
    """Tell whether a page of another version, and one that is cut off, are seen."""
    page = site.root / "output" / "post-2" / "index.html"
    whole = page.read_text()
    page.write_text(whole.replace("version 1", "version 7"))
    mixed = site.published() == {1, 7}
    page.write_text(whole[: whole.index("version 1")])
    with pytest.raises(AssertionError, match="post-2 is not whole"):
        site.published()
    page.write_text(whole)
    return mixed
