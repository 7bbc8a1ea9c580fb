"""The credentials service, with its faults, for tests."""

import contextlib
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pizzeria.common.subprocesses import stop
from support.datacenter import eventually


@contextlib.contextmanager
def credentials_service(delay_ms, faults=True):
    """Run one; yield its address."""
    command = [sys.executable, "-m", "pizzeria", "datacenter", "credentials", f"--delay-ms={delay_ms}"]
    with subprocess.Popen(command + ["--faults"] * faults, stdout=subprocess.PIPE, text=True) as service:
        try:
            yield json.loads(service.stdout.readline())["listening"]
        finally:
            stop(service)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"
YES, NO = (OK % (len(said), said) for said in (b'{"allowed": true}', b'{"allowed": false}'))
# What a credentials service may say to a user of that name, before it closes, and the status that the client gets.
LIES: dict[str, tuple[bytes, int]] = {
    "not-json": (OK % (3, b"yes"), 502),
    "not-text": (OK % (2, b"\xff\xfe"), 502),
    "nothing": (OK % (0, b""), 502),
    "a-list": (OK % (6, b"[true]"), 502),
    "a-number": (OK % (14, b'{"allowed": 1}'), 502),
    "too-deep": (OK % (50_000, b"[" * 50_000), 502),
    "too-much": (OK % (200_000, b'{"allowed": true' + b" " * 199_983 + b"}"), 502),
    "headers-without-end": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000, 502),
    "not-found": (YES.replace(b"200 OK", b"404 Not Found"), 502),
    "our-mistake": (YES.replace(b"200 OK", b"500 Oops"), 502),
    "elsewhere": (b"HTTP/1.1 302 Found\r\nLocation: /yes\r\nContent-Length: 0\r\n\r\n", 502),
    "no-content": (b"HTTP/1.1 204 No Content\r\n\r\n", 502),
    "not-http": (b"SSH-2.0-OpenSSH_9.2\r\n", 502),
    "bytes": (bytes(range(256)) * 8, 502),
    "two-lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\nContent-Length: 3\r\n\r\n" + YES[-17:], 502),
    "half-a-head": (YES[:20], 502),
    "half-a-body": (YES[:-5], 502),
    "half-a-chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{", 502),
    "gone": (b"", 503),
    "until-it-closes": (b"HTTP/1.1 200 OK\r\n\r\n" + YES[-17:], 201),
    "in-chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n" + YES[-17:] + b"\r\n0\r\n\r\n", 201),
}  # fmt: skip


@contextlib.contextmanager
def liars():
    """Run a credentials service in this process that says to a user what `LIES` has; yield its address.

    `silent` gets no answer, `dripping` one that never ends, `half` the half of one and no more; `twice` gets a no, and a
    yes that nobody asked for; everybody else a yes. Links are kept where nothing was wrong.
    """
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            user = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["user"]
            said, _ = LIES.get(user, (YES, 201))
            with contextlib.suppress(OSError):
                if user == "silent":
                    over.wait()
                elif user == "dripping":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                    while not over.wait(0.02):
                        self.wfile.write(b" ")
                elif user == "half":
                    self.wfile.write(YES[:-5])
                    over.wait()
                else:
                    self.wfile.write(NO + YES if user == "twice" else said)
            self.close_connection = user in LIES or over.is_set()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as service:
        serving = threading.Thread(target=service.serve_forever)
        serving.start()
        try:
            yield f"http://127.0.0.1:{service.server_port}"
        finally:
            over.set()
            service.shutdown()
            serving.join()


class Gate:
    """A credentials service that counts who asks, and lets nobody go until it is opened: no test has to hit a moment."""

    def __init__(self):
        self.asked, self.lock, self.opened = 0, threading.Lock(), threading.Event()
        self.url = ""

    def holds(self, count):
        """Wait until so many have asked; return whether they did in time."""
        return eventually(lambda: self.asked >= count)

    def open(self):
        """Let everybody go, now and later."""
        self.opened.set()


@contextlib.contextmanager
def gate():
    """Run a `Gate` in this process; it is opened at the end, whatever happened."""
    held = Gate()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            with held.lock:
                held.asked += 1
            held.opened.wait()
            answer = b'{"allowed": true}'
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            with contextlib.suppress(ConnectionError):  # who asked may have gone meanwhile
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as service:
        held.url = f"http://127.0.0.1:{service.server_port}"
        serving = threading.Thread(target=service.serve_forever)
        serving.start()
        try:
            yield held
        finally:
            held.open()
            service.shutdown()
            serving.join()
