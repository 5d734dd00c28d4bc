"""Articles cut into what a prompt holds: nothing is lost, and nothing is too long."""

import pytest

from rag.llm.portions import excerpt, parts
from rag.text import content_id
from rag.types import Article

TEXT = "One two three. Four five six.\n\nSeven eight nine ten.\n\nEleven twelve."


def count(text: str) -> int:
    return len(text.split())


@pytest.mark.parametrize("tokens", [3, 5, 8, 100])
def test_parts_hold_all_words_in_order_and_fit(tokens: int) -> None:
    spans = list(parts(TEXT, tokens, count))
    assert " ".join(TEXT[start:end] for start, end in spans).split() == TEXT.split()
    assert all(count(TEXT[start:end]) <= tokens for start, end in spans)


def test_parts_end_where_paragraphs_do_if_they_can() -> None:
    spans = list(parts(TEXT, 9, count))
    assert [TEXT[start:end] for start, end in spans] == TEXT.split("\n\n")
    assert list(parts(TEXT, 100, count)) == [(0, len(TEXT))]
    assert list(parts("", 9, count)) == []


def test_an_excerpt_is_cut_from_its_article() -> None:
    article = Article(content_id("T", TEXT), "https://example.org/a", "T", TEXT)
    passage = excerpt(article, 3, 4, 13)
    assert (passage.number, passage.article) == (3, article)
    assert passage.chunk.text == "two three" == TEXT[passage.chunk.start : passage.chunk.end]
