"""What the tests of ledgers share: places whose clock the test moves on, facts, and a holder in a process of his own."""

import time

from pizzeria.ovens.expediter.ledger import LedgerError, open_ledger
from pizzeria.ovens.expediter.postgres_ledger import PostgresLedger
from pizzeria.ovens.expediter.sqlite_ledger import SqliteLedger
from pizzeria.ovens.expediter.state import LedgerFact

LONG = 600.0  # s of tenure: whoever leads sooner did not wait for its end


class SqliteStore:
    """A place for one ledger, whose clock the test moves on."""

    def __init__(self, where):
        self.where, self.passed = where, 0.0

    def open(self):
        return SqliteLedger(self.where, clock=lambda: time.monotonic() + self.passed)


class PostgresStore(SqliteStore):
    def open(self):
        class Later(PostgresLedger):
            now = property(lambda ledger: f"(clock_timestamp() + make_interval(secs => {self.passed}))")

        return Later(self.where)


def fact(number, order=1):
    return LedgerFact(number, 1000.0 + number / 8, "asked", order, "prepare", "kitchen", 0, 15.0, 0.5)


def held(where, scale=0.02, durable=False):
    """Return the ledger at this path or address, acquired; raise `LedgerError` when another expediter holds it."""
    ledger = open_ledger(where, scale, durable)
    if not ledger.acquire():
        ledger.release()
        raise LedgerError(f"another expediter holds {ledger.name}")
    return ledger


def patient(where):
    """Return a ledger whose epochs last ten minutes."""
    ledger = open_ledger(where)
    ledger.tenure = LONG
    return ledger


HOLDER = """
import os, signal, sys
from pizzeria.ovens.expediter.ledger import LedgerError, open_ledger
ledger = open_ledger(sys.argv[1])
ledger.tenure = float(sys.argv[2])
assert ledger.acquire()
print("leads", flush=True)
sys.stdin.read()
"""
