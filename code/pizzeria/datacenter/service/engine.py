"""What a store's engine is: SQLite, PostgreSQL or another, as the writer of the store sees it."""

from pizzeria.datacenter.service.reservation import Refused


class StoreError(Refused):
    """The store could not write; the request may be tried again."""
