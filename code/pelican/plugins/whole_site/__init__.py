"""What needs more than one page of the site: series, the search index, and a feed that stands on its own.

Series: the header fields ``series: NAME`` and, where dates do not give the order, ``series_index: N``. Every post of a
series gets ``series_parts`` and ``series_url``, and the series a page of its own; templates get ``series_found``, by name. Search: with two posts or more,
Pagefind indexes what was written, and templates get ``search_index``. Feed: addresses are whole ones, and frames, which
no reader of feeds shows, are left out. Style sheets and scripts are published without comments.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import urljoin

from pelican.utils import slugify

from pelican import signals

INDEX = "pagefind/"


def prepare(generator):
    """Tell posts about their series, and templates where the search index will be."""
    posts = generator.articles
    found: dict[str, list] = {}
    for post in posts:
        if getattr(post, "series", ""):
            found.setdefault(str(post.series), []).append(post)
    addresses = {}
    for name, parts in found.items():
        parts.sort(key=lambda post: (float(getattr(post, "series_index", 0) or 0), post.date))
        slug = slugify(name, regex_subs=generator.settings["SLUG_REGEX_SUBSTITUTIONS"])
        addresses[name] = f"series/{slug}/"
        for post in parts:
            post.series_parts, post.series_url = parts, addresses[name]
    generator.series_found = found
    generator.context["all_series"] = list(addresses.values())
    generator.context["series_found"] = found
    generator.context["search_index"] = INDEX if len(posts) > 1 else ""
    generator.settings["SEARCH_INDEX"] = generator.context[
        "search_index"
    ]  # for `index`, which gets no context


def write_series(generator, writer):
    """Write a page a series."""
    for name, parts in generator.series_found.items():
        writer.write_file(
            f"{parts[0].series_url}index.html",
            generator.get_template("series"),
            generator.context,
            generator.settings["RELATIVE_URLS"],
            series=name,
            series_parts=parts,
        )


def stand_alone(context, feed):
    """Make a feed's entries readable anywhere."""
    # Pelican gives addresses from the site's root, without a slash where the site has no address of its own.
    root = (context.get("FEED_DOMAIN") or context.get("SITEURL") or "").rstrip("/") + "/"
    for item in feed.items:
        body = re.sub(r"<iframe\b.*?</iframe>", "", item.get("content") or "", flags=re.DOTALL)
        item["content"] = re.sub(
            r'\b(src|href)="(?!#|[a-z][a-z0-9+.-]*:)([^"]*)"',
            lambda match: f'{match[1]}="{urljoin(root, match[2])}"',
            body,
        )


def index(pelican):
    """Index the written pages for the search; a fault ends the build."""
    if not pelican.settings.get("SEARCH_INDEX"):
        return
    from pagefind_bin import get_executable

    command = [
        str(get_executable()),
        "--site",
        pelican.output_path,
        "--output-subdir",
        INDEX.rstrip("/"),
        "--quiet",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"error: the search index was not made\n{done.stdout}{done.stderr}")


def shrink(pelican):
    """Publish the theme's style sheets and scripts without what browsers skip; blocks' style and the theme's are one sheet."""
    from executable_posts import page
    from executable_posts.page.scripts import smaller_script

    theme = Path(pelican.output_path, pelican.settings["THEME_STATIC_DIR"])
    style = theme / "css" / "style.css"
    # One request instead of two, and fewer bytes; the theme's rules come last, so that they win.
    (theme / "css" / "site.css").write_text(
        page.sheet() + page.smaller(style.read_text(encoding="utf-8")), encoding="utf-8"
    )
    style.unlink()
    for path in theme.rglob("*"):
        if path.suffix in (".css", ".js") and path.name != "site.css":
            shorter = page.smaller if path.suffix == ".css" else smaller_script
            path.write_text(shorter(path.read_text(encoding="utf-8")), encoding="utf-8")


def register():
    """Connect to Pelican."""
    signals.article_generator_finalized.connect(prepare)
    signals.article_writer_finalized.connect(write_series)
    signals.feed_generated.connect(stand_alone)
    signals.finalized.connect(shrink)
    signals.finalized.connect(index)
