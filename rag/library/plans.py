"""The plan of a batch of summaries or answers: its items, the work on each, its fingerprint."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic import TypeAdapter

from rag.config import Settings, deciding
from rag.errors import ExtractError, GenerateError
from rag.export import (
    AnswerRow,
    SummaryRow,
    answer_row,
    as_json,
    summary_row,
)
from rag.jobs import Fingerprint, Item, Result, Work
from rag.jobs.questions import read_questions
from rag.library.batches import Plan
from rag.text import content_id
from rag.types import Answer, Answers, Article, Failure, Length, Message, Question, Summaries
from rag.version import own_version

if TYPE_CHECKING:
    from rag.library import News

_PAGE = 500  # articles of an index held in memory at once
_ARTICLE = TypeAdapter(Article)
_QUESTION = TypeAdapter(Question)


def summaries_plan(news: "News", task: Summaries, cancel: threading.Event) -> Plan[SummaryRow]:
    """Plan a batch of summaries. Raises any error that would make every item fail."""
    fingerprint = Fingerprint(
        kind="summaries",
        options=(
            ("length", task.length),
            ("style", task.style),
            ("instruction", task.instruction),
            ("fields", json.dumps(dict(task.fields), ensure_ascii=False)),
        ),
        settings=_summary_settings(news.settings, task.length),
        model=news.generator.identity,
    )
    most = news.settings.batch.article_words
    return Plan(
        SummaryRow,
        fingerprint,
        lambda: (_article_item(found, most, task) for found in _articles(news, task)),
        _summarising(news, task, fingerprint.config, cancel),
        _failed_summary,
        partial(_probe, news),
    )


def _articles(news: "News", task: Summaries) -> Iterator[Article | Failure]:
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


def _article_item(found: Article | Failure, most_words: int, task: Summaries) -> Item:
    """Return an article as an item: whole if it was read from a source, else without its text.

    Sources may be gone when their turn comes (standard input) or differ; the index holds the text
    under an id that is the hash of it.
    """
    if isinstance(found, Failure):
        key = content_id(found.source, found.reason)
        unread = Article("", _address(found.source), "", "")
        return Item(key, found.source, _as_payload(unread), found.reason)
    # The same article read again is the same input, whenever it was fetched.
    key = hashlib.sha256(_as_payload(replace(found, fetched=None)).encode()).hexdigest()
    label, words = found.title or found.url, len(found.text.split())
    without_text = _as_payload(replace(found, text=""))
    if words <= most_words:
        return Item(key, label, _as_payload(found) if task.sources else without_text)
    error = f"has {words:,} words; at most {most_words:,} are read (batch.article_words)"
    return Item(f"{key} {error}", label, without_text, f"{label} {error}")


def _as_payload(article: Article) -> str:
    return _ARTICLE.dump_json(article).decode()


def _address(source: str) -> str:
    """Return a file's address as articles have it, for joining rows; else ``source`` unchanged."""
    try:
        path = Path(source)
        return path.resolve().as_uri() if path.is_file() else source
    except (OSError, ValueError):
        return source


def _summarising(news: "News", task: Summaries, config: str, cancel: threading.Event) -> Work:
    def work(payload: str) -> str:
        article = _ARTICLE.validate_json(payload)
        if not article.text:
            article = news.article(article.id)
        summary = news.summarize(
            article,
            length=task.length,
            style=task.style,
            instruction=task.instruction,
            progress=lambda *_: _raise_if_cancelled(cancel),
        )
        if not summary.text:
            raise ExtractError("nothing in it could be summarised")
        return as_json(summary_row(article, summary, config=config), indent=None)

    return work


def _raise_if_cancelled(cancel: threading.Event) -> None:
    """Abort an item as soon as the batch is cancelled; it then waits for the next run."""
    if cancel.is_set():
        raise GenerateError("the batch was stopped")


def _probe(news: "News") -> None:
    """Raise the engine's error if it cannot generate even one token."""
    for _ in news.generator.stream((Message("user", "Say yes."),), max_tokens=1):
        pass


def _failed_summary(result: Result) -> SummaryRow:
    each = _ARTICLE.validate_json(result.payload)
    return SummaryRow(each.id, each.url, each.title, each.publisher, each.published)


def answers_plan(news: "News", task: Answers, cancel: threading.Event) -> Plan[AnswerRow]:
    """Plan a batch of answers. Raises any error that would make every item fail."""
    fingerprint = _answers_fingerprint(news, task)
    news.embedder  # noqa: B018 - report a missing model before anything else

    def items() -> Iterator[Item]:
        found = read_questions(Path(task.file)) if task.file else iter(task.questions)
        return map(_question_item, found)

    return Plan(
        AnswerRow,
        fingerprint,
        items,
        _answering(news, task, fingerprint.config, cancel),
        _failed_answer,
        partial(_probe, news),
    )


def _answers_fingerprint(news: "News", task: Answers) -> Fingerprint:
    filters, info = task.filters, news.info()
    sections = ("embedder", "reranker", "generator", "retrieve", "answer")
    return Fingerprint(
        kind="answers",
        options=(
            ("since", str(filters.since or "")),
            ("until", str(filters.until or "")),
            ("publishers", ", ".join(filters.publishers)),
            ("as_of", str(filters.as_of or "")),
            ("k", str(task.k or "")),
        ),
        settings=_settings(news.settings, sections),
        model=news.generator.identity,
        reads=f"the index holds {info.articles:,} articles (version {info.generation})",
    )


def _answering(news: "News", task: Answers, config: str, cancel: threading.Event) -> Work:
    def work(payload: str) -> str:
        question = _QUESTION.validate_json(payload)
        with closing(news.stream(question.text, filters=task.filters, k=task.k)) as events:
            for event in events:
                _raise_if_cancelled(cancel)
                if isinstance(event, Answer):
                    row = answer_row(question.id, event, config=config)
                    return as_json(row, indent=None)
        raise AssertionError("a stream ends with its Answer")

    return work


def _question_item(found: Question | Failure) -> Item:
    if isinstance(found, Failure):
        return Item(content_id(found.source, found.reason), found.source, error=found.reason)
    key = hashlib.sha256(f"{found.id}\n{found.text}".encode()).hexdigest()
    return Item(key, found.text, _QUESTION.dump_json(found).decode())


def _failed_answer(result: Result) -> AnswerRow:
    if not result.payload:
        return AnswerRow(result.label, "")
    question = _QUESTION.validate_json(result.payload)
    return AnswerRow(question.id, question.text)


def _summary_settings(settings: Settings, length: Length) -> tuple[tuple[str, str], ...]:
    """Return the settings without the lengths that are not requested."""
    others = {f"summarize.{name}" for name in get_args(Length) if name != length}
    found = _settings(settings, ("generator", "summarize"))
    return tuple((name, value) for name, value in found if name not in others)


def _settings(settings: Settings, sections: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    table = deciding(settings)
    if "generator" in sections and settings.generator.engine == "openai":
        # Servers call quite different models "default".
        table["generator"]["base_url"] = settings.generator.base_url
    found = (
        (f"{section}.{key}", json.dumps(value, ensure_ascii=False))
        for section in sections
        for key, value in table[section].items()
    )
    return (("newsrag", own_version()), *found)
