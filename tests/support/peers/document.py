"""What every tool is given: prose and blocks, written once, and the edits that are timed."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Block:
    """One block of Python. hidden: it runs, and neither it nor its output is shown."""

    code: str
    hidden: bool = False


@dataclass(frozen=True)
class Document:
    """A page: its file's name without suffix, a title, and prose (Markdown paragraphs) and blocks in order."""

    name: str
    title: str
    parts: tuple[str | Block, ...]

    @property
    def blocks(self) -> list[Block]:
        """The blocks alone, in order."""
        return [part for part in self.parts if isinstance(part, Block)]

    def with_block(self, number: int, code: str, hidden: bool = False) -> Document:
        """Give the same page with another block at this place; blocks are counted from 0, from the end below 0."""
        places = [place for place, part in enumerate(self.parts) if isinstance(part, Block)]
        return self.with_part(places[number], Block(code, hidden))

    def with_part(self, place: int, part: str | Block) -> Document:
        """Give the same page with another part at this place."""
        return replace(self, parts=(*self.parts[:place], part, *self.parts[place + 1 :]))

    def with_prose(self, text: str) -> Document:
        """Give the same page with another last paragraph."""
        last = max(place for place, part in enumerate(self.parts) if isinstance(part, str))
        return self.with_part(last, text)


@dataclass(frozen=True)
class Content:
    """Pages to build, and for each edit that is timed: the page that it changes, and a text that it must then show."""

    documents: tuple[Document, ...]
    edits: dict[str, tuple[Document, str]]

    @property
    def shown(self) -> str:
        """A text that the first page shows before any edit; a block printed it."""
        return "answer 1 is"


def _prose(number: int) -> str:
    return f"Paragraph {number} says in a *few* words what the next block is good for, and why one would want it."


def sample() -> Content:
    """Twelve blocks, of which the third and the seventh take a second each: a post that computes something."""
    codes = [
        "import time",
        "start = 1\nprint('answer 1 is', start)",
        "time.sleep(1)\nslow = start + 1\nprint(slow)",
    ]
    codes += [f"v{n} = slow + {n}\nprint(v{n})" for n in (3, 4, 5)]
    codes += ["time.sleep(1)\nslower = v5 + 1\nprint(slower)"]
    codes += [f"v{n} = slower + {n}\nprint(v{n})" for n in (7, 8)]
    codes += [
        "aside = 6 * 7\nprint('aside', aside)",
        "v10 = slower + 10\nprint(v10)",
        "print('last', v10 + v8)",
    ]
    page = _page("sample", codes)
    return Content(
        (page,),
        {
            "prose": (page.with_prose("Another *word* at the end."), "Another"),
            "first block": (page.with_block(1, codes[1] + "\nprint('first', 'anew')"), "first anew"),
            "middle block": (page.with_block(6, codes[6] + "\nprint('middle', 'anew')"), "middle anew"),
            "last block": (page.with_block(-1, codes[-1] + "\nprint('last', 'anew')"), "last anew"),
            "a block nothing needs": (
                page.with_block(9, codes[9] + "\nprint('aside', 'anew')"),
                "aside anew",
            ),
        },
    )


def hundred(count: int = 100) -> Content:
    """Many small blocks, each building on the one before, but for one that nothing needs."""
    codes = ["v0 = 1\nprint('answer 1 is', v0)"]
    codes += [f"v{n} = v{n - 1} + {n}\nprint(v{n})" for n in range(1, count - 1)]
    codes.insert(count // 2, "aside = 6 * 7\nprint('aside', aside)")
    page = _page("hundred", codes)
    middle = count // 2 + 1
    edits = {"prose": (page.with_prose("Another *word* at the end."), "Another")}
    for name, place, word in (
        ("first block", 0, "first"),
        ("middle block", middle, "middle"),
        ("last block", count - 1, "last"),
        ("a block nothing needs", count // 2, "aside"),
    ):
        edits[name] = (page.with_block(place, f"{codes[place]}\nprint('{word}', 'anew')"), f"{word} anew")
    return Content((page,), edits)


def sixty(count: int = 60) -> Content:
    """A blog: pages of five small blocks; the edit changes one of them."""
    codes = [
        "v0 = 1\nprint('answer 1 is', v0)",
        *(f"v{n} = v{n - 1} + {n}\nprint(v{n})" for n in range(1, 4)),
    ]
    pages = tuple(_page(f"page{n:02d}", [*codes, f"print('page', v3 + {n})"]) for n in range(count))
    edited = pages[0].with_block(-1, "print('last', 'anew')")
    return Content(pages, {"one page of all": (edited, "last anew")})


def _page(name: str, codes: list[str]) -> Document:
    parts: list[str | Block] = []
    for number, code in enumerate(codes):
        parts += [_prose(number), Block(code)]
    return Document(name, f"About {name}", (*parts, "A last word."))


CONTENTS = {"sample": sample, "hundred": hundred, "sixty": sixty}
