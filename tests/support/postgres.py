"""A PostgreSQL server of a test's own: started in an empty folder, killed, started again where it was, stopped."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from pizzeria.common.parent_watch import leash, unleash
from pizzeria.common.ports import HOST, held_port

READY_WITHIN = 60  # s; a bound
# A killed process loses nothing that its system knows of: no test here needs the disk.
OPTIONS = (
    "fsync=off",
    "shared_buffers=8MB",
    "max_connections=40",
    "autovacuum=off",
    "listen_addresses=" + HOST,
)


def programs():
    """Return the folder of the newest server's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class PostgresServer:
    """A server on a free loopback port; a context manager."""

    def available(self):
        """Return why there is none on this machine, or None."""
        return None if programs() else "PostgreSQL is not installed"

    def __enter__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="pizzeria-postgres-"))
        self.user, self.held = {}, ExitStack()
        if os.getuid() == 0:  # it refuses to run as root
            self.user = {"user": "postgres", "group": "postgres", "extra_groups": []}
            shutil.chown(self.folder, "postgres", "postgres")
        try:
            self.run("initdb", "-A", "trust", "-U", "pizza", "--no-sync", "--no-locale", "-E", "UTF8")
            self.port = self.held.enter_context(held_port())
            self.url = f"postgresql://pizza@{HOST}:{self.port}/postgres"
            self.restart()
        except BaseException:
            self.held.close()
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.end(signal.SIGINT)
        self.held.close()
        shutil.rmtree(self.folder)

    def run(self, program, *words):
        """Run one of its programs on its data."""
        command = [programs() / program, "-D", self.folder / "data", *words]
        subprocess.run(command, check=True, capture_output=True, cwd="/", **self.user)

    def restart(self):
        """Start it, where it was before, and wait until it answers."""
        options = [word for option in OPTIONS for word in ("-c", option)]
        command = [programs() / "postgres", "-D", self.folder / "data", "-p", str(self.port), *options]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*command, "-k", self.folder], stdout=log, stderr=log, cwd="/", **self.user
            )
        self.leash = leash(self.process.pid)
        deadline = time.monotonic() + READY_WITHIN
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "no answer"
            time.sleep(0.02)

    def answers(self):
        """Return whether it takes sessions: it says R (authentication), or E (an error: it is still starting)."""
        hello = b"\0\3\0\0user\0pizza\0database\0postgres\0\0"
        try:
            with socket.create_connection((HOST, self.port), 5) as link:
                link.sendall((len(hello) + 4).to_bytes(4, "big") + hello)
                answer = link.recv(1)
                link.sendall(b"X\0\0\0\4")
                return answer == b"R"
        except OSError:
            return False

    def kill(self):
        """End it as a crash does: every session is cut, nothing is tidied up."""
        self.end(signal.SIGQUIT)

    def end(self, how):
        """Send it this signal, and wait."""
        self.process.send_signal(how)
        unleash(self.leash)
        self.process.wait(READY_WITHIN)
