"""How the servers' board ends: whoever is inside a server then is answered, however long the drain takes."""

import contextlib
import json
import os
import signal
import subprocess
import sys

import pytest

from pizzeria.common.subprocesses import Drain
from support.datacenter import SOON, Server, eventually, post, read_all, status_of

# The patience beyond the drain is next to nothing: who does not wait for the drain kills the server in the middle of it.
COMMAND = """
import sys
from pizzeria.cli import main
from pizzeria.datacenter.measure import started
started.STOP_WITHIN = 0.1
sys.exit(main(["datacenter", "serve", "--open", "--server", "loop", "--deadline=60", "--credentials-ms=2000"]))
"""


class Known(Server):
    """A server that somebody else has started, by its ready line."""

    def __init__(self, ready):
        self.port, self.pid = ready["port"], ready["pid"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the data centre's servers need a Unix")
def test_a_drain_is_waited_for():
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND], env={**os.environ, "BROWSER": "true"}, **pipes
    ) as board:
        try:
            server = Known(json.loads(board.stdout.readline()))
            assert board.stderr.readline().startswith(b"the board: ")
            said = Drain(board.stderr)
            client = server.raw(post())
            assert eventually(lambda: server.metric("reservations_in_flight") == 1)
            board.send_signal(signal.SIGINT)
            assert status_of(read_all(client)) == 201
            assert board.wait(SOON) == 0, said.last_words()
        finally:
            with contextlib.suppress(ProcessLookupError):
                board.kill()
