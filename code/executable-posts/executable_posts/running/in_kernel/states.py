"""What modules remember besides the names of a post: seeds, the environment, filters, and what the site's own modules hold."""

from __future__ import annotations

import hashlib
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from .fingerprint import fingerprint

MOST = 4_000  # parts of one module that are looked at


def _environment(os: Any) -> object:
    try:
        folder = os.getcwd()
    except OSError:
        folder = ""
    return sorted(os.environ._data.items()), folder


# Standard and other modules with a state that changes what others get: its name -> what it is now.
KNOWN: dict[str, Callable[[Any], object]] = {
    "os": _environment,
    "random": lambda m: m.getstate(),
    "numpy": lambda m: m.random.get_state() if "numpy.random" in sys.modules else None,
    "warnings": lambda m: m.filters,
    "locale": lambda m: m.setlocale(m.LC_ALL),
    "decimal": lambda m: m.getcontext(),
    "sys": lambda m: (m.path, m.getrecursionlimit(), m.getswitchinterval()),
    "logging": lambda m: (m.root.level, len(m.root.handlers), m.root.manager.disable),
    "matplotlib": lambda m: sorted(map(str, m.rcParams.items())) if hasattr(m, "rcParams") else None,
    "asyncio": lambda m: type(m.get_event_loop_policy()).__qualname__ if sys.version_info < (3, 14) else None,
    "signal": lambda m: [
        str(m.getsignal(s)).partition(" at ")[0] for s in m.valid_signals() if s != m.SIGCHLD
    ],
}


def known() -> dict[str, str]:
    """Give the state of every known module that is imported: name -> digest."""
    found = {}
    for name, look in KNOWN.items():
        module = sys.modules.get(name)
        if module is not None:
            try:
                said = repr(look(module))
            except Exception:
                said = "?"
            found[name] = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return found


def of_module(module: types.ModuleType) -> str:
    """Hash what a module of the site holds: its values, and those of its classes."""
    return fingerprint(_holds(vars(module), module.__name__), {}, MOST).digest


def _holds(names: Mapping[str, Any], module: str) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for name, value in list(names.items()):
        if name.startswith("__"):
            continue
        if isinstance(value, type) and value.__module__ == module and "." not in value.__qualname__:
            inside = {
                n: v for n, v in list(vars(value).items()) if not callable(v) and not n.startswith("__")
            }
            held[name] = {n: v for n, v in inside.items() if not hasattr(v, "__get__")}
        else:
            held[name] = value
    return held
