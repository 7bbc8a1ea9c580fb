"""Hand the board's page to a browser on this machine, and nothing else to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pizzeria.common.page_server import Page, board_files, serve_page

FOLDER = Path(__file__).parent
FILES = board_files(FOLDER)


@contextmanager
def serve_board(ws_url: str, port: int = 0, kitchen: str = "") -> Iterator[str]:
    """Serve the board of the kitchen of this name at this broker (ws:// or wss://) while the block lasts; give the page's address.

    The page is told the broker's user and password, so its address holds a secret: print it to the user only.
    Raises `ValueError` for another kind of address and `OSError` when the port is taken.
    """
    parts = urlsplit(ws_url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise ValueError("the board needs the broker's WebSocket address: ws://HOST:PORT/mqtt")
    origin = f"{parts.scheme}://{parts.netloc.split('@')[-1]}"
    broker = {
        "url": f"{origin}{parts.path or '/mqtt'}",
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "prefix": f"{kitchen}/" if kitchen else "",
    }
    with serve_page(Page(FILES, {"broker.json": broker}, connect=origin), port) as address:
        yield address
