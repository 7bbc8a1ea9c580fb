"""Pack Python packages as a wheel, the same bytes for the same sources."""

from __future__ import annotations

import base64
import hashlib
import re
import zipfile
from pathlib import Path

_WHEN = (1980, 1, 1, 0, 0, 0)  # the oldest date a zip file knows


def write_archive(path: Path, files: dict[str, bytes]) -> None:
    """Write a zip file of name -> content, without dates."""
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name], compresslevel=9)


def write_wheel(folder: Path, name: str, version: str, files: dict[str, bytes]) -> Path:
    """Write ``NAME-VERSION-py3-none-any.whl`` into a folder; files: path inside the wheel -> content."""
    info = f"{name}-{version}.dist-info"
    whole = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: executable_posts\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = [f"{path},sha256={_digest(whole[path])},{len(whole[path])}" for path in sorted(whole)]
    whole[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    write_archive(wheel, whole)
    return wheel


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def source_root(path: Path) -> Path:
    """Find the folder from which a package, subpackage or module is imported."""
    folder = path.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def module_files(places: list[Path]) -> dict[Path, bytes]:
    """Read packages and modules, and whatever they import from beside themselves; return path -> content.

    The ``__init__`` of every package on the way comes along. Imports inside functions count: a page may call these.
    """
    waiting = [p for place in places for p in ([place] if place.is_file() else place.rglob("*.py"))]
    roots = {source_root(place) for place in places}
    found: dict[Path, bytes] = {}
    while waiting:
        path = waiting.pop()
        if path in found or "__pycache__" in path.parts:
            continue
        found[path] = path.read_bytes()
        root = source_root(path)
        package = path.parent
        while package != root:
            waiting.append(package / "__init__.py")
            package = package.parent
        for name in imported(found[path].decode("utf-8"), path, root):
            waiting += [p for base in roots if (p := find_module(name, base))]
    return found


def find_module(name: str, root: Path) -> Path | None:
    """Find the file of a module below a source root."""
    base = root.joinpath(*name.split("."))
    return next((p for p in (base.with_suffix(".py"), base / "__init__.py") if p.is_file()), None)


_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)|import[ \t]+([^\n#]*))",
    re.MULTILINE,
)


def imported(source: str, path: Path, root: Path) -> set[str]:
    """List the full names of modules that a source may import; more than it does, never less."""
    found: set[str] = set()
    parts = path.relative_to(root).parts[:-1]
    for module, names, plain in _IMPORT.findall(source):
        if plain:
            found.update(part.split()[0] for part in plain.split(",") if part.strip())
            continue
        level = len(module) - len(module.lstrip("."))
        base = [*parts[: len(parts) - level + 1], module[level:]] if level else [module]
        name = ".".join(part for part in base if part)
        found.add(name)
        found.update(f"{name}.{part.split()[0]}" for part in names.strip("()").split(",") if part.strip())
    return found
