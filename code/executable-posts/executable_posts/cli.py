"""Command line of the engine: ``python -m executable_posts COMMAND``."""

from __future__ import annotations

import argparse
import datetime
import json
import re
import signal
import sys
from pathlib import Path

from .config import load
from .errors import PostError

NEW_POST = """---
title: {title}
date: {date}
slug: {slug}
tags: draft
status: draft
{opted}summary: One sentence that says what the reader will know at the end.
---

A question first. Then the smallest code that answers it.

```python name="setup" tags=["remove-cell"]
%load_ext executable_posts
```

```python name="answer"
answer = 6 * 7
print(answer)
```

The answer is {{eval}}`answer`.
"""


def main(argv: list[str] | None = None) -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m executable_posts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="execute posts and report; publish nothing")
    run.add_argument("posts", nargs="*", type=Path, help="posts (default: all of the site)")
    run.add_argument("--no-cache", action="store_true", help="run blocks even where outputs are recorded")

    sync = commands.add_parser("sync", help="bring posts and their notebooks in step")
    sync.add_argument("posts", nargs="*", type=Path, help="posts (default: all of the site)")
    sync.add_argument(
        "--prefer", choices=("post", "notebook"), default="", help="which side wins when both changed"
    )
    sync.add_argument("--check", action="store_true", help="write nothing; fail when any pair is out of step")

    build = commands.add_parser("publish", help="run a site generator aside, swap its result in on success")
    build.add_argument(
        "--output", type=Path, default=Path("output"), help="the site's folder (default: output)"
    )
    build.add_argument(
        "generator", nargs="+", help="the command after --, with {output} for the folder to write to"
    )

    serve = commands.add_parser("serve", help="serve a built site on loopback")
    serve.add_argument("--output", type=Path, default=Path("output"))
    serve.add_argument("--port", type=int, default=8000, help="0 takes a free one (default: 8000)")
    serve.add_argument(
        "--watch", type=Path, nargs="*", default=[], help="folders; rebuild when something below changes"
    )
    serve.add_argument(
        "rebuild", nargs="*", help="the command after --, run at the start and after every change"
    )

    new = commands.add_parser("new", help="start a post")
    new.add_argument("name", help='its title, such as "The knee"')

    args = parser.parse_args(argv)
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # kernels and half-built sites are cleaned up either way
    try:
        return {"run": _run, "sync": _sync, "publish": _publish, "serve": _serve, "new": _new}[args.command](
            args
        )
    except PostError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _each_post(args, config):
    for warning in config.check():
        print(f"warning: {warning}", file=sys.stderr)
    paths = args.posts or config.post_paths()
    if not paths:
        raise PostError(
            ", ".join(config.posts) or config.label(config.content_dir),
            0,
            "no post found",
            "`make post NAME=...` starts one",
        )
    return [Path(p).resolve() for p in paths]


def _run(args) -> int:
    from .running.progress import TerminalProgress
    from .site.build import Site

    config = load()
    site = Site(config, use_recorded=False if args.no_cache else None, progress=TerminalProgress())
    failed = 0
    for path in _each_post(args, config):
        try:
            site.execute(site.read(path))
        except PostError as error:
            failed += 1
            print(f"error: {error}", file=sys.stderr)
    return 1 if failed else 0


def _sync(args) -> int:
    from .notebooks import pairing
    from .reading import post as posts

    config = load()
    failed = 0
    for path in _each_post(args, config):
        try:
            post = posts.read(path, config.label(path), config.data_languages, config.required)
            if post.header.get("blocks") == "none":
                continue
            if args.check:
                pairing.check_pair(post, config)
            else:
                print(pairing.sync(post, config, args.prefer))
        except PostError as error:
            failed += 1
            print(f"error: {error}", file=sys.stderr)
    for twin in [] if args.posts else pairing.orphans(config):
        failed += args.check
        said = f"{config.label(twin)}: its post is gone; delete it, or rename it as the post was renamed"
        print(f"{'error' if args.check else 'warning'}: {said}", file=sys.stderr)
    return 1 if failed else 0


def _publish(args) -> int:
    from .site.publish import publish

    code = publish(args.generator, args.output)
    if code == 0:
        shown = args.output if args.output.is_absolute() else Path(args.output)
        print(
            f"Done: the site is in {shown}/; `make serve` shows it at http://127.0.0.1:8000/", file=sys.stderr
        )
    else:
        print(f"Not published: {args.output}/ is as it was before.", file=sys.stderr)
    return code


def _serve(args) -> int:
    import threading

    from .site.serve import start_server, watch

    args.output.mkdir(parents=True, exist_ok=True)
    try:
        server = start_server(args.output, args.port)
    except (OSError, OverflowError) as error:
        print(
            f"error: port {args.port}: {getattr(error, 'strerror', error)}; choose another: make serve PORT=0",
            file=sys.stderr,
        )
        return 1
    print(f"http://127.0.0.1:{server.server_port}/ serves {args.output}/; Ctrl-C stops", file=sys.stderr)
    try:
        if args.watch and args.rebuild:
            watch(args.watch, args.rebuild)
        else:
            threading.Event().wait()
    finally:
        server.shutdown()
        server.server_close()
    return 0


def _new(args) -> int:
    config = load()
    slug = re.sub(r"[^a-z0-9]+", "-", args.name.lower()).strip("-")
    if not slug:
        raise PostError(
            args.name, 0, "a name without letters or digits", 'give one: make post NAME="The knee"'
        )
    path = config.root / (config.posts or (config.content_dir,))[0] / f"{slug}.md"
    if path.exists():
        raise PostError(config.label(path), 0, "exists already; nothing was written", "choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    title = json.dumps(args.name, ensure_ascii=False)
    date = datetime.datetime.now().strftime("%Y-%m-%d %H:%M")
    opted = "" if config.posts else "executable: true\n"
    path.write_text(NEW_POST.format(title=title, date=date, slug=slug, opted=opted), encoding="utf-8")
    from .notebooks import pairing
    from .reading import post as posts

    pairing.sync(posts.read(path, config.label(path)), config)
    print(
        f"{config.label(path)} and {config.label(config.notebook_path(path))} are ready; `make devserver` shows them"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
