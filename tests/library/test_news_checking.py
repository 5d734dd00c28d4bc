"""A text is cut into the sentences that its writer meant, each held against the right articles."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.config import load
from rag.errors import NoArticles, QuestionError
from rag.library import News
from rag.library.checking import Checking
from rag.text import as_article
from rag.types import Article, Claim, Filters, Passage

BRIDGE = as_article("Ida Fenn opened the bridge. It cost 12 million euros.", title="Bridge opened")
CHEESE = as_article("A cheese from Pengarth won. Wilma Troost made it.", title="Cheese wins")


def open_news(folder: Path) -> News:
    settings = load("default", overrides=["embedder.engine=hash"], environment={})
    return News(folder, settings)


def sentences(text: str) -> tuple[str, ...]:
    def never(*_: object) -> Claim:
        raise AssertionError("cutting a text checks nothing")

    return Checking(text, check=never, near=never).sentences  # type: ignore[arg-type]


def test_wrapped_lines_are_one_sentence_and_lists_are_several() -> None:
    wrapped = "The mayor of Harrow, Ida Fenn, opened a new\nbridge on Tuesday. It is long."
    assert sentences(wrapped) == (
        "The mayor of Harrow, Ida Fenn, opened a new bridge on Tuesday.",
        "It is long.",
    )
    assert sentences("Harrow news\n- Fenn opened it\n- Troost left\n\n1) The end") == (
        *("Harrow news", "Fenn opened it", "Troost left", "The end"),
    )
    assert sentences("She left. [1]\nHe\u200b stayed.\x07") == ("She left.", "He stayed.")


def test_a_sentence_that_names_nobody_is_held_against_the_article_before() -> None:
    held: list[set[str]] = []
    said: list[str] = []

    def near(words: str) -> Sequence[Article]:
        return [CHEESE] if words.startswith("Troost") else [BRIDGE] if "bridge" in words else []

    def check(sentence: str, passages: Sequence[Passage], before: str) -> Claim:
        said.append(before)
        held.append({passage.article.title for passage in passages})
        assert all(each.chunk.text == each.article.text for each in passages)
        return Claim(sentence)

    tuple(Checking("Fenn opened the bridge. She left. Troost left.", check=check, near=near))
    assert said == ["", "Fenn opened the bridge.", "She left."]
    assert held == [{"Bridge opened"}, {"Bridge opened"}, {"Cheese wins", "Bridge opened"}]


def test_quotes_are_numbered_by_article_as_they_are_first_cited(tmp_path: Path) -> None:
    with open_news(tmp_path / "none") as news:
        text = "Wilma Troost made a cheese. Ida Fenn opened a bridge. A cheese from Pengarth won."
        claims = news.check_text(text, sources=[BRIDGE, CHEESE])
    assert [claim.status for claim in claims] == ["supported"] * 3
    assert [claim.citations[0].number for claim in claims] == [1, 2, 1]
    assert not (tmp_path / "none").exists()


def test_a_sentence_of_endless_length_is_left_unchecked_and_said_to_be(tmp_path: Path) -> None:
    with open_news(tmp_path / "none") as news:
        long, good = news.check_text(
            f"{'Fenn and ' * 1000}Troost. Ida Fenn opened the bridge.", sources=[BRIDGE]
        )
    assert (long.status, good.status) == ("unsupported", "supported")
    assert "sentences of up to 2,000" in long.reason


def test_without_articles_nothing_is_called_unsupported(tmp_path: Path) -> None:
    Path(tmp_path / "a.txt").write_text("Ida Fenn opened the bridge on Tuesday, and it is long.\n")
    with open_news(tmp_path / "index") as news:
        news.ingest([tmp_path / "a.txt"])
        with pytest.raises(NoArticles, match="none of the 1 articles"):
            news.check_text("Fenn left.", filters=Filters(publishers=("Nobody",)))
        news.delete([article.id for article in news.articles()])
        with pytest.raises(NoArticles, match="no articles yet"):
            news.check_text("Fenn left.")
        with pytest.raises(QuestionError, match="no source"):
            news.check_text("Fenn left.", sources=[])
