"""One program three times: call a supplier, hear the price, order that much. Callbacks, generators, async/await.

Each runs on our reactor and does the same: send a question over a socket, receive the answer, wait a moment (the order is
written down), send the order, receive the confirmation. What differs is who remembers where we were.
"""

from __future__ import annotations

import inspect
import socket
from collections.abc import Callable, Generator
from typing import Any, TypeAlias

from pizzeria.eventloop.reactor import READ, Reactor
from pizzeria.eventloop.world import World, real_loop

PAUSE = 0.001
Done: TypeAlias = Callable[[int, str], object]
Program: TypeAlias = Generator[socket.socket | float, None, tuple[int, str]]


# Callbacks: the program is cut wherever it waits, and what it must remember travels in closures.
def with_callbacks(reactor: Reactor, line: socket.socket, done: Done) -> None:
    def ask() -> None:
        line.send(b"price?")
        reactor.register(line, READ, hear_price)

    def hear_price(fd: int, events: int) -> None:
        price = int(line.recv(64))
        reactor.unregister(line)
        reactor.call_later(PAUSE, order, price)

    def order(price: int) -> None:
        line.send(b"buy %d" % price)
        reactor.register(line, READ, lambda fd, events: confirm(price))

    def confirm(price: int) -> None:
        answer = line.recv(64).decode()
        reactor.unregister(line)
        done(price, answer)

    ask()


# Generators: the program is whole again. It yields what it waits for; a driver of ten lines sends it back in.
def with_generators(line: socket.socket) -> Program:
    line.send(b"price?")
    yield line
    price = int(line.recv(64))
    yield PAUSE
    line.send(b"buy %d" % price)
    yield line
    return price, line.recv(64).decode()


def drive(reactor: Reactor, program: Program, done: Done) -> None:
    waits_for: list[socket.socket] = []

    def go_on(*_: object) -> None:
        while waits_for:
            reactor.unregister(waits_for.pop())
        try:
            wanted = next(program)
        except StopIteration as end:
            done(*end.value)
            return
        if isinstance(wanted, float):
            reactor.call_later(wanted, go_on)
        else:
            reactor.register(wanted, READ, go_on)
            waits_for.append(wanted)

    go_on()


# async/await: the same generator, with a word for what it does.
async def with_await(world: World, line: socket.socket) -> tuple[int, str]:
    await world.send(line, b"price?")
    price = int(await world.recv(line, 64))
    await world.loop.sleep(PAUSE)
    await world.send(line, b"buy %d" % price)
    return price, (await world.recv(line, 64)).decode()


def supplier(reactor: Reactor, line: socket.socket) -> None:
    """Answer at the other end of the line, always by callback."""

    def answer(fd: int, events: int) -> None:
        question = line.recv(64)
        line.send(b"12" if question == b"price?" else b"sold for " + question[4:])

    reactor.register(line, READ, answer)


def all_three() -> dict[str, tuple[int, str]]:
    """Run the program in each style on a reactor of its own; return ``{style: (price, answer)}``."""
    results: dict[str, tuple[int, str]] = {}
    for style in ("callbacks", "generators", "async/await"):
        ours, theirs = socket.socketpair()
        with ours, theirs, Reactor() as reactor:
            ours.setblocking(False)
            supplier(reactor, theirs)

            def done(*result: Any, style: str = style, reactor: Reactor = reactor) -> None:
                results[style] = result
                reactor.stop()

            if style == "callbacks":
                with_callbacks(reactor, ours, done)
                reactor.run()
            elif style == "generators":
                drive(reactor, with_generators(ours), done)
                reactor.run()
            else:
                loop = real_loop(reactor)
                done(*loop.complete(with_await(World(loop, reactor), ours)))
    return results


def listing(style: str) -> str:
    """Return the source of one style: "callbacks", "generators" or "async/await"."""
    functions = {
        "callbacks": (with_callbacks,),
        "generators": (with_generators, drive),
        "async/await": (with_await,),
    }
    return "\n\n\n".join(inspect.getsource(function).rstrip() for function in functions[style])
