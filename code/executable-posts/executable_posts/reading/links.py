"""Check that what a post links to inside the site is there."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from ..errors import PostError, Report, stop
from .post import Post

_SITE = re.compile(r"[{|](static|filename|attach)[}|](.*)")
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)


def check_links(post: Post, root: Path, report: Report = stop) -> None:
    """Tell ``report`` of every link or image whose file is missing; without one, raise PostError at the first.

    ``{static}/x`` and ``{filename}/x`` start at the site's root, without the slash at the post's folder. Links with
    a scheme are not fetched: a build must not depend on other people's servers.
    """
    for link in post.links:
        match = _SITE.match(link.target)
        if not match:
            if not _ELSEWHERE.match(link.target) and not (
                link.kind == "link" and link.target.startswith("/")
            ):
                form = (
                    "{static}/images/NAME" if link.kind == "image" else "{filename}NAME.md or {static}/NAME"
                )
                report(PostError(post.label, link.line, f"{link.kind} to {link.target!r}", f"write {form}"))
            continue
        target = unquote(match[2].partition("#")[0].partition("?")[0])
        base = Path(root) if target.startswith("/") else post.path.parent
        if not (base / target.lstrip("/")).is_file():
            report(
                PostError(
                    post.label,
                    link.line,
                    f"{link.kind} to {link.target}: there is no file {target.lstrip('/')}",
                    "correct the path, or add the file",
                )
            )
