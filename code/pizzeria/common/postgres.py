"""PostgreSQL, for those who outgrow a file: what is an address of it, its driver, and its words in one line."""

from __future__ import annotations

from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

SCHEMES = ("postgresql://", "postgres://")


def is_postgres(where: str) -> bool:
    """Return whether this is the address of a PostgreSQL database, and not a path."""
    return where.startswith(SCHEMES)


def driver(what: str) -> ModuleType:
    """Return psycopg; raise `ValueError` with the mend when `what` cannot have it here."""
    try:
        import psycopg
    except ImportError:
        raise ValueError(f"a postgresql:// {what} needs psycopg: pip install 'psycopg[binary]'") from None
    return psycopg


def parsed(address: str, what: str) -> dict[str, Any]:
    """Return what an address says, by the driver's names; raise `ValueError`, without the address's secrets, when it is none."""
    psycopg = driver(what)
    try:
        found: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(address)
    except psycopg.Error:  # whose words quote what they could not read, and that may be a password
        mend = "in a user or password write what is special as %XX"
        raise ValueError(f"{without_credentials(address)} is no postgresql:// address: {mend}") from None
    return found


def first_words(error: Exception) -> str:
    """Return what an error of the driver says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def without_credentials(address: str) -> str:
    """Return an address fit for a log: no user, no password, no options, which may hold one."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"{address.partition(':')[0]}://..."
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
