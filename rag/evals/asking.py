"""Ask the system about given texts, and record its answers and their cost.

The texts become records of a small index, read by ``News.ingest`` and queried through ``News.ask``:
this measures the path of a reader's question, not a shortcut to the model.
"""

import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from math import nan
from pathlib import Path
from statistics import median

from rag.evals.metrics import figure, token_f1
from rag.evals.sets import Evidence, HopQuestion
from rag.evals.task import Figure, Record
from rag.evals.workbench import Workbench
from rag.library import News
from rag.types import Answer, Draft, Filters, Found, Passage

OTHER_FACTS = 6  # of other questions, mixed with the evidence of a MultiHop-RAG question
HOP_SOURCE_TOKENS = 1200  # ten facts with title, publisher and date take about 800
RIGHT_F1 = 0.5  # least F1 at which a span answers the question, though its boundaries may differ
INSUFFICIENT = "Insufficient information"  # what MultiHop-RAG expects in place of a refusal


@dataclass(frozen=True, slots=True)
class Text:
    """An article, paragraph, fact or snippet to ask about."""

    text: str
    title: str = ""
    publisher: str = ""
    published: str = ""  # ISO 8601
    url: str = ""


class TextIndex:
    """A small index in its own temporary folder that holds the texts of one question at a time.

    All texts are candidates for the prompt: at least ``passages`` of them, and as many of one
    article, since the question is known to be about these texts. What exceeds
    ``retrieve.source_tokens`` is left out as for a reader, unless a larger budget is given.
    """

    def __init__(self, bench: Workbench, *, passages: int = 0, source_tokens: int = 0) -> None:
        """Open nothing yet; zeros mean the values of the settings."""
        chosen = bench.settings.retrieve
        passages = max(passages, chosen.passages)
        wider = {
            "passages": passages,
            "per_article": passages,
            "source_tokens": max(source_tokens, chosen.source_tokens),
        }
        self._bench = bench
        self._settings = bench.settings.model_copy(
            update={"retrieve": chosen.model_copy(update=wider)}
        )
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._held: tuple[Text, ...] = ()

    def holding(self, texts: Sequence[Text]) -> News:
        """Return the library with these texts and no others, valid until the next call."""
        if self._folder is None:
            # Removed when this object is dropped: the bench closes the library in it.
            self._folder = tempfile.TemporaryDirectory(
                prefix="rag-eval-", ignore_cleanup_errors=True
            )
        folder = Path(self._folder.name)
        news = self._bench.news(folder / "index", self._settings)
        if self._held != tuple(texts):
            if self._held:
                news.delete([article.id for article in news.articles()])
            self._held = tuple(texts)
            records = folder / "texts.jsonl"
            lines = (json.dumps(_record(place, text)) for place, text in enumerate(texts))
            records.write_text("\n".join(lines), encoding="utf-8")
            news.ingest(records)
        return news


def _record(place: int, text: Text) -> dict[str, str]:
    # Facts of one article share its address, but each must be found separately.
    url = f"{text.url}#text-{place}" if text.url else ""
    known = {
        "text": text.text,
        "title": text.title,
        "publisher": text.publisher,
        "published": text.published,
        "url": url,
    }
    return {"id": str(place), **{name: value for name, value in known.items() if value}}


def ask(news: News, question: str, *, filters: Filters | None = None) -> tuple[Answer, Record]:
    """Ask, and record what is needed to investigate an error later.

    Times are in seconds from the question; ``source_tokens`` counts the passages that the model
    reads before its first token.
    """
    start, first = time.perf_counter(), 0.0
    read: tuple[Passage, ...] = ()
    for event in news.stream(question, filters=filters):
        match event:
            case Found(passages) if not first:
                read = passages
            case Draft() if not first:
                first = time.perf_counter() - start
            case Answer():
                answer = event
    seconds = time.perf_counter() - start
    return answer, {
        "short": answer.short,
        "text": answer.text,
        "draft": answer.draft,
        "status": answer.status,
        "refused": answer.refused,
        "unsure": answer.status == "unsure",
        "confidence": answer.confidence,
        "signals": asdict(answer.signals),
        "sentences": 0 if answer.refused else len(answer.claims),
        "supported": 0 if answer.refused else sum(claim.supported for claim in answer.claims),
        "ask_seconds": seconds,
        "first_token": first or seconds,
        "source_tokens": sum(news.generator.count_tokens(each.chunk.text) for each in read),
        "prompt_tokens": answer.timing.prompt_tokens,
        "output_tokens": answer.timing.output_tokens,
        "passages": len(answer.passages),
    }


def shown_sentences(path: tuple[str, ...], records: Sequence[Record]) -> Figure:
    """Share of the sentences shown in answers that are marked as fully supported."""

    def share(counts: Sequence[tuple[float, float]]) -> float:
        sentences = sum(each for _, each in counts)
        return sum(supported for supported, _ in counts) / sentences if sentences else nan

    noted = [record for record in records if record.get("sentences")]
    counts = [(_number(record, "supported"), _number(record, "sentences")) for record in noted]
    return figure((*path, "sentences_supported"), counts, share)


def costs(path: tuple[str, ...], records: Sequence[Record]) -> Iterator[Figure]:
    """Medians: source tokens before the first token, seconds to it and to the end.

    ``refusal_ratio`` is the median time of a refusal divided by that of an answer.
    """
    noted = [record for record in records if "source_tokens" in record]
    for name, field in (
        ("source_tokens", "source_tokens"),
        ("first_word_seconds", "first_token"),
        ("answer_seconds", "ask_seconds"),
    ):
        yield figure((*path, name), [_number(record, field) for record in noted], median)
    times = [(bool(record["refused"]), _number(record, "ask_seconds")) for record in noted]
    yield figure((*path, "refusal_ratio"), times, _refusal_ratio)


def _refusal_ratio(times: Sequence[tuple[bool, float]]) -> float:
    refusals = [seconds for refused, seconds in times if refused]
    answers = [seconds for refused, seconds in times if not refused]
    return median(refusals) / median(answers) if refusals and answers else nan


def _number(record: Record, name: str) -> float:
    value = record[name]
    assert isinstance(value, int | float), f"{name} of a record is to be a number"
    return float(value)


def proposed(answer: Answer) -> str:
    """Return the short answer; for a refusal, the first line of its withheld draft."""
    lines = (line.strip() for line in answer.draft.splitlines())
    return answer.short or next(filter(None, lines), "")


def answers_span(answer: Answer, golds: Sequence[str]) -> bool:
    """Whether the answer, given or withheld, matches a gold span up to its boundaries."""
    return token_f1(proposed(answer), golds) >= RIGHT_F1


def shown(answer: Answer) -> str:
    """Return all the text given to the model, including titles."""
    return "\n".join(f"{each.article.title}\n{each.chunk.text}" for each in answer.passages)


class Hops:
    """Questions of MultiHop-RAG, each over its evidence mixed with facts of other questions."""

    def __init__(self, bench: Workbench, questions: Sequence[HopQuestion], *, seed: int) -> None:
        """Take all ``questions`` of the set, since the other facts are drawn from them."""
        most = max((len(question.evidence) for question in questions), default=0) + OTHER_FACTS
        self._answered = bench.answered
        self._index = TextIndex(bench, passages=most, source_tokens=HOP_SOURCE_TOKENS)
        every = (fact for question in questions for fact in question.evidence)
        self._pool = tuple({(fact.url, fact.fact): fact for fact in every}.values())
        self._seed = seed

    def facts(self, question: HopQuestion) -> tuple[Evidence, ...]:
        """Return the evidence and :data:`OTHER_FACTS` facts of other articles, shuffled."""
        own = {fact.url for fact in question.evidence}
        others = [fact for fact in self._pool if fact.url not in own]
        draw = random.Random(f"{self._seed}:{question.key}")  # noqa: S311 - nothing secret
        mixed = [*question.evidence, *draw.sample(others, min(OTHER_FACTS, len(others)))]
        draw.shuffle(mixed)
        return tuple(mixed)

    def ask(self, question: HopQuestion) -> tuple[Answer, Record]:
        """Answer from :meth:`facts`; return answer and record, cached per bench."""
        key = question, self._seed
        if key not in self._answered:
            news = self._index.holding(tuple(map(_text, self.facts(question))))
            self._answered[key] = ask(news, question.text)
        return self._answered[key]


def _text(fact: Evidence) -> Text:
    published = fact.published.isoformat() if fact.published else ""
    return Text(fact.fact, fact.title, fact.source, published, fact.url)


def said(answer: Answer) -> str:
    """Return the short answer in the form that MultiHop-RAG's scorer expects."""
    return INSUFFICIENT if answer.refused else answer.short
