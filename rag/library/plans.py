"""The plan of a batch of summaries or answers: its items, the work on each, its fingerprint."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from pydantic import TypeAdapter

from rag.config import Settings, deciding
from rag.errors import ExtractError
from rag.export import (
    AnswerRow,
    SummaryRow,
    answer_row,
    as_json,
    read_row,
    summary_row,
)
from rag.jobs import Fingerprint, Item, Result, Work
from rag.jobs.questions import read_questions
from rag.library.batches import Plan
from rag.text import content_id
from rag.types import Answers, Article, Failure, Length, Message, Question, Summaries
from rag.version import own_version

if TYPE_CHECKING:
    from rag.library import News

_PAGE = 500  # articles of an index held in memory at once
_ARTICLE = TypeAdapter(Article)
_QUESTION = TypeAdapter(Question)


def summaries_plan(news: "News", task: Summaries) -> Plan[SummaryRow]:
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
        lambda: (_article_item(found, most) for found in _articles(news, task)),
        _summarising(news, task, fingerprint.config),
        lambda text: read_row(SummaryRow, text),
        lambda result: _failed_summary(result, fingerprint),
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


def _article_item(found: Article | Failure, most_words: int) -> Item:
    if isinstance(found, Failure):
        unread = Article("", _address(found.source), "", "")
        payload = _ARTICLE.dump_json(unread).decode()
        return Item(
            content_id(found.source, found.reason), found.source, payload, error=found.reason
        )
    # The same article read again is the same input, whenever it was fetched.
    content = _ARTICLE.dump_json(replace(found, fetched=None))
    key, label = hashlib.sha256(content).hexdigest(), found.title or found.url
    payload = _ARTICLE.dump_json(found).decode()
    words = len(found.text.split())
    if words <= most_words:
        return Item(key, label, payload)
    brief = Article(
        found.id, found.url, found.title, "", found.publisher, published=found.published
    )
    error = f"has {words:,} words; at most {most_words:,} are read (batch.article_words)"
    return Item(f"{key} {error}", label, _ARTICLE.dump_json(brief).decode(), f"{label} {error}")


def _address(source: str) -> str:
    """Return a file's address as articles have it, for joining rows; else ``source`` unchanged."""
    try:
        path = Path(source)
        return path.resolve().as_uri() if path.is_file() else source
    except (OSError, ValueError):
        return source


def _summarising(news: "News", task: Summaries, config: str) -> Work:
    def work(payload: str) -> str:
        article = _ARTICLE.validate_json(payload)
        summary = news.summarize(
            article,
            length=task.length,
            style=task.style,
            instruction=task.instruction,
        )
        if not summary.text:
            raise ExtractError("nothing in it could be summarised")
        return as_json(summary_row(article, summary, config=config), indent=None)

    return work


def _probe(news: "News") -> None:
    """Raise the engine's error if it cannot generate even one token."""
    for _ in news.generator.stream((Message("user", "Say yes."),), max_tokens=1):
        pass


def _failed_summary(result: Result, fingerprint: Fingerprint) -> SummaryRow:
    found = _ARTICLE.validate_json(result.payload)
    return SummaryRow(
        found.id,
        found.url,
        found.title,
        found.publisher,
        found.published,
        model=fingerprint.model,
        config=fingerprint.config,
        seconds=round(result.seconds, 3),
        error=result.error,
    )


def answers_plan(news: "News", task: Answers) -> Plan[AnswerRow]:
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
        _answering(news, task, fingerprint.config),
        lambda text: read_row(AnswerRow, text),
        lambda result: _failed_answer(result, fingerprint),
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


def _answering(news: "News", task: Answers, config: str) -> Work:
    def work(payload: str) -> str:
        question = _QUESTION.validate_json(payload)
        answer = news.ask(question.text, filters=task.filters, k=task.k)
        return as_json(answer_row(question.id, answer, config=config), indent=None)

    return work


def _question_item(found: Question | Failure) -> Item:
    if isinstance(found, Failure):
        return Item(content_id(found.source, found.reason), found.source, error=found.reason)
    key = hashlib.sha256(f"{found.id}\n{found.text}".encode()).hexdigest()
    return Item(key, found.text, _QUESTION.dump_json(found).decode())


def _failed_answer(result: Result, fingerprint: Fingerprint) -> AnswerRow:
    asked = Question(result.label, "")
    if result.payload:
        asked = _QUESTION.validate_json(result.payload)
    return AnswerRow(
        asked.id,
        asked.text,
        model=fingerprint.model,
        config=fingerprint.config,
        seconds=round(result.seconds, 3),
        error=result.error,
    )


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
