"""What a page fetches to compile what a reader edited: a language's compiler, packed, in one folder of the site."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..languages import PageCompiler
from .npm_packages import lock_of, put_in_place

WORTH_PACKING = 20_000  # bytes; hosts compress what is small themselves, and often nothing else
KEEP = 2  # compilers of earlier builds that stay in the cache


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """Hold a compiler that pages fetch. folder: where it is; name: a folder name that changes with its content; title: as
    readers know it; size: bytes that are fetched of it."""

    folder: Path
    name: str
    title: str
    size: int


def packed(compiler: PageCompiler, modules: Path, base: Path) -> Compiler | None:
    """Pack a compiler below ``base``, or find it packed; None for one that no page runs. modules: what npm brought.

    Large files are gzipped, with ``.packed`` after their names: a host that knew what they are would unpack them, or pack
    them once more. ``manifest.json`` tells the bytes of each file.
    """
    if compiler.pack is None:
        return None
    source = compiler.folder / "compile.mjs"
    here = hashlib.sha256(source.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:6]
    name = f"{compiler.title}-{lock_of(compiler.folder)[:10]}{here}"
    folder = base / name
    if not (folder / "manifest.json").is_file():
        base.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".compiler-", dir=base))
        try:
            staging.chmod(0o755)
            shutil.copyfile(source, staging / source.name)
            for file, content in compiler.pack(modules).items():
                if len(content) >= WORTH_PACKING and not file.endswith((".js", ".mjs")):  # these are imported
                    # Without a date, so that the same is the same; the sixth level loses a thousandth and saves minutes.
                    (staging / f"{file}.packed").write_bytes(gzip.compress(content, 6, mtime=0))
                else:
                    (staging / file).write_bytes(content)
            sizes = {path.name: path.stat().st_size for path in sorted(staging.iterdir())}
            (staging / "manifest.json").write_text(json.dumps({"sizes": sizes}))
            put_in_place(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        _forget_old(base, compiler.title, folder)
    os.utime(folder)
    sizes = json.loads((folder / "manifest.json").read_text())["sizes"]
    return Compiler(folder=folder, name=name, title=compiler.title, size=sum(sizes.values()))


def _forget_old(base: Path, title: str, current: Path) -> None:
    made = sorted(base.glob(f"{title}-*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for folder in made[KEEP:]:
        if folder != current:
            shutil.rmtree(folder, ignore_errors=True)
