"""PostgreSQL, for those who outgrow a file: what is an address of it, its driver, and its words in one line."""

from __future__ import annotations

from types import ModuleType
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


def first_words(error: Exception) -> str:
    """Return what an error of the driver says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def without_credentials(address: str) -> str:
    """Return an address fit for a log: no user, no password, no options, which may hold one."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
