"""Words of a claim laid onto those of its source."""

from rag.check.pieces import align
from rag.check.wording import ArticleWords, as_words
from rag.text import content_id
from rag.types import Article

TEXT = "The grey ferry left Norwick at noon. The red tug left Brome at dusk."


def laid(claim: str) -> list[str]:
    """The word of the source for each of the claim, "" where there is none."""
    source = ArticleWords(Article(content_id("", TEXT), "https://a.example/1", "", TEXT))
    path = align(as_words(claim), source, frozenset())
    return ["" if place is None else source.words[place].folded for place in path]


def test_a_piece_lies_in_one_sentence() -> None:
    assert laid("red tug left Brome") == ["red", "tug", "left", "brome"]


def test_a_function_word_without_its_neighbour_is_laid_nowhere() -> None:
    assert laid("the tug left Brome") == ["", "tug", "left", "brome"]


def test_words_that_the_source_lacks_are_missing() -> None:
    assert laid("red yellow tug left Brome") == ["red", "", "tug", "left", "brome"]


def test_nothing_of_it_is_there() -> None:
    assert laid("Swans sing") == ["", ""]


def test_a_sentence_begun_is_gone_on_with() -> None:
    source = ArticleWords(Article(content_id("", TEXT), "https://a.example/1", "", TEXT))
    (first, *_, last) = align(as_words("ferry left Norwick at noon"), source, frozenset())
    assert first is not None
    assert last is not None
    assert source.sentence_of[first] == source.sentence_of[last] == 0
