"""The namesakes: Apache httpd in its three ways of working, nginx and Node.js, in front of one slow upstream.

Each proxies to the same upstream, which answers after a wait, and runs in two ways. *As shipped*: no limit is named, so
each has the one that its makers compiled in (a distribution's configuration may have others). *Lifted*: whatever would
refuse or queue a crowd of a thousand is out of the way, for everybody. Nothing of a system's own configuration is used
or touched.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from pizzeria.common.ports import held_port
from pizzeria.common.subprocesses import Drain, stop

SLOW = """
const answer = '{"done": true}';
const server = require('http').createServer((request, response) => {
  request.resume();
  response.setHeader('Content-Length', answer.length);
  request.on('end', () => setTimeout(() => response.end(answer), UPSTREAM));
});
server.keepAliveTimeout = 600000;
server.listen(PORT, '127.0.0.1', 4096);
"""
NODE = """
const http = require('http');
const server = http.createServer((request, response) => {
  const { method, url: path, headers } = request;
  const asked = http.request({ host: '127.0.0.1', port: UPSTREAM, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  asked.on('error', () => response.destroy());
  request.pipe(asked);
});
LISTEN
"""
NODE_AS_SHIPPED = {"LISTEN": "server.listen(PORT, '127.0.0.1');"}
NODE_LIFTED = {"LISTEN": "server.keepAliveTimeout = 600000;\nserver.listen(PORT, '127.0.0.1', 4096);"}
NGINX = """
daemon off; pid FOLDER/pid; error_log FOLDER/error.log;
events { CONNECTIONS }
http {
  access_log off; client_body_temp_path FOLDER/a; proxy_temp_path FOLDER/b; fastcgi_temp_path FOLDER/c;
  uwsgi_temp_path FOLDER/d; scgi_temp_path FOLDER/e; REQUESTS
  upstream slow { server 127.0.0.1:UPSTREAM; KEEP }
  server { listen 127.0.0.1:PORT BACKLOG; location / { proxy_pass http://slow; HEADERS } }
}
"""
NGINX_AS_SHIPPED = dict.fromkeys(("CONNECTIONS", "REQUESTS", "KEEP", "BACKLOG", "HEADERS"), "")
NGINX_LIFTED = {
    "CONNECTIONS": "worker_connections 20000;",
    "REQUESTS": "keepalive_requests 1000000;",
    "KEEP": "keepalive 10000;",
    "BACKLOG": "backlog=4096",
    "HEADERS": 'proxy_http_version 1.1; proxy_set_header Connection "";',
}
APACHE = """
ServerRoot FOLDER
ServerName localhost
Listen 127.0.0.1:PORT
PidFile FOLDER/pid
ErrorLog FOLDER/error.log
Mutex file:FOLDER default
LoadModule mpm_KIND_module MODULES/mod_mpm_KIND.so
<IfModule !unixd_module>
LoadModule unixd_module MODULES/mod_unixd.so
</IfModule>
LoadModule authz_core_module MODULES/mod_authz_core.so
LoadModule proxy_module MODULES/mod_proxy.so
LoadModule proxy_http_module MODULES/mod_proxy_http.so
USER
LIMITS
ProxyPass "/" "http://127.0.0.1:UPSTREAM/"
"""
# Everybody is there from the start: how fast a server hires is another question.
PREFORK_LIFTED = """
ListenBacklog 4096
MaxKeepAliveRequests 0
ServerLimit 1100
StartServers 1100
MaxSpareServers 1100
MaxRequestWorkers 1100
"""
THREADED_LIFTED = """
ListenBacklog 4096
MaxKeepAliveRequests 0
ServerLimit 16
StartServers 16
ThreadLimit 100
ThreadsPerChild 100
MaxSpareThreads 1600
MaxRequestWorkers 1600
"""
STOP_WITHIN = 20.0  # s, then it is killed
MODULES = ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2")


Describe: TypeAlias = Callable[[str, int, float, bool], list[str] | None]
"""From a folder, a port, an upstream's port (or a wait in ms) and whether limits are lifted to a command, None when it is
not installed."""


def binary(*names: str) -> str | None:
    """Return where a program is installed, /usr/sbin included; None when it is not."""
    return next(
        filter(None, (shutil.which(n, path=os.defpath + ":/usr/sbin:/usr/local/bin") for n in names)), None
    )


def apache(kind: str) -> Describe:
    """Describe Apache httpd with the MPM `kind`."""

    def command(folder: str, port: int, upstream: float, lifted: bool) -> list[str] | None:
        modules = next((m for m in MODULES if Path(m, f"mod_mpm_{kind}.so").exists()), None)
        program = binary("apache2", "httpd")
        if not program or not modules:
            return None
        # A server started by root serves as somebody else, as shipped.
        user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
        limits = (PREFORK_LIFTED if kind == "prefork" else THREADED_LIFTED) if lifted else ""
        text = APACHE.replace("USER", user).replace("LIMITS", limits)
        text = fill(text, folder, port, upstream, KIND=kind, MODULES=modules)
        Path(folder, "httpd.conf").write_text(text)
        return [program, "-f", f"{folder}/httpd.conf", "-DFOREGROUND"]

    return command


def nginx(folder: str, port: int, upstream: float, lifted: bool) -> list[str] | None:
    """Describe nginx, which has one worker process unless it is told otherwise."""
    program = binary("nginx")
    text = fill(NGINX, folder, port, upstream, **(NGINX_LIFTED if lifted else NGINX_AS_SHIPPED))
    Path(folder, "nginx.conf").write_text(text)
    return [program, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"] if program else None


def node(folder: str, port: int, upstream: float, lifted: bool) -> list[str] | None:
    """Describe a proxy on Node.js, twenty lines of its own library."""
    return script(folder, fill(NODE, folder, port, upstream, **(NODE_LIFTED if lifted else NODE_AS_SHIPPED)))


def slow(folder: str, port: int, wait_ms: float, lifted: bool) -> list[str] | None:
    """Describe what all of them ask: Node.js again, which waits and answers; it has no limits that one could lift."""
    return script(folder, fill(SLOW, folder, port, wait_ms))


def script(folder: str, text: str) -> list[str] | None:
    program = binary("node", "nodejs")
    Path(folder, "server.js").write_text(text)
    return [program, f"{folder}/server.js"] if program else None


def fill(text: str, folder: str, port: int, upstream: float, **more: object) -> str:
    for name, value in {**more, "FOLDER": folder, "PORT": port, "UPSTREAM": upstream}.items():
        text = text.replace(name, str(value))
    return text


PROXIES: dict[str, Describe] = {
    "Apache prefork": apache("prefork"),
    "Apache worker": apache("worker"),
    "Apache event": apache("event"),
    "nginx": nginx,
    "Node.js": node,
}


@contextlib.contextmanager
def running(
    describe: Describe, upstream_or_wait: float, lifted: bool = False
) -> Iterator[tuple[int, int] | None]:
    """Run one of them, as shipped or with its limits `lifted`; yield ``(port, pid)``, or None when it is not installed."""
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder, held_port() as port:
        os.chmod(folder, 0o755)
        command = describe(folder, port, upstream_or_wait, lifted)
        if command is None:
            yield None
            return
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
        assert process.stderr is not None
        words = Drain(process.stderr)
        try:
            wait_for(port, process, words)
            yield port, process.pid
        finally:
            stop(process, STOP_WITHIN)
            words.thread.join(1.0)


def wait_for(port: int, process: subprocess.Popen[bytes], words: Drain, seconds: float = 15) -> None:
    """Wait until somebody listens; `ValueError` with what the program said when it ends instead."""
    due = time.monotonic() + seconds
    while time.monotonic() < due:
        if process.poll() is not None:
            raise ValueError(f"the program ended: {words.last_words()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    raise ValueError(f"the program does not listen after {seconds} s")
