"""Every Pelican setting of the site. Always used as ``pelican -s pelican.conf.py``."""

import os

SITENAME = "The executable pizzeria"
SITESUBTITLE = "Posts that run: every block executed, every number from a run"
# A published site needs its address for feeds and canonical links; a local one works without.
SITEURL = os.environ.get("SITEURL", "").rstrip("/")
RELATIVE_URLS = not SITEURL
AUTHOR = SITENAME  # a feed needs one
TIMEZONE = "UTC"
DEFAULT_LANG = "en"
DEFAULT_DATE_FORMAT = "%d %B %Y"

PATH = "."
ARTICLE_PATHS = ["content"]
ARTICLE_EXCLUDES = ["content/pages"]
PAGE_PATHS = ["content/pages"]
SCHEMAS = "code/pizzeria/ovens/protocol/schemas"
STATIC_PATHS = ["images", SCHEMAS]
EXTRA_PATH_METADATA = {
    f"{SCHEMAS}/{name}": {"path": f"schemas/{name}"}
    for name in (os.listdir(SCHEMAS) if os.path.isdir(SCHEMAS) else ())
}
IGNORE_FILES = ["__pycache__", ".*", "*.orig", "*.new"]
USE_FOLDER_AS_CATEGORY = False
DEFAULT_CATEGORY = "posts"
DEFAULT_METADATA = {"category": "posts"}  # without it a draft has none, and Pelican stops

PLUGINS = ["executable_posts", "whole_site"]
THEME = "code/theme"
THEME_STATIC_DIR = "theme"
# The engine has a cache of its own that knows what a post depends on; Pelican's does not.
CACHE_CONTENT = False
LOAD_CONTENT_CACHE = False
DELETE_OUTPUT_DIRECTORY = False

ARTICLE_URL = "{slug}/"
ARTICLE_SAVE_AS = "{slug}/index.html"
DRAFT_URL = "drafts/{slug}/"
DRAFT_SAVE_AS = "drafts/{slug}/index.html"
PAGE_URL = "{slug}/"
PAGE_SAVE_AS = "{slug}/index.html"
TAG_URL = "tag/{slug}/"
TAG_SAVE_AS = "tag/{slug}/index.html"
TAGS_URL = "tags/"
TAGS_SAVE_AS = "tags/index.html"
ARCHIVES_URL = "archives/"
ARCHIVES_SAVE_AS = "archives/index.html"
CATEGORY_SAVE_AS = CATEGORIES_SAVE_AS = AUTHOR_SAVE_AS = AUTHORS_SAVE_AS = ""
DIRECT_TEMPLATES = ["index", "archives", "tags", "404", "sitemap", "robots"]
TEMPLATE_EXTENSIONS = [".html", ".xml", ".txt"]
SITEMAP_SAVE_AS = "sitemap.xml"
ROBOTS_SAVE_AS = "robots.txt"
SITE_IMAGE = "images/preview.png"  # for link previews, where a post names no image of its own
DEFAULT_PAGINATION = 10

FEED_ALL_ATOM = "feeds/all.atom.xml"
FEED_DOMAIN = SITEURL or "http://127.0.0.1:8000"  # a feed needs some address, even on an author's desk
CATEGORY_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = TRANSLATION_FEED_ATOM = None

SLUG_REGEX_SUBSTITUTIONS = [
    (r"\+\+", "pp"),  # C++ and C are two tags
    (r"[^\w\s-]", ""),
    (r"(?u)\A\s*", ""),
    (r"(?u)\s*\Z", ""),
    (r"[-\s]+", "-"),
]
