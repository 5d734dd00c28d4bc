"""Retrieval on a real index: fused, filtered, capped, reordered, and asked anything at all."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from overlap import OverlapReranker

from rag.index import Entry, Index
from rag.index.chunking import chunk, embedding_text
from rag.index.embedding import HashEmbedder, Vectors
from rag.llm.prompts import source_block
from rag.search import (
    Weights,
    Window,
    find,
    match_expression,
    nearest_sentences,
    retrieve,
    time_window,
    within,
)
from rag.search.reranking import Scores
from rag.text import content_id
from rag.types import Article, Filters, Page, Passage

EMBEDDER = HashEmbedder(128)
NOW = datetime(2022, 1, 20, tzinfo=UTC)
HARBOUR = "The harbour of {town} opened on Monday. Mayor {name} cut the ribbon in the rain."
TOWNS = [("Aldwick", "Ash"), ("Brome", "Birch"), ("Corley", "Cole"), ("Dunmere", "Dale")]


def made(title: str, text: str, publisher: str = "Echo", day: int = 1) -> Article:
    url = f"https://a.example/{content_id(title, text)}"
    return Article(
        content_id(title, text), url, title, text, publisher, (), date(2022, 1, day), "en", NOW
    )


def store(index: Index, articles: Sequence[Article], words: int = 30) -> None:
    entries = []
    for article in articles:
        cut = chunk(article, words=words)
        vectors = EMBEDDER.encode_documents([embedding_text(part, article) for part in cut])
        entries.append(Entry(article, Page(article.url, b"", "text/plain", NOW), cut, vectors))
    with index.writing():
        index.add(entries)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index(tmp_path_factory.mktemp("news"), create=True) as index:
        index.bind(embedder=EMBEDDER.identity, dimension=128, chunk_words=30)
        harbours = [made(town, HARBOUR.format(town=town, name=name)) for town, name in TOWNS]
        long = made(
            "Whales",
            " ".join(
                f"{word} whales passed the cape near {place}, said the {place} coast guard station."
                for word, place in zip(
                    "Grey Blue White Young Old Sick Lost Shy".split(),
                    "Arn Bex Cly Dorn Esk Fenn Gar Hope".split(),
                    strict=True,
                )
            ),
            "Éclair",
            9,
        )
        copy = made("The same", HARBOUR.format(town="Aldwick", name="Ash"), "Copyist", 3)
        plain = made("Zinc", "Zinc prices fell.", day=5)
        store(index, [*harbours, long, copy, plain], words=14)
        yield index


def titles(found: Sequence[Passage]) -> list[str]:
    return [passage.article.title for passage in found]


def test_passages_are_numbered_from_one_and_the_best_is_first(index: Index) -> None:
    found = retrieve("Who opened the harbour of Corley?", index=index, embedder=EMBEDDER, k=4)
    assert [passage.number for passage in found] == [1, 2, 3, 4]
    assert titles(found)[0] == "Corley"
    scores = [passage.score for passage in found]
    assert scores == sorted(scores, reverse=True)
    for passage in found:
        part = passage.chunk
        assert passage.article.text[part.start : part.end] == part.text


@pytest.mark.parametrize("cap", [1, 2, 5])
def test_no_article_takes_more_than_its_share(index: Index, cap: int) -> None:
    found = retrieve(
        "Which whales passed the cape?", index=index, embedder=EMBEDDER, k=6, per_article=cap
    )
    assert titles(found).count("Whales") == cap
    assert len(found) == 6


def test_what_is_said_in_the_same_words_is_shown_once(index: Index) -> None:
    found = retrieve("harbour of Aldwick, Mayor Ash", index=index, embedder=EMBEDDER, k=20)
    texts = [passage.chunk.text for passage in found]
    assert len(texts) == len(set(texts))
    assert ("Aldwick" in titles(found)) != ("The same" in titles(found))


@pytest.mark.parametrize(
    "weights", [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0)], ids=["words", "vectors", "both"]
)
def test_each_search_can_be_switched_off(index: Index, weights: tuple[float, float]) -> None:
    found = retrieve(
        "zinc prices fell",
        index=index,
        embedder=EMBEDDER,
        weights=Weights(*weights),
    )
    assert titles(found)[0] == "Zinc"


def test_both_searches_contribute(index: Index) -> None:
    asked = "zincs whale"  # the words find whales alone, the letters find zinc too
    only_words = retrieve(asked, index=index, embedder=EMBEDDER, weights=Weights(dense=0))
    both = retrieve(asked, index=index, embedder=EMBEDDER, k=50, per_article=50)
    assert set(titles(only_words)) < set(titles(both))
    assert (
        retrieve(asked, index=index, embedder=EMBEDDER, weights=Weights(lexical=0, dense=0)) == ()
    )


@pytest.mark.parametrize(
    "filters",
    [
        Filters(publishers=("éclair",)),
        Filters(publishers=("E\u0301CLAIR",)),  # as some keyboards type it
        Filters(since=date(2022, 1, 9)),
    ],
    ids=["case", "accent", "since"],
)
def test_filters_hold_in_the_whole_of_it(index: Index, filters: Filters) -> None:
    found = retrieve(
        "harbour of Corley opened", index=index, embedder=EMBEDDER, filters=filters, candidates=2
    )
    assert set(titles(found)) == {"Whales"}


def test_filters_that_admit_nothing_find_nothing(index: Index) -> None:
    nobody = Filters(publishers=("Nobody",))
    assert retrieve("harbour", index=index, embedder=EMBEDDER, filters=nobody) == ()


@pytest.mark.parametrize(
    "question",
    [
        'harbour "', '"', "harbour*", "NEAR(harbour opened, 2)", "harbour AND NOT opened OR",
        "title:harbour", "^harbour", "{text title}:harbour", "harbour - opened + (", "harbour; DROP",
        "🙂🙂", "harb\x00our", "what is it", "the of and", "?!", "'", "n't", "x" * 2000,
        " ".join(f"w{n:x}" for n in range(900)), "港は開いた", "\ud800 harbour", "½ ② m²",
    ],
)  # fmt: skip
def test_any_question_may_be_asked(index: Index, question: str) -> None:
    found = retrieve(question, index=index, embedder=EMBEDDER, k=3)
    assert len(found) <= 3
    if "harbour" in question:
        assert "harbour" in found[0].chunk.text


def test_a_question_of_stop_words_alone_has_no_expression() -> None:
    assert match_expression("What is it that they did?") == ""
    assert match_expression('The "harbour" AND harbour*?') == '"harbour"'


class Backwards:
    """Prefers what has the least to do with the question."""

    def score(self, question: str, texts: Sequence[str]) -> Scores:
        return np.asarray(-OverlapReranker().score(question, texts), dtype=np.float32)


def test_the_order_of_a_reranker_is_used(index: Index) -> None:
    asked = "Who opened the harbour of Corley?"
    best = retrieve(asked, index=index, embedder=EMBEDDER, reranker=OverlapReranker(), k=3)
    turned = retrieve(asked, index=index, embedder=EMBEDDER, reranker=Backwards(), k=3)
    assert titles(best)[0] == "Corley"
    assert "harbour of Corley" not in " ".join(passage.chunk.text for passage in turned)
    for found, sign in ((best, 1), (turned, -1)):
        shares = OverlapReranker().score(asked, [passage.chunk.text for passage in found])
        assert [passage.score for passage in found] == pytest.approx((sign * shares).tolist())


def test_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    with Index(tmp_path / "empty", create=True) as index:
        index.bind(embedder=EMBEDDER.identity, dimension=128, chunk_words=30)
        assert retrieve("harbour", index=index, embedder=EMBEDDER) == ()
        assert retrieve("harbour", index=index, embedder=EMBEDDER, reranker=OverlapReranker()) == ()


def test_passages_are_chosen_while_they_fit_and_always_one(index: Index) -> None:
    found = retrieve("harbour whales", index=index, embedder=EMBEDDER, k=4)
    size = len(found[0].chunk.text)
    assert within(found, tokens=0, count=len) == found[:1]
    assert within(found, tokens=10_000, count=len) == found
    assert within((), tokens=100, count=len) == ()
    some = within(found, tokens=3 * size, count=len)
    assert some == found[: len(some)]
    assert 1 <= len(some) < 4
    # After a passage of the same article, title and, unless it is asked for, fence cost nothing.
    again = source_block(found[0], known=True)
    twice = (found[0], found[0])
    for fenced, cost in ((True, len(again)), (False, size)):
        whole = len(source_block(found[0])) + cost
        assert len(within(twice, tokens=whole, count=len, fenced=fenced)) == 2
        assert len(within(twice, tokens=whole - 1, count=len, fenced=fenced)) == 1
    shown = within(twice, tokens=2 * len(again), count=len, shown=found[:1], fenced=True)
    assert len(shown) == 2


def test_the_sentences_nearest_to_a_question_come_from_several_articles(index: Index) -> None:
    question = "Which mayor cut the ribbon of the harbour of Corley?"
    found = retrieve(question, index=index, embedder=EMBEDDER, k=20)
    cited = nearest_sentences(question, found)
    assert (cited[0].quote, cited[0].number) == ("Mayor Cole cut the ribbon in the rain.", 1)
    numbers = list(dict.fromkeys(each.number for each in cited))
    assert numbers == list(range(1, len({each.article_id for each in cited}) + 1))
    assert len(numbers) > 1
    texts = {passage.article.id: passage.article.text for passage in found}
    assert all(texts[each.article_id][each.start : each.end] == each.quote for each in cited)
    assert len(cited) <= 5
    assert len({each.quote for each in cited}) == len(cited), "the copy is not repeated"


def test_a_question_of_an_article_is_nothing_to_look_at() -> None:
    text = "Why was the harbour of Corley closed? Cracks in the wall of the harbour were found."
    article = Article("a", "", "Corley", text)
    found = (Passage(1, chunk(article)[0], article, 1.0),)
    (only,) = nearest_sentences("Why was the harbour of Corley closed?", found)
    assert only.quote == "Cracks in the wall of the harbour were found."


def test_at_most_two_sentences_of_an_article_are_near(index: Index) -> None:
    asked = "Which whales passed the cape near the coast guard station?"
    found = retrieve(asked, index=index, embedder=EMBEDDER, k=20)
    assert len([each for each in nearest_sentences(asked, found) if each.title == "Whales"]) == 2


def test_what_no_sentence_says_is_not_near(index: Index) -> None:
    found = retrieve("harbour", index=index, embedder=EMBEDDER, k=20)
    for question in ("Volcanoes?", "Who?", ""):
        assert nearest_sentences(question, found) == ()
    assert nearest_sentences("Which harbour?", ()) == ()


def test_a_follow_up_is_near_to_its_own_words_first(index: Index) -> None:
    first, second = "Who opened the harbour of Corley?", "And of Brome?"
    found = retrieve(f"{first} {second}", index=index, embedder=EMBEDDER, k=20)
    (best, *_) = nearest_sentences(second, found, alone=f"{first} {second}")
    assert best.quote == "The harbour of Brome opened on Monday."


def test_the_time_of_a_question_is_a_window_that_leaves_something(index: Index) -> None:
    def found(question: str, filters: Filters | None = None) -> set[str]:
        window = time_window(question, date(2022, 1, 20))
        passages = retrieve(
            question, index=index, embedder=EMBEDDER, k=20, filters=filters, window=window
        )
        return set(titles(passages))

    towns = {
        "Brome",
        "Corley",
        "Dunmere",
    }  # of 1 January; the copy is of the 3rd, whales of the 9th
    assert found("Which harbour opened since 3 January?") == {"The same", "Zinc", "Whales"}
    before = Filters(until=date(2022, 1, 2))
    assert found("Which harbour opened since 3 January?", before) == {*towns, "Aldwick"}
    assert found("Which harbour opened since 19 January?") >= towns, "nothing is as new as that"
    assert found("Which harbour opened in December?") >= towns, "a month only prefers"


def test_a_window_that_prefers_brings_its_articles_to_the_front(index: Index) -> None:
    asked = "Which harbour did the mayor open?"
    window = Window(date(2022, 1, 3), date(2022, 1, 3), strict=False)
    first, *_ = retrieve(
        asked, index=index, embedder=EMBEDDER, window=window, weights=Weights(sentence=0)
    )
    assert first.article.title == "The same"


class Opposite(HashEmbedder):
    """Sees every question as the opposite of its words."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return -super().encode_queries(texts)


def test_newer_news_leads_among_what_is_all_unlike_the_question(tmp_path: Path) -> None:
    text = "The harbour of Corley opened on Monday."
    with Index(tmp_path, create=True) as index:
        index.bind(embedder=EMBEDDER.identity, dimension=128, chunk_words=30)
        old = replace(made("Corley one", text), published=date(2012, 1, 1))
        store(index, [old, made("Corley two", text)])
        found = find(text, index=index, embedder=Opposite(128), weights=Weights(lexical=0))
    assert titles(found) == ["Corley two", "Corley one"]
