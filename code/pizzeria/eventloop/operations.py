"""What both proactors share: an operation, its completion, and how the one is asked for and the other read."""

from typing import Any, NamedTuple

from pizzeria.eventloop.pollers import READ, WRITE

AT_POSITION = -1  # the offset that means: where the file stands, which is all that a pipe knows


class Operation:
    """What was submitted: a kind, a descriptor, and the token its completion will carry."""

    __slots__ = ("args", "done", "fd", "kind", "needs", "timer", "token")

    def __init__(self, kind, fd, needs, token, *args):
        self.kind, self.fd, self.needs, self.token, self.args = kind, fd, needs, token, args
        self.done, self.timer = False, None

    def __repr__(self):
        return f"<{self.kind} on {self.fd}{' (done)' if self.done else ''}>"


class Completion(NamedTuple):
    """The news that an operation is done: its result, or the error it ended with."""

    token: Any
    result: Any
    error: OSError | None
    operation: Operation | None

    def value(self):
        """Return the result, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.result


class Proactor:
    """What both kinds share: the operations there are, and what they mean."""

    def recv(self, sock, size, token=None):
        """Start to receive at most `size` bytes; the result is `bytes`, empty when the peer has finished."""
        return self.submit(Operation("recv", self._fd(sock), READ, token, _positive(size)))

    def send(self, sock, data, token=None):
        """Start to send; the result is how many bytes were taken, which may be fewer than there are."""
        return self.submit(Operation("send", self._fd(sock), WRITE, token, bytes(data)))

    def accept(self, listener, token=None):
        """Start to accept; the result is the connected socket, yours to close."""
        return self.submit(Operation("accept", self._fd(listener), READ, token))

    def read(self, fileobj, size, offset=AT_POSITION, token=None):
        """Start to read a file (from `offset`) or a pipe; the result is `bytes`, empty at the end."""
        return self.submit(Operation("read", self._fd(fileobj), READ, token, _positive(size), offset))

    def write(self, fileobj, data, offset=AT_POSITION, token=None):
        """Start to write to a file (at `offset`) or a pipe; the result is how many bytes were taken."""
        return self.submit(Operation("write", self._fd(fileobj), WRITE, token, bytes(data), offset))

    def timeout(self, delay, token=None):
        """Start to wait `delay` seconds; the result is None."""
        if not 0 <= delay < float("inf"):
            raise ValueError(f"cannot wait {delay} s: a delay is finite and at least 0")
        return self.submit(Operation("timeout", None, 0, token, delay))

    @staticmethod
    def _fd(fileobj):
        fd = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        if fd < 0:
            raise ValueError(f"{fileobj!r} is closed: it has no descriptor any more")
        return fd

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _positive(size):
    if size < 1:
        raise ValueError(f"cannot ask for {size} bytes")
    return size
