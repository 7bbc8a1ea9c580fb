"""The colours, light and dark, as one style sheet for both schemes.

The schemes are shown through `<img>`, where only the system's preference reaches them, not the switch of the
site. So they bring their own card as background and are legible on any page.
"""

LIGHT = {
    "card": "#fff9ef",
    "edge": "#e4d5bd",
    "panel": "#f6ead6",
    "ink": "#2c2320",
    "muted": "#6a5a4d",
    "work": "#39743a",
    "on-work": "#ffffff",
    "wait": "#f7dccb",
    "stripe": "#e5a487",
    "tomato": "#b5341d",
    "crust": "#e0a858",
    "cheese": "#ffd978",
    "steel": "#cfd3d6",
    "white": "#ffffff",
    "skin": "#f0c9a4",
    "blue": "#3f6f9f",
}
DARK = {
    "card": "#241f1c",
    "edge": "#463c35",
    "panel": "#322b26",
    "ink": "#f2e9dd",
    "muted": "#c2b3a3",
    "work": "#7cc47a",
    "on-work": "#10240f",
    "wait": "#4a3228",
    "stripe": "#8a5540",
    "tomato": "#ff9577",
    "crust": "#d0994d",
    "cheese": "#f4cc68",
    "steel": "#7d858b",
    "white": "#f4efe8",
    "skin": "#e2b98f",
    "blue": "#7fb0e0",
}

FONTS = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif'
_SHAPES = (
    f"text{{font-family:{FONTS};font-size:19px;fill:var(--ink)}}\n"
    + """\
.h1{font-size:30px;font-weight:700}
.h2{font-size:21px;font-weight:700}
.b{font-weight:700}
.m{fill:var(--muted)}
.hot{fill:var(--tomato);font-weight:700}
.inv{fill:var(--on-work);font-weight:700}
.card{fill:var(--card);stroke:var(--edge);stroke-width:2}
.panel{fill:var(--panel)}
.pill{fill:var(--card)}
.work{fill:var(--work)}
.wait{fill:url(#wait)}
.wait-ground{fill:var(--wait)}
.wait-stripe{fill:var(--stripe)}
.rule{stroke:var(--edge);stroke-width:2;fill:none}
.tick{stroke:var(--muted);stroke-width:1.5;fill:none}
.todo{stroke:var(--muted);stroke-width:3;stroke-dasharray:2 5;stroke-linecap:round;fill:none}
.arrow{stroke:var(--ink);stroke-width:2.5;fill:none;stroke-linecap:round;stroke-linejoin:round}
.loop{stroke:var(--work);stroke-width:4;fill:none;stroke-linecap:round;stroke-linejoin:round}
.line{stroke:#2c2320;stroke-width:2.5;stroke-linecap:round;stroke-linejoin:round}
.wire{stroke:var(--ink);stroke-width:2.5;stroke-linecap:round;stroke-linejoin:round;fill:none}
.none{fill:none}
.glass{fill:#2c2320}
"""
)
_FILLS = ("tomato", "crust", "cheese", "steel", "white", "skin", "blue", "ink")


def style_sheet() -> str:
    """Return the style sheet: variables for both schemes, then one rule a class."""
    light = ";".join(f"--{name}:{value}" for name, value in LIGHT.items())
    dark = ";".join(f"--{name}:{value}" for name, value in DARK.items())
    fills = "\n".join(f".f-{name}{{fill:var(--{name})}}" for name in _FILLS)
    switch = f"@media (prefers-color-scheme:dark){{svg{{{dark}}}.line{{stroke:#0f0c0a}}}}"
    return f"\nsvg{{{light}}}\n{_SHAPES}{fills}\n{switch}\n"
