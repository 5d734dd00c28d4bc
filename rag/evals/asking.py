"""Ask the system about given texts, and record its answers and their cost.

The texts become records of a small index, read by ``News.ingest`` and queried through ``News.ask``:
this measures the path of a reader's question, not a shortcut to the model.
"""

import json
import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from rag.evals.metrics import figure, median, refusal_ratio, share, token_f1
from rag.evals.questions import Evidence, HopQuestion
from rag.evals.task import Figure, Record
from rag.evals.workbench import Workbench
from rag.index import Index
from rag.library import News
from rag.types import Answer, Draft, Filters, Found, Passage

OTHER_FACTS = 6  # of other questions, mixed with the evidence of a MultiHop-RAG question
HOP_SOURCE_TOKENS = 1200  # ten facts with title, publisher and date take about 800
RIGHT_F1 = 0.5  # least F1 at which a span answers the question, though its boundaries may differ
INSUFFICIENT = "Insufficient information"  # what MultiHop-RAG expects in place of a refusal
# Figures of cost, each with the field of a record that it is the median of.
_COSTS = {
    "source_tokens": "source_tokens",
    "first_word_seconds": "first_token",
    "answer_seconds": "ask_seconds",
}


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
        self._held: list[Record] = []

    @cached_property
    def _folder(self) -> "tempfile.TemporaryDirectory[str]":
        # Removed when this object is dropped: the bench closes the library in it.
        return tempfile.TemporaryDirectory(prefix="rag-eval-", ignore_cleanup_errors=True)

    def holding(self, texts: Iterable[str | Evidence]) -> News:
        """Return the library with these texts and no others, valid until the next call."""
        folder = Path(self._folder.name)
        news = self._bench.news(folder / "index", self._settings)
        records = [_record(place, text) for place, text in enumerate(texts)]
        if self._held != records:
            if self._held:
                news.delete([article.id for article in news.articles()])
            self._held = records
            path = folder / "texts.jsonl"
            path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
            Index(news.folder, create=True).close()  # there is one, though no text may be readable
            news.ingest(path)
        return news


def _record(place: int, text: str | Evidence) -> Record:
    known = {"text": text} if isinstance(text, str) else text.model_dump(mode="json")
    if known.get("url"):  # facts of one article share its address, but each is to be found
        known["url"] = f"{known['url']}#text-{place}"
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


def answer_figures(path: tuple[str, ...], records: Sequence[Record]) -> Iterator[Figure]:
    """Share of the sentences shown that are marked as fully supported; medians of the costs.

    Source tokens before the first token, seconds to it and to the end; ``refusal_ratio`` is the
    median time of a refusal divided by that of an answer.
    """
    answered = [record for record in records if record.get("sentences")]
    yield figure(
        (*path, "sentences_supported"),
        share,
        [record["supported"] for record in answered],
        [record["sentences"] for record in answered],
    )
    yield from costs(path, records)


def costs(path: tuple[str, ...], records: Sequence[Record]) -> Iterator[Figure]:
    """Compute the medians of :func:`answer_figures`."""
    noted = [record for record in records if "source_tokens" in record]
    for name, field in _COSTS.items():
        yield figure((*path, name), median, [record[field] for record in noted])
    refused = [record["refused"] for record in noted]
    seconds = [record["ask_seconds"] for record in noted]
    yield figure((*path, "refusal_ratio"), refusal_ratio, refused, seconds)


def proposed(answer: Answer) -> str:
    """Return the short answer; for a refusal, the first line of its withheld draft."""
    lines = (line.strip() for line in answer.draft.splitlines())
    return answer.short or next(filter(None, lines), "")


def answers_span(answer: Answer, golds: Sequence[str]) -> bool:
    """Whether the answer, given or withheld, matches a gold span up to its boundaries."""
    return token_f1(proposed(answer), golds) >= RIGHT_F1


def text_of(passages: Sequence[Passage]) -> str:
    """Return all the text that a model is given, including titles."""
    return "\n".join(f"{each.article.title}\n{each.chunk.text}" for each in passages)


class Hops:
    """Questions of MultiHop-RAG, each over its evidence mixed with facts of other questions."""

    def __init__(self, bench: Workbench, questions: Sequence[HopQuestion], *, seed: int) -> None:
        """Take all ``questions`` of the set, since the other facts are drawn from them."""
        most = max((len(question.evidence) for question in questions), default=0) + OTHER_FACTS
        self._answered = bench.answered
        self._index = TextIndex(bench, passages=most, source_tokens=HOP_SOURCE_TOKENS)
        every = (fact for question in questions for fact in question.evidence)
        self._pool = tuple({(fact.url, fact.text): fact for fact in every}.values())
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
            news = self._index.holding(self.facts(question))
            self._answered[key] = ask(news, question.text)
        return self._answered[key]


def scored_answer(answer: Answer) -> str:
    """Return the short answer in the form that MultiHop-RAG's scorer expects."""
    return INSUFFICIENT if answer.refused else answer.short
