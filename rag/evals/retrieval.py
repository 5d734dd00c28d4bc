"""Retrieval: is the right article found, and does the model's context contain the answer."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from rag.config import Settings
from rag.evals.journal import write_whole
from rag.evals.metrics import first_place, hit, holds, mean_figure, reciprocal_rank, records_of
from rag.evals.sets import Quiz, QuizQuestion, SpanQuestion, quizzes, sample, xquad
from rag.evals.task import Figure, Item, Record
from rag.evals.workbench import Workbench, file_digest
from rag.library import News
from rag.search import excerpts, within
from rag.types import Filters, Passage

_DEPTH = 50  # articles looked at
_WIDE = 24  # passages whose sentences are ranked
_READ = (350, 700, 1000)  # tokens of sentences
_CUTS = (1, 3, 5, 10)
_DATED = ("as_of", "undated")


class Retrieval:
    """Ranks of the gold articles or passages among the first 50 found.

    RealTime QA, by ``News.find``: the questions whose gold articles are known, as of their date and
    without it; ``answer_in_context`` over a sample of all questions: whether the passages that the
    model would be shown contain the answer, as whole words; ``answer_in_350``, 700 and 1000:
    whether the leading sentences (:func:`rag.search.excerpts`) of so many tokens do. XQuAD, by
    ``News.search``: the passage of the right paragraph, among all paragraphs.

    Variants: ``hybrid`` is the settings unchanged but without a reranker, ``lexical`` and ``dense``
    each search alone, ``reranked`` the settings with their reranker, if they name one.
    """

    name = "retrieval"

    def __init__(self, bench: Workbench, *, context: bool = True) -> None:
        """Create the task; ``context`` adds ``answer_in_context``, using a generator tokenizer."""
        self._bench = bench
        self._context = context
        self._variants = variants(bench.settings)

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """One item per question; ``limit`` applies to the ranked and to the context items each."""
        items = list[Item]()
        found = quizzes(self._bench.data)
        if not found:
            self._bench.missing(self.name, "realtimeqa")
        for quiz in found:
            gold = [question for question in quiz.questions if question.gold_urls]
            for question in _drawn(gold, limit, seed):
                run = partial(self._places, quiz, question)
                items.append(Item(f"{quiz.name}/{question.key}", quiz.name, run))
            for question in _drawn(quiz.questions, limit, seed) if self._context else ():
                run = partial(self._in_context, quiz, question)
                items.append(Item(f"{quiz.name}/{question.key}/context", quiz.name, run))
        paragraphs = xquad(self._bench.data)
        if not paragraphs:
            self._bench.missing(self.name, "xquad")
        for dataset in dict.fromkeys(question.dataset for question in paragraphs):
            own = [question for question in paragraphs if question.dataset == dataset]
            for span in sample(own, limit=limit, seed=seed, key=lambda one: one.key):
                items.append(Item(f"{dataset}/{span.key}", dataset, partial(self._span, own, span)))
        return items

    def _places(self, quiz: Quiz, question: QuizQuestion) -> Record:
        folder = self._bench.corpus(quiz).folder
        found = {}
        for variant, settings in self._variants.items():
            news = self._bench.news(folder, settings)
            for dated in _DATED:
                ranking = articles(news, question.text, _filters(question, dated))
                found[f"{variant}/{dated}"] = first_place(ranking, question.gold_urls)
        best = "reranked" if "reranked" in found else "hybrid"
        score = reciprocal_rank(found[f"{best}/as_of"])
        return {"question": question.text, "places": found, "score": score}

    def _in_context(self, quiz: Quiz, question: QuizQuestion) -> Record:
        news = self._bench.corpus(quiz)
        found = {}
        for dated in _DATED:
            filters = _filters(question, dated)
            shown = news.shown(question.text, filters=filters)
            found[f"{dated}/answer_in_context"] = _held(shown, question)
            wide = news.search(question.text, filters=filters, k=_WIDE)
            ranked = excerpts(question.text, wide)
            for tokens in _READ:
                leading = within(ranked, tokens=tokens, count=self._bench.generator.count_tokens)
                found[f"{dated}/answer_in_{tokens}"] = _held(leading, question)
        return {"in_context": found}

    def _span(self, own: Sequence[SpanQuestion], question: SpanQuestion) -> Record:
        folder = self._paragraphs(own)
        gold = paragraph_url(question.context_key)
        places = {
            variant: first_place(
                passages(self._bench.news(folder, settings), question.text), (gold,)
            )
            for variant, settings in self._variants.items()
        }
        return {
            "question": question.text,
            "places": places,
            "score": reciprocal_rank(places["hybrid"]),
        }

    def _paragraphs(self, own: Sequence[SpanQuestion]) -> Path:
        """Index the paragraphs of a set, each as an article without a title."""
        dataset = own[0].dataset
        records = self._bench.out / f"{dataset}.jsonl"
        if not records.is_file():
            contexts = {question.context_key: question.context for question in own}
            lines = (
                json.dumps({"url": paragraph_url(key), "title": "", "text": text})
                for key, text in contexts.items()
            )
            write_whole(records, "\n".join(lines) + "\n")
        digest = file_digest(records)
        folder = self._bench.out / f"index-{digest[:12]}"
        return self._bench.ingested(folder, records, digest).folder

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute hit@1, 3, 5, 10 and MRR@10 per variant, and context figures as configured."""
        figures = list[Figure]()
        for dataset in dict.fromkeys(str(record["dataset"]) for record in records):
            own = records_of(records, dataset)
            places: dict[str, list[int | None]] = {}
            context: dict[str, list[float]] = {}
            for record in own:
                for name, place in _table(record.get("places")).items():
                    places.setdefault(name, []).append(None if place is None else int(str(place)))
                for name, held in _table(record.get("in_context")).items():
                    context.setdefault(name, []).append(float(bool(held)))
            for name, each in places.items():
                figures += _ranked((dataset, *name.split("/")), each)
            best = "reranked" if "reranked" in self._variants else "hybrid"
            for name, held_each in context.items():
                figures.append(mean_figure((dataset, best, *name.split("/")), held_each))
        return figures


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


def articles(news: News, question: str, filters: Filters) -> list[str]:
    """Return the addresses of the articles found, best first."""
    return [found.article.url for found in news.find(question, filters=filters, k=_DEPTH)]


def passages(news: News, question: str) -> list[str]:
    """Return the addresses of the articles whose passages are found, best first, each once."""
    return list(dict.fromkeys(p.article.url for p in news.search(question, k=_DEPTH)))


def paragraph_url(key: str) -> str:
    """Return the address under which a paragraph is indexed."""
    return f"https://paragraph.invalid/{key}"


def _drawn(
    questions: Sequence[QuizQuestion], limit: int | None, seed: int
) -> tuple[QuizQuestion, ...]:
    return sample(questions, limit=limit, seed=seed, key=lambda question: question.key)


def _filters(question: QuizQuestion, dated: str) -> Filters:
    return Filters(as_of=question.day) if dated == "as_of" else Filters()


def _held(passages: Sequence[Passage], question: QuizQuestion) -> bool:
    text = "\n".join(f"{each.article.title}\n{each.chunk.text}" for each in passages)
    return holds(text, question.answers)


def _ranked(path: tuple[str, ...], places: Sequence[int | None]) -> list[Figure]:
    figures = [mean_figure((*path, f"hit@{k}"), [hit(p, k) for p in places]) for k in _CUTS]
    return [*figures, mean_figure((*path, "mrr@10"), [reciprocal_rank(p) for p in places])]


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
