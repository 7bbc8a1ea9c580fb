"""What stays of printed text, and its colours."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from executable_posts.html.plain import terminal_html
from executable_posts.running.outputs import normalised, size, visible
from executable_posts.running.terminal import Style, settled, spans


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
