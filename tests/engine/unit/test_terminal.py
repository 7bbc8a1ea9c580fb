"""What stays of printed text, and its colours."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executable_posts.html.plain import terminal_html
from executable_posts.running.outputs import normalised, size, visible
from executable_posts.running.terminal import Style, restyled, settled, spans


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("one\r\ntwo\r\r\n", "one\ntwo\n"),
        ("\r 10 %\r 20 %\r100 %\ndone", "100 %\ndone"),
        ("longer\rab", "abnger"),
        ("longer\r\x1b[Kab", "ab"),
        ("longer\x1b[2K\rab", "ab"),
        ("|\b/\b-\b\\", "\\"),
        ("\b\bx", "x"),
        ("\x1b[32mgreen\x1b[0m\rG", "G\x1b[32mreen\x1b[0m"),
        ("\x1b[31mred\na\rb\x1b[0mc", "\x1b[31mred\nb\x1b[0mc"),
        ("plain \x1b[1mbold\x1b[0m", "plain \x1b[1mbold\x1b[0m"),
    ],
)
def test_what_stays_is_what_a_terminal_shows(text, stays):
    assert settled(text) == stays


@given(st.text(st.sampled_from("ab\r\b\n\t\x1b[3;1mK]\x07 ")))
def test_any_text_settles_once_and_for_all(text):
    stays = settled(text)
    assert settled(stays) == stays
    shown = terminal_html(stays)
    assert re.sub(r"</?span[^>]*>", "", shown).count("<") == 0
    assert shown.count("<span") == shown.count("</span>")


def test_colours_become_classes_in_every_way_they_are_written():
    kinds = {
        "\x1b[31mx": "ansi-red",
        "\x1b[1;92mx": "ansi-green ansi-bright ansi-bold",
        "\x1b[38;5;196mx": "ansi-red",
        "\x1b[38:2:255:0:0mx": "ansi-red",
        "\x1b[38;2;0;0;1mx": "ansi-black",
        "\x1b[44mx": "ansi-on-blue",
        "\x1b[4m\x1b[9mx": "ansi-underline ansi-strike",
        "\x1b[34;7mx": "ansi-inverse-ink ansi-on-blue",
        "\x1b[31;39;1;22mx": "",
        "\x1b[mx": "",
    }
    assert {text: [s.classes() for s, _ in spans(text)][-1] for text in kinds} == kinds
    assert terminal_html("a\x1b[31m<b>\x1b[0mc") == 'a<span class="ansi-red">&lt;b&gt;</span>c'
    assert Style(fg=9, bold=True).code() == "\x1b[1;91m"


def test_a_sequence_that_is_no_colour_leaves_nothing_behind():
    text = "a\x1b]0;title\x07b\x1b[2Jc\x1b[?25hd\x1b(Be\x1b]8;;https://x.org\x1b\\link\x1b]8;;\x1b\\"
    assert "".join(part for _, part in spans(text)) == "abcdelink"


def test_every_character_that_a_feed_cannot_hold_is_seen():
    every = "".join(map(chr, range(0x20))) + "\x7f\x85\udfff\ud800\ufffe\uffff"
    seen = visible(every)
    assert seen.startswith("␀␁␂␃␄␅␆␇␈\t\n␋␌\r␎")
    assert seen.endswith("␡" + "\ufffd" * 5)
    assert not re.search("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", seen)


def test_neighbouring_chunks_of_a_stream_are_one_box_and_order_stays():
    def stream(text, name="stdout"):
        return {"output_type": "stream", "name": name, "text": text}

    picture = {"output_type": "display_data", "data": {"text/html": "x\udc00"}, "metadata": {}}
    found = normalised(
        [stream("a"), stream("b\n"), stream("!", "stderr"), picture, stream("c"), stream("\rd")]
    )
    assert [(o.get("name"), o.get("text")) for o in found] == [
        ("stdout", "ab\n"),
        ("stderr", "!"),
        (None, None),
        ("stdout", "d"),
    ]
    assert found[2]["data"] == {"text/html": "x\ufffd"}
    assert normalised([stream("\r")]) == []


def test_all_forms_of_an_output_count():
    assert size({"text": "abc"}) == 3
    assert size({"data": {"text/html": "abcd", "application/json": {"k": ["ab", 1]}}}) == 4 + 2 + 8


@given(
    st.builds(
        Style,
        st.integers(-1, 15),
        st.integers(-1, 15),
        *[st.booleans()] * 6,
    )
)
def test_a_style_is_written_as_it_is_read(style):
    assert [s for s, _ in spans(style.code() + "x")] == [style]
    assert [s for s, _ in spans(style.code() + "\x1b[0mx")] == [Style()]


@pytest.mark.parametrize(
    ("args", "style"),
    [
        *((str(30 + n), Style(fg=n)) for n in range(8)),
        *((str(90 + n), Style(fg=8 + n)) for n in range(8)),
        *((str(40 + n), Style(bg=n)) for n in range(8)),
        *((str(100 + n), Style(bg=8 + n)) for n in range(8)),
        *((f"38;5;{n}", Style(fg=n)) for n in range(16)),
        ("21", Style(underline=True)),
        ("1;2;22", Style()),
        ("3;23", Style()),
        ("4;24", Style()),
        ("7;27", Style()),
        ("9;29", Style()),
        ("41;49", Style()),
        ("48;5;16", Style(bg=0)),
        ("48;5;231", Style(bg=15)),
        ("48;5;232", Style(bg=0)),
        ("48;5;241", Style(bg=8)),
        ("48;5;250", Style(bg=7)),
        ("48;5;255", Style(bg=15)),
        ("48;5;999", Style(bg=15)),
        ("38;5;196", Style(fg=1)),
        ("38;5;21", Style(fg=4)),
        ("38;5;46", Style(fg=2)),
        ("38;5;78", Style(fg=10)),
        ("38;5;226", Style(fg=11)),
        ("38;2;13;160;90", Style(fg=2)),
        ("38;2;188;63;188;1", Style(fg=5, bold=True)),
        ("38;2;999;999;999", Style(fg=15)),
        ("38;2;1;2", Style(bold=True, faint=True)),
        ("38;5", Style()),
        ("38", Style()),
        ("31;38;9;4", Style(underline=True)),
        ("31;99", Style(fg=1)),
        ("29;38", Style()),
        ("31;89;108;48", Style(fg=1)),
        ("x;31", Style(fg=1)),
        ("1;;31", Style(fg=1)),
        ("98;38", Style()),
        ("108;31", Style(fg=1)),
        ("38;3;1;2;3", Style(bold=True, faint=True, italic=True)),
    ],
)
def test_colours_by_their_numbers(args, style):
    assert restyled(Style(), args) == style


def test_every_colour_that_a_terminal_numbers_is_the_nearest_of_sixteen():
    levels = (0, 95, 135, 175, 215, 255)
    shades = {
        16 + 36 * r + 6 * g + b: (levels[r], levels[g], levels[b])
        for r, g, b in itertools.product(range(6), repeat=3)
    }
    shades |= {232 + n: (8 + 10 * n,) * 3 for n in range(24)}
    for number, shade in shades.items():
        by_channels = restyled(Style(), "38;2;" + ";".join(map(str, shade)))
        assert restyled(Style(), f"38;5;{number}") == by_channels, number
    assert {restyled(Style(), f"38;5;{n}").fg for n in shades} == set(range(16))


@pytest.mark.parametrize("number", range(-1, 16))
def test_every_colour_is_written_as_it_is_read(number):
    for style in (Style(fg=number), Style(bg=number)):
        assert [s for s, _ in spans(style.code() + "x")] == [style]


def test_classes_name_what_a_page_shows():
    assert Style(fg=7, bg=8).classes() == "ansi-white ansi-on-black ansi-on-bright"
    assert Style(fg=8).classes() == "ansi-black ansi-bright"
    assert Style(bg=7, faint=True, italic=True).classes() == "ansi-on-white ansi-faint ansi-italic"
    assert Style(inverse=True).classes() == "ansi-inverse-ink ansi-on-inverse"
    assert Style(fg=0, bg=0, inverse=True).classes() == "ansi-black ansi-on-black"
    assert Style().classes() == Style().code() == ""


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("abcd\b\b\x1b[1Kx", "  x"),
        ("abcd\b\b\x1b[K!", "ab!"),
        ("abc\bX", "abX"),
        ("abcd\rxy\x1b[1K", "  cd"),
        ("ab\x1b[2J\rc", "cb"),
        ("\x1b[2Ja\nb\rc", "\x1b[2Ja\nc"),
        ("abcd\r\x1b[2Kx", "x"),
        ("ab\x1b[2Kx", "  x"),
        ("ab\b\x1b[7mc\x1b[0m", "a\x1b[7mc\x1b[0m"),
        ("a\x1b[31m\rb\nc", "\x1b[31mb\nc"),
        ("\x1b[31ma\x1b[32m\rb\x1b[0mc", "\x1b[32mb\x1b[0mc"),
        ("\x1b[31mab\r\x1b[32mc\x1b[0m", "\x1b[32mc\x1b[0m\x1b[31mb\x1b[0m"),
        ("a  \r", "a  "),
        ("a\x1b[?25h\rb", "b"),
        ("\x1b[31ma\nb\x1b[0m\nc\rd", "\x1b[31ma\nb\x1b[0m\nd"),
    ],
)
def test_what_is_erased_and_what_is_written_over(text, stays):
    assert settled(text) == stays


def test_text_before_and_after_a_sequence_is_its_own():
    assert list(spans("\x1b[31m")) == []
    assert list(spans("a\x1b[31mb\x1b[2Jc")) == [(Style(), "a"), (Style(fg=1), "b"), (Style(fg=1), "c")]


def test_outputs_keep_what_is_no_text_and_show_no_path_of_this_machine():
    output = {
        "output_type": "execute_result",
        "data": {"application/json": {"n": 1, "words": ["a\ud800", None]}},
        "metadata": {"k": True},
    }
    expected = {**output, "data": {"application/json": {"n": 1, "words": ["a\ufffd", None]}}}
    assert normalised([output]) == [expected]
    printed = 'Traceback:\n  File "/usr/lib/python3/site-packages/lib/x.py", line 3, in f\n  File "/a/b" is no frame\n'
    (said,) = normalised([{"output_type": "stream", "name": "stderr", "text": printed}])
    assert 'File "/usr/lib' not in said["text"]
    assert 'x.py", line 3, in f' in said["text"]
    assert 'File "/a/b" is no frame' in said["text"]
