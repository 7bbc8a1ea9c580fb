"""From a save to the new page, where a tool has a preview: what an author waits for, all day long."""

from __future__ import annotations

import shutil
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from pizzeria.common.ports import held_port

from .catalog import Peer
from .document import Content
from .installing import Environment
from .timing import Failed

PATIENCE = 60  # seconds
GLANCE = 0.01  # seconds between two looks at the page


def previewed(peer: Peer, environment: Environment, content: Content, folder: Path) -> dict[str, float]:
    """Start a tool's preview, save one edit after the other, and wait for each to be on the page; give seconds by edit."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    peer.lay_out(folder, content.documents)
    with held_port() as port:
        return _saves(peer, environment, content, folder, port)


def _saves(
    peer: Peer, environment: Environment, content: Content, folder: Path, port: int
) -> dict[str, float]:
    words = [word.format(port=port) for word in peer.preview]
    program = shutil.which(words[0], path=environment.variables["PATH"]) or words[0]
    first = content.documents[0]
    shown = peer.shown.format(name=first.name).split("/", 1)[1].removesuffix("index.html")
    address = f"http://127.0.0.1:{port}/{shown}"
    log = folder.parent / "preview.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [program, *words[1:]],
            cwd=folder,
            env=environment.variables,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        try:
            _wait_for(address, content.shown, process)
            found = {}
            for name, (edited, text) in content.edits.items():
                source = peer.source(folder, edited.name)
                begun = time.monotonic()
                source.write_text(peer.write(edited), encoding="utf-8")
                _wait_for(address, text, process)
                found[name] = round(time.monotonic() - begun, 3)
                source.write_text(peer.write(first), encoding="utf-8")
                _wait_for(address, text, process, gone=True)
            return found
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(address: str, text: str, process: subprocess.Popen[bytes], gone: bool = False) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise Failed(f"the preview ended with {process.returncode}")
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
                page = answer.read().decode("utf-8", "replace")
            if (text in page) is not gone:
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        time.sleep(GLANCE)
    raise Failed(f"{address} did not show {text!r} within {PATIENCE} s")
