"""The forms that an output may have: which of them a page shows, the best first, and what helps where it can show none."""

from __future__ import annotations

from ..authors import explorable
from ..authors.source import MIME as SOURCE

PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp")
PLAYED = (
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/flac",
    "audio/mp4",
    "audio/webm",
    "audio/aac",
    "audio/x-wav",
)
FILMS = ("video/mp4", "video/webm", "video/ogg")
# The best first: ours, then as Jupyter ranks them.
PRIORITY = (
    *(explorable.MIME, SOURCE),
    *("text/html", "text/markdown", "text/latex", "image/svg+xml"),
    *PICTURES,
    *PLAYED,
    *FILMS,
    "application/json",
)
SAVE = "save it as a file of the site and link to it, or show a picture of it"
FILE = "put the file into the site, and write {static}/NAME, from the site's root"
NOTHING = "leave it out, or end its line with a semicolon"
_BOKEH = "show a picture of it (bokeh.io.export_svg), or its bokeh.embed.components as HTML"
MENDS = {
    "application/pdf": "show it as SVG or PNG, or save it as a file of the site and link to it",
    "application/javascript": "show HTML('<script>...</script>'): the page's policy then names it by its hash",
    "application/vnd.jupyter.widget-view+json": "show a picture or a table of its state: a page has no kernel to talk to",
    "application/vnd.plotly.v1+json": "show its HTML or a picture: plotly.io.renderers.default = 'notebook' or 'svg'",
    "application/vnd.bokehjs_load.v0+json": _BOKEH,
    "application/vnd.bokehjs_exec.v0+json": _BOKEH,
    "text/vnd.mermaid": "show the picture that mermaid draws of it, as SVG",
    "image/tiff": "show it as PNG or WebP",
}
