"""Articles found on a real index: one place each, copies too, newer ones first."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from overlap import OverlapReranker

from rag.index import Entry, Index
from rag.index.chunking import chunk, embedding_text
from rag.index.embedding import HashEmbedder
from rag.search import Weights, find, matching, retrieve
from rag.text import content_id
from rag.types import Article, Filters, Page, Passage

EMBEDDER = HashEmbedder(128)
NOW = datetime(2022, 1, 20, tzinfo=UTC)
FERRY = "The ferry of Norwick ran aground on a sandbank. Captain Moss called the coast guard."
LONG = " ".join(
    f"Ferry number {n} of Norwick sailed past the {word} sandbank in calm weather."
    for n, word in enumerate("grey blue white young old sick lost shy".split(), start=10)
)


def made(title: str, text: str, day: date | None) -> Article:
    name = content_id(title, text)
    return Article(name, f"https://a.example/{name}", title, text, "Echo", (), day, "en", NOW)


def filled(folder: Path, articles: Sequence[Article]) -> Index:
    index = Index(folder, create=True)
    index.bind(embedder=EMBEDDER.identity, dimension=128, chunk_words=16)
    entries = []
    for article in articles:
        cut = chunk(article, words=16)
        vectors = EMBEDDER.encode_documents([embedding_text(part, article) for part in cut])
        entries.append(Entry(article, Page(article.url, b"", "text/plain", NOW), cut, vectors))
    with index.writing():
        index.add(entries)
    return index


def titles(found: Sequence[Passage]) -> list[str]:
    return [passage.article.title for passage in found]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    day = date(2022, 1, 10)
    return filled(
        tmp_path_factory.mktemp("find") / "news",
        [
            made("Aground", FERRY, day),
            made("Aground, says agency", FERRY, day),
            made("Ferries", LONG, day),
            made("Zinc", "Zinc prices fell.", day),
        ],
    )


def test_an_article_has_one_place_and_a_copy_has_its_own(index: Index) -> None:
    asked = "Which ferry of Norwick ran aground on a sandbank?"
    found = find(asked, index=index, embedder=EMBEDDER, k=10)
    assert len(titles(found)) == len(set(titles(found)))
    assert set(titles(found)[:2]) == {"Aground", "Aground, says agency"}
    assert [passage.number for passage in found] == list(range(1, len(found) + 1))
    assert "ran aground" in found[0].chunk.text
    # A prompt has no room for the same words twice.
    shown = titles(retrieve(asked, index=index, embedder=EMBEDDER, k=10))
    assert ("Aground" in shown) != ("Aground, says agency" in shown)


def test_an_article_is_shown_as_its_best_passage(index: Index) -> None:
    found = find("the ferry past the lost sandbank", index=index, embedder=EMBEDDER, k=4)
    (ferries,) = [passage for passage in found if passage.article.title == "Ferries"]
    assert "lost sandbank" in ferries.chunk.text


def test_no_more_articles_than_asked_for_and_none_that_a_filter_excludes(index: Index) -> None:
    assert len(find("ferry", index=index, embedder=EMBEDDER, k=2)) == 2
    before = Filters(until=date(2022, 1, 9))
    assert find("ferry", index=index, embedder=EMBEDDER, filters=before) == ()


def test_a_reranker_orders_the_articles(index: Index) -> None:
    asked = "zinc prices fell"
    found = find(asked, index=index, embedder=EMBEDDER, k=2, reranker=OverlapReranker())
    assert titles(found)[0] == "Zinc"
    assert found[0].score == pytest.approx(1.0)


VOTE = "The council of Brome voted on the new bridge {when}, after a long debate."


def test_without_a_day_the_newest_of_like_reports_comes_first(tmp_path: Path) -> None:
    years = (2019, 2022, 2015)
    index = filled(
        tmp_path / "votes",
        [
            made(str(y), VOTE.format(when=f"in {w}"), date(y, 5, 1))
            for y, w in zip(years, ("May", "June", "July"), strict=True)
        ],
    )
    assert (
        titles(find("council of Brome vote on the bridge", index=index, embedder=EMBEDDER))[0]
        == "2022"
    )
    assert (
        titles(retrieve("council of Brome vote on the bridge", index=index, embedder=EMBEDDER))[0]
        == "2022"
    )


def test_age_does_not_hide_the_only_article_on_a_subject(tmp_path: Path) -> None:
    index = filled(
        tmp_path / "old",
        [
            made("Comet", "A comet with two tails was seen over Corley.", date(1997, 4, 1)),
            made("Undated", "Two swans nested at Dunmere lock.", None),
            *(
                made(f"Sky {n}", f"The sky over Aldwick was grey on day {n}.", date(2022, 1, n))
                for n in range(1, 9)
            ),
        ],
    )
    assert (
        titles(find("comet with two tails over Corley", index=index, embedder=EMBEDDER))[0]
        == "Comet"
    )
    assert titles(find("swans at Dunmere lock", index=index, embedder=EMBEDDER))[0] == "Undated"


def test_newer_can_be_switched_off(tmp_path: Path) -> None:
    index = filled(
        tmp_path / "votes",
        [
            made("2014", VOTE.format(when="in May"), date(2014, 5, 1)),
            made("2022", VOTE.format(when="in the dark and cold of June"), date(2022, 5, 1)),
        ],
    )
    asked = "council of Brome vote on the new bridge in May"
    assert (
        titles(find(asked, index=index, embedder=EMBEDDER, weights=Weights(newer=0)))[0] == "2014"
    )
    assert (
        titles(find(asked, index=index, embedder=EMBEDDER, weights=Weights(newer=1)))[0] == "2022"
    )


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ("the ferry of Norwick on a sandbank", {"Aground", "Aground, says agency", "Ferries"}),
        ("zinc", {"Zinc"}),
        ("ZINC PRICES", {"Zinc"}),
        ("ferry number 12", {"Ferries"}),
        ("agency", {"Aground, says agency"}),
        ("volcano", set()),
        ("zinc volcanoes of Iceland", set()),
        ("what is it?", set()),
        ("Echo", set()),
    ],
)
def test_articles_that_lack_most_of_a_query_are_not_about_it(
    index: Index, query: str, about: set[str]
) -> None:
    found = find(query, index=index, embedder=EMBEDDER, k=10)
    about_it = matching(query, found)
    assert set(titles(about_it)) == about
    assert list(about_it) == [passage for passage in found if passage in about_it]


def test_nothing_found_is_about_nothing() -> None:
    assert matching("zinc", ()) == ()
