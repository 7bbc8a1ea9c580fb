"""The glossary: every word lives where it says, once, in the order of a dictionary."""

import pytest

from pizzeria import glossary
from pizzeria.glossary import WORDS, Word


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.word)
def test_a_word_lives_where_it_says(word):
    module, _, name = word.where.partition(":")
    assert module.startswith("pizzeria.")
    assert name
    assert word.find() is not None


def test_a_word_that_lives_nowhere_stops_the_page(monkeypatch):
    gone = Word("ghost", "walks at night", "a zombie process", "pizzeria.order:ghost")
    monkeypatch.setattr(glossary, "WORDS", (gone,))
    with pytest.raises(AttributeError, match="ghost"):
        glossary.table()


def test_words_are_sorted_and_explained_once():
    words = [word.word.casefold() for word in WORDS]
    assert words == sorted(set(words))
    assert all(word.kitchen and word.computing for word in WORDS)


def test_the_table_has_a_row_a_word():
    shown = glossary.table()
    assert len(shown.rows) == len(WORDS)
    assert shown._repr_html_().count("<tr>") == len(WORDS) + 1
