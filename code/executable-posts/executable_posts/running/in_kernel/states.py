"""What modules remember besides the names of a post: seeds, the environment, filters, and what the site's own modules hold."""

from __future__ import annotations

import hashlib
import signal
import sys
import types
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from .fingerprint import fingerprint

# Packages that a kernel is made of.
HOSTS = ("ipykernel", "tornado", "zmq", "jupyter_client", "traitlets", "IPython", "executable_posts")
MOST = 4_000  # parts of one module that are looked at


def _environment(os: Any) -> object:
    try:
        folder = os.getcwd()
    except OSError:
        folder = ""
    return sorted(os.environ._data.items()), folder


_by_imports: list[
    object
] = []  # filters of warnings that modules set when they are imported, whoever imports them first


def tell_filters_apart() -> None:
    """Note from now on which filters of warnings are set by an import that is going on."""
    usual = getattr(warnings, "_add_filter", None)
    if usual is None:
        return

    def add_filter(*item: Any, append: bool) -> None:
        frame = sys._getframe(1)
        while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back  # type: ignore[assignment]  # the last one has none
        if frame is not None and item not in warnings.filters:
            _by_imports.append(item)
        usual(*item, append=append)

    warnings._add_filter = add_filter  # type: ignore[attr-defined]  # it has no public name


def _rc_params(matplotlib: Any) -> object:
    # As a plain dictionary: matplotlib's own way to an item takes ten times as long, and may choose a backend.
    told = dict.items(getattr(matplotlib, "rcParams", {}))
    # But for those that `chartdata` sets when the first chart is shown.
    return sorted(str(item) for item in told if item[0] not in ("svg.fonttype", "svg.hashsalt"))


def _numbers(numpy: Any) -> object:
    if "numpy.random" not in sys.modules:
        return None
    name, keys, *rest = numpy.random.get_state()
    return name, keys.tobytes(), rest  # an array says its numbers one by one


# The one in C: the one around it looks for a handler's name in an enumeration.
_getsignal = getattr(sys.modules.get("_signal"), "getsignal", signal.getsignal)
_SIGNALS = sorted(int(number) for number in signal.valid_signals() - {getattr(signal, "SIGCHLD", None)})


def _handlers(signal: Any) -> object:
    found = {}
    for number in _SIGNALS:
        handler = _getsignal(number)
        # A kernel changes its own from cell to cell.
        hosts = number == signal.SIGINT and (
            handler is signal.default_int_handler
            or (getattr(handler, "__module__", "") or "").startswith(HOSTS)
        )
        found[number] = "the kernel's" if hosts else str(handler).partition(" at ")[0]
    return sorted(found.items())


# Standard and other modules with a state that changes what others get: its name -> what it is now.
KNOWN: dict[str, Callable[[Any], object]] = {
    "os": _environment,
    "random": lambda m: m.getstate(),
    "numpy": _numbers,
    "warnings": lambda m: sorted(str(one) for one in m.filters if one not in _by_imports),
    "locale": lambda m: m.setlocale(m.LC_ALL),
    "decimal": lambda m: m.getcontext(),
    "sys": lambda m: (m.path, m.getrecursionlimit(), m.getswitchinterval()),
    "logging": lambda m: (m.root.level, len(m.root.handlers), m.root.manager.disable),
    "matplotlib": _rc_params,
    "asyncio": lambda m: type(m.get_event_loop_policy()).__qualname__ if sys.version_info < (3, 14) else None,
    "signal": _handlers,
}


def known() -> dict[str, str]:
    """Give the state of every known module that is imported: name -> digest."""
    found = {}
    for name, look in KNOWN.items():
        module = sys.modules.get(name)
        if module is not None:
            found[name] = digest(look, module)
    return found


def digest(look: Callable[[Any], object], module: object) -> str:
    """Hash a state."""
    try:
        said = repr(look(module))
    except Exception:
        said = "?"
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def of_module(module: types.ModuleType) -> str:
    """Hash what a module of the site holds: its values, and those of its classes."""
    return fingerprint(_holds(vars(module), module.__name__), {}, MOST).digest


def _is_part(value: object, module: str) -> bool:
    """Tell whether a value is a module inside of a package: the first import of it, wherever it is, puts it there."""
    return isinstance(value, types.ModuleType) and value.__name__.startswith(f"{module}.")


def _holds(names: Mapping[str, Any], module: str) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for name, value in list(names.items()):
        if name.startswith("__") or _is_part(value, module):
            continue
        if isinstance(value, type) and value.__module__ == module and "." not in value.__qualname__:
            inside = {
                n: v for n, v in list(vars(value).items()) if not callable(v) and not n.startswith("__")
            }
            held[name] = {n: v for n, v in inside.items() if not hasattr(v, "__get__")}
        else:
            held[name] = value
    return held
