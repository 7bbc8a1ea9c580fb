"""The files of pages: each page's own folder, known to Pelican like any other content, so that its links are right under
every address scheme, relative or not, on index pages and in feeds."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, unquote

from pelican.contents import Content
from pelican.generators import ArticlesGenerator, Generator
from pelican.urlwrappers import Author, Category, Tag
from pelican.writers import Writer

from executable_posts import page
from executable_posts.errors import PostError
from executable_posts.site.files import Owners, folder_of, same

_KINDS = {"tag": Tag, "category": Category, "author": Author}
_GROUP = re.compile(r"""\bhref=["']?[{|](tag|category|author)[}|]([^"'#?>]+)""")
POLICY = "Content-Security-Policy"
_LINK_OR_CODE = re.compile(
    r"^(?P<fence>`{3,}).*?^(?P=fence)`*$|(?<!`)(?P<ticks>`+)(?!`)[^\n]*?(?<!`)(?P=ticks)(?!`)|\]\((?P<target>\{\w+\}[^\s)]*)",
    re.DOTALL | re.MULTILINE,
)


def prefix_of(source: str) -> str:
    """Begin the links to a page's files, as Pelican's own links begin. source: the post's path below ``PATH``."""
    return f"{{static}}/{quote(source)}/"


def files_of(generator: Generator) -> set[str]:
    """List the files that a generator of articles or pages is going to read, by their paths below ``PATH``."""
    settings = generator.settings
    kind = "ARTICLE" if isinstance(generator, ArticlesGenerator) else "PAGE"
    found: set[str] = generator.get_files(settings[f"{kind}_PATHS"], exclude=settings[f"{kind}_EXCLUDES"])
    return found


def made_by_us(generator: Generator) -> None:
    """Keep Pelican from looking for the files of pages beside the posts, where they are not: it would warn of each."""
    contents = generator.context["generated_content"].values()
    ours = tuple(prefix_of(c.get_relative_source_path()) for c in contents if hasattr(c, "page_files"))
    links = generator.context["static_links"]
    links.difference_update([link for link in links if f"{{static}}/{quote(unquote(link))}".startswith(ours)])


def theme_policy(settings: Mapping[str, Any]) -> str:
    """Tell whether the theme gives its pages a content security policy: "strict" or "none"."""
    return "strict" if theme_says(settings, POLICY) else "none"


def theme_says(settings: Mapping[str, Any], word: str) -> bool:
    """Tell whether a word stands in any template of the theme."""
    folders = [
        Path(settings["THEME"], "templates"),
        *map(Path, settings.get("THEME_TEMPLATES_OVERRIDES", ())),
    ]
    files = (file for folder in folders for file in folder.rglob("*.html"))
    return any(word in file.read_text("utf-8", "replace") for file in files)


def with_addresses(text: str, content: Content, settings: Mapping[str, Any], way: str) -> str:
    """Give Markdown whose links to files of the site have their addresses, as Pelican gives them to a page. Code is left
    alone. way: to the site's root, for sites with relative addresses."""
    root = way if settings["RELATIVE_URLS"] else settings["SITEURL"]

    def address(match: re.Match[str]) -> str:
        if not match["target"]:
            return match[0]
        written = content._update_content(f'<a href="{match["target"]}">', root)
        return "](" + re.sub(r'^<a href="(.*)">$', r"\1", written)

    return _LINK_OR_CODE.sub(address, text)


def _below(path: str) -> str:
    return path.replace("\\", "/").removeprefix("./")


def source(path: str | Path) -> str:
    """Give a post's text, to find a line in it; empty when it has gone since it was read, for it is published all the same."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""


def line_of_field(path: str | Path, name: str) -> int:
    """Find the line of a header's field; 1 when it is not there."""
    named = re.search(rf"^{name}[^\S\n]*:", text := source(path), re.IGNORECASE | re.MULTILINE)
    return text.count("\n", 0, named.start()) + 1 if named else 1


def _written_at(content: Content) -> tuple[str, int]:
    """Name a post's file as an author knows it, and the line that gives its page a name."""
    build = content.settings.get("EXECUTABLE_POSTS_BUILD")
    path = Path(content.source_path or "")
    label = build.config.label(path) if build else content.get_relative_source_path()
    if not hasattr(content, "page_files"):
        return label, 0
    lines = (line_of_field(path, name) for name in ("save_as", "slug", "title"))
    return label, next((line for line in lines if line > 1), 1)


def _of_the_site(settings: Mapping[str, Any], context: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name the files and folders that the generator writes besides posts and static files, and what they are."""
    for name in settings["DIRECT_TEMPLATES"]:
        yield settings.get(f"{name.upper()}_SAVE_AS", f"{name}.html"), f"the site's own page {name!r}"
    for key in ("FEED_ATOM", "FEED_RSS", "FEED_ALL_ATOM", "FEED_ALL_RSS"):
        if settings.get(key):
            yield settings[key], "a feed"
    for key in ("categories", "tags", "authors"):
        groups = context.get(key) or ()
        for group, _ in groups.items() if isinstance(groups, Mapping) else groups:
            yield group.save_as, f"the page of {group}"
    yield f"{settings['THEME_STATIC_DIR']}/", "a file of the theme's"
    yield f"{page.FOLDER}/", "a file of the engine's"


def _check_groups(content: Content, context: Mapping[str, Any]) -> None:
    """Raise PostError for a link to a tag, a category or an author whom no post names: there is no such page."""
    for kind, name in _GROUP.findall(content._content):
        groups = context.get({"tag": "tags", "category": "categories", "author": "authors"}[kind]) or ()
        groups = list(groups.items() if isinstance(groups, Mapping) else groups)
        wanted = _KINDS[kind](unquote(html.unescape(name)), content.settings)
        if wanted.slug not in {group.slug for group, _ in groups}:
            label, _ = _written_at(content)
            lines = source(content.source_path or "").split("\n")
            forms = (f"{kind}}}{name}", f"{kind}}}{unquote(name)}", f"{{{kind}}}")
            found = (n for form in forms for n, text in enumerate(lines, 1) if form in text)
            known = ", ".join(sorted(str(group) for group, _ in groups)[:6]) or "there is none"
            raise PostError(
                label,
                next(found, 0),
                f"a link to the {kind} {wanted.name!r}, which no post has",
                f"correct it: {known}",
            )


def _check_template(content: Content, generators: Sequence[Generator]) -> None:
    """Raise PostError for a page's own template that the theme does not have."""
    name = content.metadata.get("template")
    if name and not any(f"{name}.html" in generator.env.list_templates() for generator in generators[:1]):
        label, _ = _written_at(content)
        line = line_of_field(content.source_path or "", "template")
        raise PostError(
            label, line, f"template: {name}, which the theme does not have", "name one of its templates"
        )


class PageFiles:
    """Give every page its folder and write the files into it. One object a run of Pelican."""

    def __init__(self) -> None:
        self.owners = Owners()
        self.ours: dict[str, str] = {}
        self.documents: list[Content] = []
        self.output = Path()
        self.written: dict[
            str | None, tuple[str, int]
        ] = {}  # where a source names its page; it may have many files

    def plan(self, generators: Sequence[Generator]) -> None:
        """Decide where every file will be, before anything is written; end the build when two would be one."""
        context = generators[0].context
        self.output = Path(generators[0].output_path)
        contents = [c for c in context["generated_content"].values() if getattr(c, "save_as", "")]
        self.documents = [c for c in contents if hasattr(c, "page_files")]
        if not self.documents:
            return
        pages = {content.save_as for content in contents}
        try:
            for content in contents:
                self._claim(content.save_as, content)
            for name, whose in _of_the_site(generators[0].settings, context):
                self._refuse(name, whose, contents)
            for content in context.get("staticfiles", ()):
                self._claim(content.save_as, content)
            for content in self.documents:
                _check_groups(content, context)
                _check_template(content, generators)
            for content in self.documents:
                folder = folder_of(content.save_as, pages)
                addresses = {name: quote(folder + name) for name in content.page_files}
                for name, address in addresses.items():
                    self._claim(folder + name, content)
                    self.ours[same(folder + name)] = content.get_relative_source_path()
                    key = f"{content.get_relative_source_path()}/{name}"
                    context["static_content"][key] = SimpleNamespace(url=address)
                content.page_folder = folder
                content.block_file = addresses.get(content.block_file, "")
                for download in content.downloads:
                    download["url"] = addresses[download["label"]]
        except PostError as error:
            raise SystemExit(f"error: {error}") from None

    def _claim(self, path: str, content: Content) -> None:
        source = content.source_path
        if source not in self.written:
            self.written[source] = _written_at(content)
        self.owners.claim(_below(path), *self.written[source])

    def _refuse(self, path: str, whose: str, contents: Sequence[Content]) -> None:
        """Raise PostError when a post or page of ours would be overwritten by something that the generator makes."""
        for content in contents if path else ():  # a setting may say that a page is not written
            name = same(_below(content.save_as))
            if hasattr(content, "page_files") and (
                name == same(path) or name.startswith(same(path.rstrip("/") + "/"))
            ):
                label, line = _written_at(content)
                mend = "give it another slug or save_as in its header"
                raise PostError(label, line, f"would write {content.save_as}, which is {whose}", mend)

    def write(self, generator: Generator, writer: Writer, themed: bool) -> None:
        """Write what pages read, frame and offer. themed: a theme with a template `listing` shows long sources itself."""
        themed = themed and "listing.html" in generator.env.list_templates()
        for content in self.documents:
            for listing in content.listings:
                name = content.page_folder + listing["name"]
                if not themed:
                    path = self.output / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    text = page.listing_page(listing, page.way(path, self.output), content.lang)
                    path.write_text(text, encoding="utf-8")
                else:
                    writer.write_file(
                        name,
                        generator.get_template("listing"),
                        generator.context,
                        generator.settings["RELATIVE_URLS"],
                        listing=listing,
                        article=content,
                    )
            texts = {**content.files, **{d["label"]: d["content"] for d in content.downloads}}
            for name, text in texts.items():
                path = self.output / content.page_folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(text, bytes):
                    path.write_bytes(text)
                    continue
                if name.endswith(".md"):
                    way = Path(os.path.relpath(self.output, path.parent)).as_posix()
                    text = with_addresses(text, content, generator.settings, way)
                path.write_text(text, encoding="utf-8")

    def check(self, path: str, context: Mapping[str, Any]) -> None:
        """End the build when a page of the theme's (a tag, an index) is written over a post's file."""
        name = (
            Path(path).relative_to(self.output).as_posix() if Path(path).is_relative_to(self.output) else ""
        )
        owner = self.ours.get(same(name))
        if owner and not context.get("listing"):
            mend = "give the post another slug or address, or the page another one"
            raise SystemExit(
                f"error: {owner}: its file {name} is overwritten by a page of the site\n  mend: {mend}"
            )
