"""Draws the four figures of the post: two schemes of a kitchen (SVG), two scaling charts (SVG, PNG); and its link preview.

    python -m pizzeria.figures            write them all into images/
    python -m pizzeria.figures --check    compare with the committed ones, exit 1 on drift

| module | one idea |
| --- | --- |
| `given` | the minutes and the model every figure is computed from |
| `schedule` | one cook, several orders: who works on what, and when |
| `svg` | a small deterministic SVG writer on `xml.etree` |
| `palette` | the colours, light and dark, as one style sheet |
| `icons` | the cast: client, agent, cook, warehouse, pizza, oven, scooter |
| `bars` | a timeline to scale |
| `apachehut`, `nginxopepperoni` | the two schemes |
| `scaling` | the two charts |
| `preview` | what a link to the post shows elsewhere |
| `gallery` | which file holds which figure; writing and checking |
"""

from pizzeria.figures.apachehut import draw_apachehut
from pizzeria.figures.gallery import drifted, figures, write
from pizzeria.figures.given import Lunch, Minutes
from pizzeria.figures.nginxopepperoni import draw_nginxopepperoni
from pizzeria.figures.scaling import draw_bad_scaling, draw_good_scaling

__all__ = [
    "Lunch",
    "Minutes",
    "draw_apachehut",
    "draw_bad_scaling",
    "draw_good_scaling",
    "draw_nginxopepperoni",
    "drifted",
    "figures",
    "write",
]
