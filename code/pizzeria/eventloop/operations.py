"""What both proactors share: an operation, its completion, and how the one is asked for and the other read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

from pizzeria.eventloop.pollers import READ, WRITE, FileDescriptor

if TYPE_CHECKING:
    from pizzeria.eventloop.handles import Handle


NO_DESCRIPTOR = -1  # of a timeout: it watches none
AT_POSITION = -1  # the offset that means: where the file stands, which is all that a pipe knows


class Operation:
    """What was submitted: a kind, a descriptor, and the token its completion will carry."""

    __slots__ = ("args", "done", "fd", "kind", "needs", "timer", "token")

    def __init__(self, kind: str, fd: int, needs: int, token: object, *args: Any) -> None:
        self.kind, self.fd, self.needs, self.token, self.args = kind, fd, needs, token, args
        self.done = False
        self.timer: Handle | None = None

    def __repr__(self) -> str:
        return f"<{self.kind} on {self.fd}{' (done)' if self.done else ''}>"


class Completion(NamedTuple):
    """The news that an operation is done: its result, or the error it ended with."""

    token: Any
    result: Any
    error: OSError | None
    operation: Operation | None

    def value(self) -> Any:
        """Return the result, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.result


class Proactor:
    """What both kinds share: the operations there are, and what they mean."""

    kind: str

    @property
    def pending(self) -> int:
        """Count the operations that have not completed."""
        raise NotImplementedError

    def submit(self, operation: Operation) -> Operation:
        """Start `operation` and return it."""
        raise NotImplementedError

    def cancel(self, operation: Operation) -> None:
        """Give up on `operation`: unless it is done already, it completes with ECANCELED."""
        raise NotImplementedError

    def post(self, token: object, result: object = None) -> None:
        """Put a completion of your own onto the queue, from any thread."""
        raise NotImplementedError

    def completions(self, timeout: float | None = None) -> list[Completion]:
        """Wait until something has completed, at most `timeout` seconds; return all completions there are."""
        raise NotImplementedError

    def close(self) -> None:
        """Cancel whatever is pending and give back what it holds."""
        raise NotImplementedError

    def recv(self, sock: FileDescriptor, size: int, token: object = None) -> Operation:
        """Start to receive at most `size` bytes; the result is `bytes`, empty when the peer has finished."""
        return self.submit(Operation("recv", self._fd(sock), READ, token, _positive(size)))

    def send(self, sock: FileDescriptor, data: bytes, token: object = None) -> Operation:
        """Start to send; the result is how many bytes were taken, which may be fewer than there are."""
        return self.submit(Operation("send", self._fd(sock), WRITE, token, bytes(data)))

    def accept(self, listener: FileDescriptor, token: object = None) -> Operation:
        """Start to accept; the result is the connected socket, yours to close."""
        return self.submit(Operation("accept", self._fd(listener), READ, token))

    def read(
        self, fileobj: FileDescriptor, size: int, offset: int = AT_POSITION, token: object = None
    ) -> Operation:
        """Start to read a file (from `offset`) or a pipe; the result is `bytes`, empty at the end."""
        return self.submit(Operation("read", self._fd(fileobj), READ, token, _positive(size), offset))

    def write(
        self, fileobj: FileDescriptor, data: bytes, offset: int = AT_POSITION, token: object = None
    ) -> Operation:
        """Start to write to a file (at `offset`) or a pipe; the result is how many bytes were taken."""
        return self.submit(Operation("write", self._fd(fileobj), WRITE, token, bytes(data), offset))

    def timeout(self, delay: float, token: object = None) -> Operation:
        """Start to wait `delay` seconds; the result is None."""
        if not 0 <= delay < float("inf"):
            raise ValueError(f"cannot wait {delay} s: a delay is finite and at least 0")
        return self.submit(Operation("timeout", NO_DESCRIPTOR, 0, token, delay))

    @staticmethod
    def _fd(fileobj: FileDescriptor) -> int:
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        if fd < 0:
            raise ValueError(f"{fileobj!r} is closed: it has no descriptor any more")
        return fd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _positive(size: int) -> int:
    if size < 1:
        raise ValueError(f"cannot ask for {size} bytes")
    return size
