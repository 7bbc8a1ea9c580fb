"""The contract of a language, as a suite that a plug-in's own tests run.

Subclass `LanguageContract` in a test module and give it a handful of programs; pytest collects the rest::

    class TestLua(LanguageContract):
        programs = Programs(
            language="lua", prints='print("hello")', fails='print("before")\\nerror("boo")  -- HERE', ...
        )

Every block is run as posts run it, in a kernel of its own site. Needs Linux or macOS and the ``test`` extra.
"""

from .bench import Bench, Programs, line_of, printed, running, wait_for
from .contract import LanguageContract

__all__ = ["Bench", "LanguageContract", "Programs", "line_of", "printed", "running", "wait_for"]
