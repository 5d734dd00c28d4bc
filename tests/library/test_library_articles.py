"""Articles of an index: listed, deleted, found without a model, rebuilt, read without storing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from opened_news import BRIDGE, CHEESE, FERRY, OPENED, records, statuses

from rag.errors import ArticleUnknown, ConfigError, ExtractError, QuestionError, SourceError
from rag.library import News
from rag.llm.scripted import ScriptedGenerator
from rag.types import Filters


def test_an_unknown_article_is_reported(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    known = news.articles()[0].id
    for wrong in ("", "zzzz", known[:3], known + "0", "%", "\x1b[31m"):
        for call in (news.article, news.source, news.summarize):
            with pytest.raises(ArticleUnknown, match="rag articles list"):
                call(wrong)
        with pytest.raises(ArticleUnknown):
            news.delete([known, wrong])
    assert news.info().articles == 3


def test_an_article_by_its_first_characters(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    for article in news.articles():
        assert news.article(article.id[:6]) == news.article(article.id) == article
        assert json.loads(news.source(article.id))["text"] == article.text


def test_articles_are_listed_newest_first_and_filtered(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened()
    news.ingest([feed])
    assert [article.text for article in news.articles()] == [CHEESE, FERRY, BRIDGE]
    assert [article.text for article in news.articles(limit=1, offset=1)] == [FERRY]
    assert [article.text for article in news.articles(query="FERRY")] == [FERRY]
    assert news.articles(query="nothing") == ()


def test_what_is_deleted_is_gone(opened: Callable[..., News], feed: Path) -> None:
    news = opened(replies=lambda _: f"{OPENED} [1].")
    news.ingest([feed])
    (bridge,) = news.articles(query="bridge")
    assert news.delete([bridge.id[:8]]) == (bridge,)
    assert bridge.id not in {article.id for article in news.articles()}
    assert all(p.article.id != bridge.id for p in news.search("Who opened the Harrow bridge?"))
    assert news.ask("Who opened the Harrow bridge?").refused
    with pytest.raises(ArticleUnknown):
        news.source(bridge.id)
    assert statuses(news.ingest([feed]).outcomes) == ["added", "unchanged", "unchanged"]


def test_articles_are_counted_as_they_are_listed(opened: Callable[..., News], feed: Path) -> None:
    news = opened()
    news.ingest([feed])
    filters = [None, Filters(until=news.articles()[1].published), Filters(publishers=("nobody",))]
    for query in ("", "FERRY", "harrow post", "100%", "nothing"):
        for each in filters:
            assert news.count(filters=each, query=query) == len(
                news.articles(filters=each, query=query)
            )
    assert (news.count(), news.count(query="FERRY")) == (3, 1)


class Unasked(ScriptedGenerator):
    """A model that must not even be loaded."""

    def __getattribute__(self, name: str) -> object:
        assert name in {"close", "__class__"}, f"the model was asked for {name}"
        return super().__getattribute__(name)


@pytest.fixture
def unread(opened: Callable[..., News], feed: Path) -> News:
    news = opened()
    news.ingest([feed])
    news._generator = Unasked([])
    return news


def test_a_first_look_is_the_nearest_sentences(unread: News) -> None:
    look = unread.first_look("Who opened the new Harrow bridge?")
    assert look[0].quote == f"{OPENED}."
    for cited in look:
        article = unread.article(cited.article_id)
        assert article.text[cited.start : cited.end] == cited.quote
        assert (cited.url, cited.title) == (article.url, article.title)
    numbers = [cited.number for cited in look]
    assert list(dict.fromkeys(numbers)) == list(range(1, len(set(numbers)) + 1))
    assert max(map(numbers.count, numbers)) <= 2
    assert len(look) <= 5


def test_a_first_look_by_words_needs_no_embedder(
    unread: News, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loads(*_: object) -> None:
        raise AssertionError("the embedder was used")

    question = "Who opened the new Harrow bridge?"
    look = unread.first_look(question)
    monkeypatch.setattr(unread.embedder, "encode_queries", loads, raising=True)
    assert unread.first_look(question, by_words=True)[0] == look[0]
    with pytest.raises(AssertionError):
        unread.first_look(question)


def test_a_first_look_at_what_no_sentence_tells_is_empty(unread: News) -> None:
    for question in ("Quantum chromodynamics?", "Who?", "?!"):
        assert unread.first_look(question) == ()
    nobody = Filters(publishers=("Nobody",))
    assert unread.first_look("Who opened the Harrow bridge?", filters=nobody) == ()
    with pytest.raises(QuestionError, match="empty"):
        unread.first_look(" ")


def test_a_first_look_at_a_follow_up_knows_what_it_leans_on(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened(replies=[f"{OPENED} [1]."])
    news.ingest([feed])
    first = news.ask("Who opened the Harrow bridge?")
    look = news.first_look("And how many euros did it cost?", history=[first])
    assert look[0].quote.startswith("The bridge cost 12 million euros")
    assert f"{OPENED}." in {cited.quote for cited in news.first_look("Why?", history=[first])}


def test_articles_about_a_query_are_those_that_match(unread: News) -> None:
    assert [each.text for each in unread.matching("goats on the hill")] == [CHEESE]
    assert {each.text for each in unread.matching("Harrow")} == {BRIDGE, FERRY}
    assert unread.matching("Harrow", limit=1) == unread.matching("Harrow")[:1]
    for nothing in ("volcanoes of Iceland", "football", "the", "cheese from Iceland's volcanoes"):
        assert unread.matching(nothing) == ()
    assert unread.matching("Harrow", filters=Filters(publishers=("Nobody",))) == ()


def test_suggestions_follow_the_index(unread: News, tmp_path: Path) -> None:
    assert unread.suggestions() == (), "no name stands in two sentences"
    towns = (
        f"The fair in {name} opened on a mild evening in spring. All the people in {name} were glad."
        for name in ("Arnwick", "Bexmoor")
    )
    unread.ingest(records(tmp_path / "towns.jsonl", *towns))
    asked = unread.suggestions()
    assert {question[-8:] for question in asked} == {"Arnwick?", "Bexmoor?"}
    assert unread.suggestions() is asked
    assert len(unread.suggestions(1)) == 1
    for question in asked:
        assert question[-8:-1] in unread.first_look(question)[0].quote
    unread.delete([each.id for each in unread.articles()])
    assert unread.suggestions() == ()


def test_a_file_is_read_without_an_index(opened: Callable[..., News], tmp_path: Path) -> None:
    news = opened()
    article = news.read(str(records(tmp_path / "one.jsonl", BRIDGE)))
    assert article.text == BRIDGE
    assert not news.folder.exists()


def test_what_is_not_one_article_is_reported(
    opened: Callable[..., News], feed: Path, tmp_path: Path
) -> None:
    news = opened()
    (tmp_path / "short.json").write_text('{"text": "Too short."}', encoding="utf-8")
    (tmp_path / "empty").mkdir()
    for source, error, said in (
        (feed, SourceError, "several articles"),
        (tmp_path / "absent.txt", SourceError, "absent"),
        (tmp_path / "empty", SourceError, "no articles"),
        (tmp_path / "short.json", ExtractError, "words"),
        ("http://127.0.0.1:9/", SourceError, "127"),
        ("ftp://example.org/a", SourceError, "ftp"),
    ):
        with pytest.raises(error, match=said):
            news.read(str(source))


def test_edits_are_found_filtered_and_cited_and_outlast_the_source(
    opened: Callable[..., News], feed: Path
) -> None:
    news = opened()
    news.ingest([feed])
    before = news.search("ferry")[0].article
    assert news.search("zeppelin")[0].article != before or "Zeppelin" not in before.title
    edited = news.edit(
        before.id, title=" The  Zeppelin ", publisher="Podil Lantern", published="3 May 2019"
    )
    assert (edited.id, edited.text) == (before.id, before.text)
    assert news.article(before.id) == edited
    found = news.search("zeppelin", filters=Filters("2019-05-03", "2019-05-03", "podil lantern"))
    assert [each.article for each in found] == [edited]
    assert news.info().publishers["Podil Lantern"] == 1
    assert news.ingest([feed]).count("unchanged") == 3
    assert news.article(before.id) == edited
    news.rebuild(embed=True)
    assert news.ingest([feed]).count("unchanged") == 3
    assert news.edit(before.id[:6], publisher="", published="").published is None
    assert (news.article(before.id).title, news.article(before.id).publisher) == (
        "The Zeppelin",
        "",
    )
    with pytest.raises(ConfigError, match="not a valid date"):
        news.edit(before.id, published="2022-02-31")
    news.delete([before.id])
    news.ingest([feed])
    assert news.article(before.id).title == before.title
