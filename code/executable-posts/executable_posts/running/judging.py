"""Judge what a block or an inline value gave, and say what is wrong at the post's line."""

from __future__ import annotations

from ..errors import PostError
from ..reading.blocks import Block
from ..reading.post import Post
from ..reading.prose import Value
from .kernel import Failure, Result, Runner

CONTEXT_LINES = 3


def check(post: Post, block: Block, result: Result) -> None:
    """Raise PostError when a block failed, or did not fail though its tags say that it must."""
    failure = result.failure
    if failure is None and not block.info.caption and _shows_picture(block, result):
        raise PostError(
            post.label,
            block.fence_line,
            "a picture without a text alternative",
            'say what it shows: caption="..." name="fig-..." on the fence',
        )
    promised = "raises-exception" in block.info.tags
    if promised and failure is None:
        raise PostError(
            post.label,
            block.line,
            "this block is tagged raises-exception and did not raise",
            "remove the tag, or make it raise again",
        )
    if failure is None or (promised and failure.kind == "error"):
        return
    mend = failure.mend or {
        "timeout": "make the block shorter, or set a longer timeout in [tool.executable_posts]",
        "flood": "print or show less, or write to a file",
        "died": "run the block alone to see why; a crash in C code, os._exit or a system short of memory ends the kernel",
    }.get(failure.kind, "correct the block; `pytest` runs the same code")
    if failure.message.split(":")[0] == "SystemExit":
        mend = "let the block run to its end: a post's blocks share one kernel, which nothing may leave"
    if failure.message.startswith("ModuleNotFoundError"):
        mend = "install the package that has it, in the environment that builds the site"
    detail = excerpt(post, block, failure.line)
    if failure.text:
        detail += "\n\n" + failure.text
    said = "".join(
        o["text"] for o in result.outputs if o["output_type"] == "stream" and o["name"] == "stderr"
    )
    if said and not block.speaks.shares_state:
        detail += "\n\n" + said[-2000:]
    raise PostError(post.label, failure.line or block.line, failure.message.split("\n")[0], mend, detail)


def _shows_picture(block: Block, result: Result) -> bool:
    if {"remove-cell", "remove-output"} & set(block.info.tags):
        return False
    return any(kind.startswith("image/") for output in result.outputs for kind in output.get("data", ()))


def excerpt(post: Post, block: Block, line: int) -> str:
    """Show a block's source around a line of the post, numbered, the line marked."""
    lines = block.source.split("\n")
    last = block.line + len(lines) - 1
    line = line if block.line <= line <= last else block.line
    first = max(block.line, line - CONTEXT_LINES)
    shown = range(first, min(last, line + CONTEXT_LINES) + 1)
    return "\n".join(f"{'>' if n == line else ' '} {n:4} | {lines[n - block.line]}".rstrip() for n in shown)


def refuse_value(post: Post, value: Value, answer: Failure) -> PostError:
    """Make the error of an inline value that raised."""
    return PostError(
        post.label,
        value.line,
        f"{value.written or value.expression} {'raised ' if answer.kind == 'error' else ''}{answer.message}",
        "it is evaluated after the block above it: check the names it uses",
    )


def evaluate(runner: Runner, post: Post, after: int, timeout: float) -> list[str]:
    """Evaluate the inline values that follow a block; raise PostError at the line of one that raises."""
    wanted = post.values_after(after)
    answers = runner.inspect([v.expression for v in wanted], timeout)
    texts = []
    for value, answer in zip(wanted, answers, strict=True):
        if isinstance(answer, Failure):
            raise refuse_value(post, value, answer)
        texts.append(answer)
    return texts


def no_kernel(post: Post, error: RuntimeError | OSError) -> PostError:
    """Make the error of a kernel that did not come up."""
    if isinstance(error, OSError):
        mend = "make room in the folder for temporary files, or set TMPDIR to another one"
        where = f": {error.filename}" if error.filename else ""
        return PostError(post.label, 0, f"no kernel: {error.strerror}{where}", mend)
    mend = "run it again; if that does not help: `pip install --force-reinstall executable-posts`"
    return PostError(post.label, 0, f"no kernel: {error}", mend)
