"""Make a page of every post: put your own generator here, `Site().publish(path)` gives it all that it needs."""

import html
import sys
from pathlib import Path

from executable_posts.site.build import Site

site, output = Site(), Path(sys.argv[1])
for path in site.config.post_paths():
    post = site.publish(path)
    page = output / path.stem / "index.html"
    page.parent.mkdir(parents=True)
    title = html.escape(str(post.header["title"]))
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>{post.html}', "utf-8"
    )
    for name, content in {**post.files, **post.downloads}.items():
        page.with_name(name).write_bytes(content if isinstance(content, bytes) else content.encode())
