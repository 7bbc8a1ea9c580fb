"""Records of outputs for tests: a pair with a difference of every kind, and any record at random."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from executable_posts.changes.change import Change
from executable_posts.changes.comparing import compare
from executable_posts.changes.record import Block, Output, Record, Value

CHART = "image/svg+xml"
ORDERS = "content/orders.md"


def said(text: str, form: str = "stdout") -> Output:
    return Output(form=form, text=text)


def block(name: str, line: int, *outputs: Output, **more: object) -> Block:
    return Block(name=name, line=line, outputs=outputs, **{"language": "python", "code": name, **more})


def chart(*rows: tuple[str, ...], digest: str = "d0") -> Output:
    return Output(form=CHART, digest=digest, size=2_048, pixels="460 × 345", tables=(rows,))


def value(expression: str, line: int, after: int, text: str) -> Value:
    return Value(expression=expression, line=line, after=after, text=text)


def before() -> Record:
    """Make the published record of the golden comparison."""
    waits = "10 clients   1.00 s\n100 clients  9.50 s\n"
    return Record(
        post=ORDERS,
        blocks=(
            block("setup", 8),
            block("served", 14, said("36 orders\n")),
            block("waits", 20, said(waits)),
            block("log", 26, said("".join(f"line {n}: all is well\n" for n in range(20)))),
            block("fig-rate", 60, chart(("clients", "one loop"), ("10", "380"), ("100", "370"))),
            block("fig-oven", 70, Output(form="image/png", digest="p0", size=12_300, pixels="640 × 480")),
            block("table", 80, Output(form="text/html", text="a b\n1 2", digest="h0", size=90)),
            block("old-name", 90, said("same")),
            block("gone", 95, said("farewell\nfor ever\n")),
            block("first", 100, said("1")),
            block("second", 104, said("2")),
            block("noisy", 110, said("took 3.1 s"), varies=True),
            block("near", 114, said("about 100 ms\n"), tolerance="5%"),
        ),
        values=(
            value('f"{rate:.0f}"', 16, 1, "36"),
            value("len(lost)", 22, 2, "0"),
            value("noise", 112, 11, "3.1 s"),
        ),
    )


def after() -> Record:
    """Make the record of the same post when something of every kind has changed."""
    waits = "10 clients   1.10 s\n100 clients  9.50 s\n"
    log = [f"line {n}: {'all is well' if n % 4 else 'it burns'}\n" for n in range(20)]
    return Record(
        post=ORDERS,
        blocks=(
            block("setup", 9),
            block("served", 15, said("40 orders\n")),
            block("waits", 21, said(waits), said("a warning\n", "stderr")),
            block("log", 27, said("".join(log))),
            block("fig-rate", 61, chart(("clients", "one loop"), ("10", "399"), ("100", "370"), digest="d1")),
            block("fig-oven", 71, Output(form="image/png", digest="p1", size=13_100, pixels="640 × 480")),
            block("table", 81, Output(form="text/html", text="a b\n1 2", digest="h1", size=91)),
            block("new-name", 91, said("same"), code="old-name"),
            block("second", 97, said("2")),
            block("first", 101, said("1")),
            block("noisy", 111, said("took 4.7 s"), varies=True),
            block("near", 115, said("about 104 ms\n"), tolerance="5%"),
            block("brand-new", 121, said("hello\nworld\n")),
        ),
        values=(
            value('f"{rate:.0f}"', 17, 1, "40"),
            value("len(lost)", 23, 2, "none"),
            value("noise", 113, 10, "4.7 s"),
            value("2 + 2", 123, 12, "4"),
        ),
    )


TEXTS = st.text(
    st.one_of(st.sampled_from("ab 1.,-%\n|`\\\x1b[;m\r\t<>&*_~$"), st.characters(exclude_categories=["Cs"])),
    max_size=40,
)
TABLES = st.lists(st.lists(st.sampled_from(["", "a", "1", "2.5", "10,000", "a  b"]), min_size=1, max_size=3).map(tuple),
                  min_size=1, max_size=3).map(tuple)  # fmt: skip
OUTPUTS = st.one_of(
    st.builds(said, TEXTS, st.sampled_from(["stdout", "stderr", "error", "text/plain", "source"])),
    st.builds(
        lambda text, n: Output(form="text/html", text=text, digest=f"d{n}", size=n), TEXTS, st.integers(1, 3)
    ),
    st.builds(lambda n: Output(form="image/png", digest=f"d{n}", size=n), st.integers(1, 3)),
    st.builds(
        lambda tables, n: Output(form=CHART, digest=f"d{n}", size=n, tables=tuple(tables)),
        st.lists(TABLES, max_size=2),
        st.integers(1, 3),
    ),
)


@st.composite
def records(draw: st.DrawFn, least: int = 0) -> Record:
    """Make any record whose blocks and values can be told apart. least: how many blocks it has."""
    count = draw(st.integers(least, 6))
    named = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    blocks = tuple(
        block(
            f"b{n}" if named[n] else "",
            10 * n + 5,
            *draw(st.lists(OUTPUTS, max_size=3)),
            code=f"code {n}",
            language=draw(st.sampled_from(["python", "bash"])),
        )
        for n in range(count)
    )
    values = tuple(
        value(f"x{n}", 100 + n, draw(st.integers(-1, count - 1)), draw(TEXTS))
        for n in range(draw(st.integers(0, 4)))
    )
    return Record(post="content/a.md", blocks=blocks, values=values)


# A busy machine is no counterexample.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def told(old: Output, new: Output, **more: object) -> list[Change]:
    """Compare two outputs of a block."""
    pair = [Record(post="a.md", blocks=(block("b", 5, one, **more),), values=()) for one in (old, new)]
    return compare(*pair)
