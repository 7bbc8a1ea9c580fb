"""The settings of the blog, for Pelican."""

SITENAME = "@SITENAME@"
SITEURL = ""
RELATIVE_URLS = True
TIMEZONE = "UTC"
DEFAULT_LANG = "en"

PATH = "content"
PLUGINS = ["executable_posts"]

# Feeds are for a published site, which has an address.
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
