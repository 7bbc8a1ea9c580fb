"""What posts import: code shown from its source, things to play with, compiled programs."""

from .explorable import Explorable
from .programs import program
from .source import show, side_by_side

__all__ = ["Explorable", "program", "show", "side_by_side"]
