"""Retrieval: is the right article found, and does the model's context contain the answer."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rag.config import Settings
from rag.evals.asking import text_of
from rag.evals.journal import write_whole
from rag.evals.metrics import first_place, hit, holds, mean_figure, reciprocal_rank
from rag.evals.questions import Quiz, QuizQuestion, SpanQuestion, quizzes, xquad
from rag.evals.sets import sample, sample_each
from rag.evals.task import Figure, Item, Record, by_dataset
from rag.evals.workbench import Workbench
from rag.search import excerpts, within
from rag.types import Filters

_DEPTH = 50  # articles looked at
_WIDE = 24  # passages whose sentences are ranked
_READ = (350, 700, 1000)  # tokens of sentences
_CUTS = (1, 3, 5, 10)
_DATED = ("as_of", "undated")


class Retrieval:
    """Ranks of the gold articles or passages among the first 50 found.

    RealTime QA, by ``News.find``: the questions whose gold articles are known, as of their date and
    without it; if the index keeps a gold article at another address, that one is gold.
    ``answer_in_context`` over a sample of all questions: whether the passages that the model would
    be shown contain the answer, as whole words; ``answer_in_350``, 700 and 1000: whether the
    leading sentences (:func:`rag.search.excerpts`) of so many tokens do. XQuAD, by ``News.search``:
    the passage of the right paragraph, among all paragraphs.

    Variants: ``hybrid`` is the settings unchanged but without a reranker, ``lexical`` and ``dense``
    each search alone, ``reranked`` the settings with their reranker, if they name one.
    """

    def __init__(self, bench: Workbench, *, context: bool = True) -> None:
        """Create the task; ``context`` adds ``answer_in_context``, using a generator tokenizer."""
        self._bench = bench
        self._context = context
        self._variants = variants(bench.settings)
        self._best = "reranked" if "reranked" in self._variants else "hybrid"

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """One item per question; ``limit`` applies to the ranked and to the context items each."""
        draw = partial(sample, limit=limit, seed=seed)
        items = list[Item]()
        for quiz in quizzes(self._bench.data):
            for question in draw([each for each in quiz.questions if each.gold_urls]):
                run = partial(self._places, quiz, question)
                items.append(Item(f"{quiz.name}/{question.key}", quiz.name, run))
            for question in draw(quiz.questions) if self._context else ():
                run = partial(self._in_context, quiz, question)
                items.append(Item(f"{quiz.name}/{question.key}/context", quiz.name, run))
        paragraphs = xquad(self._bench.data)
        for dataset, spans in sample_each(paragraphs, limit=limit, seed=seed).items():
            own = [each for each in paragraphs if each.dataset == dataset]
            for span in spans:
                run = partial(self._span, own, span)
                items.append(Item(f"{dataset}/{span.key}", dataset, run))
        return items

    def _places(self, quiz: Quiz, question: QuizQuestion) -> Record:
        corpus = self._bench.corpus(quiz)
        folder, copies = corpus.folder, self._bench.copies(corpus)
        gold = [copies.get(url, url) for url in question.gold_urls]
        found = {}
        for variant, settings in self._variants.items():
            news = self._bench.news(folder, settings)
            for dated in _DATED:
                filters = _filters(question, dated)
                ranking = [
                    f.article.url for f in news.find(question.text, filters=filters, k=_DEPTH)
                ]
                found[f"{variant}/{dated}"] = first_place(ranking, gold)
        score = reciprocal_rank(found[f"{self._best}/as_of"])
        return {"question": question.text, "places": found, "score": score}

    def _in_context(self, quiz: Quiz, question: QuizQuestion) -> Record:
        news, found = self._bench.corpus(quiz), {}
        for dated in _DATED:
            filters = _filters(question, dated)
            shown = text_of(news.shown(question.text, filters=filters))
            found[f"{dated}/answer_in_context"] = holds(shown, question.answers)
            wide = news.search(question.text, filters=filters, k=_WIDE)
            ranked = excerpts(question.text, wide)
            for tokens in _READ:
                count = self._bench.models.generator.count_tokens
                leading = text_of(within(ranked, tokens=tokens, count=count))
                found[f"{dated}/answer_in_{tokens}"] = holds(leading, question.answers)
        return {"in_context": found}

    def _span(self, own: Sequence[SpanQuestion], question: SpanQuestion) -> Record:
        folder, gold = self._paragraphs(own), _url(question)
        places = {}
        for variant, settings in self._variants.items():
            found = self._bench.news(folder, settings).search(question.text, k=_DEPTH)
            ranking = list(dict.fromkeys(passage.article.url for passage in found))
            places[variant] = first_place(ranking, (gold,))
        score = reciprocal_rank(places["hybrid"])
        return {"question": question.text, "places": places, "score": score}

    def _paragraphs(self, own: Sequence[SpanQuestion]) -> Path:
        """Index the paragraphs of a set, each as an article without a title."""
        records = self._bench.out / f"{own[0].dataset}.jsonl"
        if not records.is_file():
            contexts = {_url(question): question.context for question in own}
            rows = ({"url": url, "title": "", "text": text} for url, text in contexts.items())
            write_whole(records, "".join(json.dumps(row) + "\n" for row in rows))
        return self._bench.ingested(records).folder

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute hit@1, 3, 5, 10 and MRR@10 per variant, and context figures as configured."""
        figures = list[Figure]()
        for dataset, own in by_dataset(records).items():
            for name, places in _columns(own, "places").items():
                figures += _ranked((dataset, *name.split("/")), places)
            for name, held in _columns(own, "in_context").items():
                figures.append(mean_figure((dataset, self._best, *name.split("/")), held))
        return figures


def _columns(records: Sequence[Record], field: str) -> dict[str, list[Any]]:
    """Collect the values of a table that some records have, by their names in it."""
    columns: dict[str, list[Any]] = {}
    for record in records:
        for name, value in record.get(field, {}).items():
            columns.setdefault(name, []).append(value)
    return columns


def variants(settings: Settings) -> dict[str, Settings]:
    """Return the settings of each variant, by name."""

    def changed(*, reranker: bool = False, **weights: float) -> Settings:
        retrieve = settings.retrieve.model_copy(update=weights)
        kept = settings.reranker if reranker else settings.reranker.model_copy(update={"model": ""})
        return settings.model_copy(update={"retrieve": retrieve, "reranker": kept})

    found = {
        "lexical": changed(dense_weight=0.0, sentence_weight=0.0),
        "dense": changed(lexical_weight=0.0, sentence_weight=0.0),
        "hybrid": changed(),
    }
    if settings.reranker.model:
        found["reranked"] = changed(reranker=True)
    return found


def _url(question: SpanQuestion) -> str:
    """Return the address under which a question's paragraph is indexed."""
    return f"https://paragraph.invalid/{question.context_key}"


def _filters(question: QuizQuestion, dated: str) -> Filters:
    return Filters(as_of=question.day) if dated == "as_of" else Filters()


def _ranked(path: tuple[str, ...], places: Sequence[int | None]) -> list[Figure]:
    figures = [mean_figure((*path, f"hit@{k}"), [hit(p, k) for p in places]) for k in _CUTS]
    return [*figures, mean_figure((*path, "mrr@10"), [reciprocal_rank(p) for p in places])]
