"""Pack Python packages as a wheel, the same bytes for the same sources."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

_WHEN = (1980, 1, 1, 0, 0, 0)  # the oldest date a zip file knows


def write_archive(path: Path, files: dict[str, bytes]) -> None:
    """Write a zip file of name -> content, without dates."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name])


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


def package_files(path: Path) -> dict[Path, bytes]:
    """Read the Python files of a package or module, with the ``__init__`` of every package it lies in."""
    found = [path] if path.is_file() else [p for p in path.rglob("*.py") if "__pycache__" not in p.parts]
    folder = path.parent
    while (folder / "__init__.py").is_file():
        found.append(folder / "__init__.py")
        folder = folder.parent
    return {p: p.read_bytes() for p in found}
