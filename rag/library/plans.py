"""Plans of summary and answer batches: the items, how each is processed, the fingerprint."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, get_args

from pydantic import TypeAdapter

from rag.config import Settings, deciding
from rag.errors import ExtractError
from rag.export import AnswerRow, SummaryRow, answer_row, as_json, read_row, summary_row
from rag.export.rows import Row
from rag.jobs import Fingerprint, Item, Result
from rag.jobs.questions import read_questions
from rag.text import content_id
from rag.types import Answers, Article, Failure, Length, Message, Question, Summaries
from rag.version import own_version

if TYPE_CHECKING:
    from rag.library import News

_PAGE = 500  # articles of an index held in memory at once
# Usual numbers of the default model: rules and what is written, without the sources.
_SUMMARY_TOKENS, _ANSWER_TOKENS = 330, 700
_TOKENS_A_WORD = 1.35
_ARTICLE = TypeAdapter(Article)
_QUESTION = TypeAdapter(Question)


class Plan(ABC, Generic[Row]):
    """What a batch does: its items, and how each becomes a row.

    Creating a plan raises any error that would make every item fail.
    """

    kind: type[Row]

    def __init__(self, news: "News", fingerprint: Fingerprint) -> None:
        """Set up the plan; ``fingerprint`` covers everything that determines the rows."""
        self.news, self.fingerprint = news, fingerprint

    @abstractmethod
    def items(self) -> Iterator[Item]:
        """Read the input."""

    @abstractmethod
    def make_row(self, payload: str) -> Row:
        """Process an item."""

    @abstractmethod
    def failed_row(self, result: Result) -> Row:
        """Return what is known of a failed item, without error, model and timing."""

    @abstractmethod
    def tokens(self, payload: str) -> int:
        """Estimate how many tokens the model reads and writes for an item, without loading it."""

    def work(self, payload: str) -> str:
        """Process an item and serialize its row for the job table."""
        return as_json(self.make_row(payload), indent=None)

    def row(self, result: Result) -> Row:
        """Return the row of a done or failed item."""
        if result.state == "done":
            return read_row(self.kind, result.text)
        return replace(
            self.failed_row(result),
            model=self.fingerprint.model,
            config=self.fingerprint.config,
            seconds=round(result.seconds, 3),
            error=result.error,
        )

    def probe(self) -> None:
        """Raise the engine's error if it cannot generate even one token."""
        for _ in self.news.generator.stream((Message("user", "Say yes."),), max_tokens=1):
            pass


class SummariesPlan(Plan[SummaryRow]):
    """A summary of each article."""

    kind = SummaryRow

    def __init__(self, news: "News", task: Summaries) -> None:
        self._task = task
        options = (
            ("length", task.length),
            ("style", task.style),
            ("instruction", task.instruction),
            ("fields", json.dumps(dict(task.fields), ensure_ascii=False)),
        )
        others = {f"summarize.{name}" for name in get_args(Length)}
        settings = tuple(
            (name, value)
            for name, value in _settings(news.settings, ("generator", "summarize"))
            if name not in others - {f"summarize.{task.length}"}
        )
        model = news.generator.identity
        super().__init__(news, Fingerprint("summaries", options, settings, model))

    def items(self) -> Iterator[Item]:
        """Read the articles from the sources, or from the index if there are none."""
        return map(self._item, self._articles())

    def _articles(self) -> Iterator[Article | Failure]:
        task, news = self._task, self.news
        if task.sources:
            yield from news.articles_in(task.sources, fields=dict(task.fields))
        elif task.ids:
            yield from map(news.article, task.ids)
        elif task.query:
            limit = task.limit or news.count(filters=task.filters)
            yield from news.matching(task.query, filters=task.filters, limit=limit)
        else:
            most = task.limit or news.count(filters=task.filters)
            for offset in range(0, most, _PAGE):
                limit = min(_PAGE, most - offset)
                yield from news.articles(filters=task.filters, limit=limit, offset=offset)

    def _item(self, found: Article | Failure) -> Item:
        """Return an article as an item: complete if it is from a source, else without its text.

        Sources may have vanished (standard input) or changed by the time they are processed; the
        index stores the text under an id that is its hash.
        """
        if isinstance(found, Failure):
            key = content_id(found.source, found.reason)
            unread = Article("", _address(found.source), "", "")
            return Item(key, found.source, _as_payload(unread), found.reason)
        # An article fetched again is the same input.
        key = hashlib.sha256(_as_payload(replace(found, fetched=None)).encode()).hexdigest()
        label, words = found.title or found.url, len(found.text.split())
        without_text = _as_payload(replace(found, text=""))
        most = self.news.settings.batch.article_words
        if words <= most:
            return Item(key, label, _as_payload(found) if self._task.sources else without_text)
        error = f"has {words:,} words; at most {most:,} are read (batch.article_words)"
        return Item(f"{key} {error}", label, without_text, f"{label} {error}")

    def tokens(self, payload: str) -> int:
        """Count the words of an article that is read whole, or the most that is read of it."""
        words = len(self._read(payload).text.split())
        most = self.news.settings.summarize.source_tokens
        return _SUMMARY_TOKENS + min(most, int(words * _TOKENS_A_WORD))

    def _read(self, payload: str) -> Article:
        article = _ARTICLE.validate_json(payload)
        return article if article.text else self.news.article(article.id)

    def make_row(self, payload: str) -> SummaryRow:
        """Summarise an article."""
        article = self._read(payload)
        summary = self.news.summarize(
            article,
            length=self._task.length,
            style=self._task.style,
            instruction=self._task.instruction,
        )
        if not summary.text:
            raise ExtractError("it contains nothing that can be summarised")
        return summary_row(article, summary, config=self.fingerprint.config)

    def failed_row(self, result: Result) -> SummaryRow:
        """Return the article's metadata."""
        each = _ARTICLE.validate_json(result.payload)
        return SummaryRow(each.id, each.url, each.title, each.publisher, each.published)


class AnswersPlan(Plan[AnswerRow]):
    """An answer to each question."""

    kind = AnswerRow

    def __init__(self, news: "News", task: Answers) -> None:
        self._task = task
        filters, info = task.filters, news.info()
        news.require_articles(filters)
        options = (
            ("since", str(filters.since or "")),
            ("until", str(filters.until or "")),
            ("publishers", ", ".join(filters.publishers)),
            ("as_of", str(filters.as_of or "")),
            *(("article", each) for each in filters.articles),
            ("k", str(task.k or "")),
        )
        sections = ("embedder", "reranker", "generator", "retrieve", "answer")
        settings, model = _settings(news.settings, sections), news.generator.identity
        reads = f"the index holds {info.articles:,} articles (version {info.generation})"
        news.embedder  # noqa: B018 - report a missing model before anything else
        super().__init__(news, Fingerprint("answers", options, settings, model, reads))

    def items(self) -> Iterator[Item]:
        """Read the questions from the file, or those given directly."""
        found: Iterable[Question | Failure] = self._task.questions
        if self._task.file:
            found = read_questions(Path(self._task.file))
        return map(_question_item, found)

    def tokens(self, payload: str) -> int:
        """Return the usual number."""
        return _ANSWER_TOKENS + self.news.settings.retrieve.first_tokens

    def make_row(self, payload: str) -> AnswerRow:
        """Answer a question."""
        question = _QUESTION.validate_json(payload)
        answer = self.news.ask(question.text, filters=self._task.filters, k=self._task.k)
        return answer_row(question.id, answer, config=self.fingerprint.config)

    def failed_row(self, result: Result) -> AnswerRow:
        """Return the question, or the name of the line that has none."""
        if not result.payload:
            return AnswerRow(result.label, "")
        question = _QUESTION.validate_json(result.payload)
        return AnswerRow(question.id, question.text)


def _as_payload(article: Article) -> str:
    return _ARTICLE.dump_json(article).decode()


def _address(source: str) -> str:
    """Return the article address of a file, so that rows can be joined; else ``source``."""
    try:
        path = Path(source)
        return path.resolve().as_uri() if path.is_file() else source
    except (OSError, ValueError):
        return source


def _question_item(found: Question | Failure) -> Item:
    if isinstance(found, Failure):
        return Item(content_id(found.source, found.reason), found.source, error=found.reason)
    key = hashlib.sha256(f"{found.id}\n{found.text}".encode()).hexdigest()
    return Item(key, found.text, _QUESTION.dump_json(found).decode())


def _settings(settings: Settings, sections: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the version and the settings that determine the rows, as text."""
    table = deciding(settings)
    if settings.generator.engine == "openai":  # Different servers call different models "default".
        table["generator"]["base_url"] = settings.generator.base_url
    found = (
        (f"{section}.{key}", json.dumps(value, ensure_ascii=False))
        for section in sections
        for key, value in table[section].items()
    )
    return (("newsrag", own_version()), *found)
