"""A digest of an index: by query, filters or ids, through a real index; and the example of the documents."""

import contextlib
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import rag
from rag import library, samples
from rag.config import load
from rag.errors import ArticleUnknown, IndexMissing, QuestionError
from rag.export import as_markdown, digest_note
from rag.index.embedding import HashEmbedder
from rag.llm.scripted import ScriptedGenerator
from rag.types import Digest, Filters, Story

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def news(tmp_path_factory: pytest.TempPathFactory) -> Iterator[rag.News]:
    """The sample news, with the deterministic fakes."""
    opened = rag.open(
        tmp_path_factory.mktemp("digest") / "index",
        settings=load("default", environment={}),
        embedder=HashEmbedder(),
        generator=ScriptedGenerator(lambda _: "Nothing of this holds, said Zorro."),
    )
    opened.ingest([samples.folder()])
    yield opened
    opened.close()


def titles(found: Digest) -> set[str]:
    return {source.title for story in found.stories for source in story.sources}


def test_a_digest_of_all(news: rag.News) -> None:
    found = news.digest()
    assert found.articles == 21
    assert len(found.stories) == 5 < found.found
    assert found.model == "scripted"
    assert all(story.claims for story in found.stories)


def test_a_query_and_days_choose_the_articles(news: rag.News) -> None:
    found = news.digest("Blinken Ukraine", filters=Filters(until=date(2022, 1, 19)), stories=20)
    assert 0 < found.articles <= 6
    assert found.query == "Blinken Ukraine"
    assert all("clock" not in title for title in titles(found))
    days = [source.published for story in found.stories for source in story.sources]
    assert max(day for day in days if day) <= date(2022, 1, 19)


def test_articles_beyond_the_most_of_a_digest_are_counted_and_told(
    news: rag.News, monkeypatch: pytest.MonkeyPatch
) -> None:
    every, about = news.digest(stories=1), news.digest("Ukraine", stories=1)
    assert (every.matching, about.matching) == (every.articles, about.articles)
    few = load("default", environment={}, overrides=["digest.articles=5"])
    monkeypatch.setattr(news, "settings", few)
    newest, nearest = news.digest(stories=1), news.digest("Ukraine", stories=1)
    assert (newest.articles, newest.matching) == (5, 21)
    assert (nearest.articles, nearest.matching) == (5, about.articles)
    assert digest_note(newest).startswith("The newest 5 of 21 articles")
    assert digest_note(nearest).startswith(f"The closest 5 of {about.articles} articles")
    assert "The newest 5 of 21 articles" in as_markdown(newest)
    days = sorted(each.published for each in news.articles(limit=100) if each.published)
    shown = [each.published for story in newest.stories for each in story.sources]
    assert min(day for day in shown if day) >= days[-5]
    chosen = [article.id for article in news.articles(limit=7)]
    assert news.digest(article_ids=chosen, stories=1).matching == 7


def test_ids_choose_the_articles(news: rag.News) -> None:
    ids = [article.id for article in news.articles(limit=2)]
    found = news.digest(article_ids=[*ids, ids[0]])
    assert found.articles == 2
    with pytest.raises(ArticleUnknown):
        news.digest(article_ids=["nobody"])


def test_the_sample_news_disagrees_about_troops(news: rag.News) -> None:
    found = news.digest(filters=Filters(date(2022, 1, 19), date(2022, 1, 19)))
    both = [set(each.about) for story in found.stories for each in story.disagreements]
    assert both == [{"100,000 Russian troops", "127,000 troops"}]


def test_nothing_matches(news: rag.News) -> None:
    found = news.digest("zeppelins over Lindenau")
    assert (found.stories, found.articles) == ((), 0)


def test_stories_come_one_by_one_and_closing_ends_it(news: rag.News) -> None:
    events = news.stories("Ukraine")
    story = next(event for event in events if isinstance(event, Story))
    assert story.headline.supported
    events.close()
    assert list(events) == []


def test_length_and_number_are_obeyed(news: rag.News) -> None:
    short = news.digest(stories=1, length="short").stories
    assert len(short) == 1
    assert len(short[0].claims) <= 2
    assert 3 <= len(news.digest(stories=1, length="long").stories[0].claims) <= 6


def test_wrong_wishes_are_told(news: rag.News, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="expected 1 or more"):
        news.digest(stories=0)
    with pytest.raises(QuestionError):
        news.digest("x" * 10_000)
    empty = rag.open(tmp_path / "none", settings=load("default", environment={}))
    with pytest.raises(IndexMissing):
        empty.digest()


def test_the_index_gives_the_vectors_of_articles(news: rag.News) -> None:
    index = news._open()
    article = news.articles(limit=1)[0]
    found = index.vectors_of([article.id, "nobody"])
    assert set(found) == {article.id}
    assert found[article.id].shape == (len(index.cut(article)), index.dimension)
    assert np.allclose(np.linalg.norm(found[article.id], axis=1), 1, atol=1e-3)


def example() -> tuple[str, list[str]]:
    text = (ROOT / "docs" / "digest.md").read_text(encoding="utf-8")
    code, shown = re.search(r"```python\n(.*?)```\s+```text\n(.*?)```", text, re.S).groups()  # type: ignore[union-attr]
    return code, shown.strip().splitlines()


def printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What the example of the documents prints with a model that says nothing that holds."""
    generator = ScriptedGenerator(lambda _: "Nothing of this holds, said Zorro.")
    monkeypatch.setattr(library.resources, "build_generator", lambda _: generator)
    monkeypatch.chdir(tmp_path)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(example()[0], "digest.md", "exec"), {})
    return said.getvalue().strip().splitlines()


def test_the_example_of_the_documents_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAG_EMBEDDER_ENGINE", "hash")
    lines = printed(monkeypatch, tmp_path)
    assert any("articles" in line and "stories" in line for line in lines)
    assert len(lines) >= 3


@pytest.mark.slow
def test_the_example_tells_the_days_and_disagreements_that_the_documents_show(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, minilm_path: Path
) -> None:
    lines = printed(monkeypatch, tmp_path)
    assert minilm_path.is_dir()
    # Sentences of the model may differ from one machine to the next; what rules find does not.
    wanted = [line for line in example()[1] if line.startswith(("2022-", "disagree"))]
    assert wanted
    assert [line for line in lines if line.startswith(("2022-", "disagree"))] == wanted
