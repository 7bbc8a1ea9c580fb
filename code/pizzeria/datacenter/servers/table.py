"""The table of servers: all take the same settings, say the same ready line, pass the same tests.

A row is a name, the module whose ``serve(settings)`` runs it, and what it is. A server in another language joins with a
module that starts its program.
"""

SERVERS = {
    "pool": ("pizzeria.datacenter.servers.pool", "a thread accepts, a pool of threads serves"),
    "threads": ("pizzeria.datacenter.servers.threads", "a thread for every connection"),
    "processes": ("pizzeria.datacenter.servers.processes", "a process for every connection"),
    "loop": ("pizzeria.datacenter.servers.loop_server", "our own reactor and event loop, one thread"),
    "asio": ("pizzeria.datacenter.servers.asio", "C++ on Boost.Asio, coroutines, one thread"),
    "asio-callbacks": ("pizzeria.datacenter.servers.asio", "C++ on Boost.Asio, callbacks, one thread"),
    "asyncio": ("pizzeria.datacenter.servers.asyncio_server", "asyncio, one thread"),
    "twisted": ("pizzeria.datacenter.servers.twisted_server", "Twisted, one thread"),
    "uvloop": ("pizzeria.datacenter.servers.asyncio_server", "asyncio on uvloop, one thread"),
}
