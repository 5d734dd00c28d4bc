"""Answer accuracy on news quizzes, long articles and several articles."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from rag.evals import sets
from rag.evals.asking import (
    Hops,
    Text,
    TextIndex,
    answers_span,
    ask,
    costs,
    proposed,
    said,
    shown,
    shown_sentences,
)
from rag.evals.metrics import exact_match, holds, mean, mean_figure, token_f1
from rag.evals.sets import HopQuestion, Quiz, QuizQuestion, SpanQuestion
from rag.evals.task import Figure, Item, Record
from rag.evals.workbench import Workbench
from rag.types import Answer, Filters

_EXCEPT_WITHIN = 10  # characters at the end of a question


class Answers:
    """The ``answers`` task. Every measure reads ``Answer.short``; a refusal counts as wrong.

    An unsure answer counts as any other; ``strict_em`` and ``strict_f1`` count it as wrong too.
    ``sentences_supported``: the share of shown sentences marked as fully supported.
    ``source_tokens``, ``first_word_seconds``, ``answer_seconds``: medians; ``refusal_ratio``: the
    median time of a refusal divided by that of an answer.

    RealTime QA (Kasai et al. 2023), with own retrieval over the whole corpus: ``free`` answers by
    EM and F1 of SQuAD's scorer, the best over the gold answers, without the questions that end in
    "except" (they cannot be asked without their choices; the official scorer omits them too);
    ``choice`` among the given ones. ``answer_in_context``: whether the passages shown contain the
    answer.

    NewsQA (Trischler et al. 2017), with the article given: EM and F1.

    MultiHop-RAG (Tang & Yang 2024), with the evidence among six facts of other questions: exact
    match in SQuAD's normal form, by kind of question; for a null query the right answer is a
    refusal. ``evidence_shown``: the share of a question's facts that fitted into the prompt.
    """

    name = "answers"

    def __init__(self, bench: Workbench, *, undated: bool = False) -> None:
        """Create the task; ``undated`` also asks the quizzes without date, in twice the time."""
        self._bench = bench
        self._variants = ("as_of", "undated") if undated else ("as_of",)

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """List the questions of all available sets; neighbours share an article where possible."""
        quizzes = sets.quizzes(self._bench.data)
        newsqa = sets.newsqa(self._bench.data)
        hops = sets.multihop(self._bench.data)
        for kind, found in (("realtimeqa", quizzes), ("newsqa", newsqa), ("multihop_rag", hops)):
            if not found:
                self._bench.missing(self.name, kind)
        items: list[Item] = []
        for quiz in quizzes:
            drawn = sets.sample(quiz.questions, limit=limit, seed=seed, key=lambda each: each.key)
            items += (_item(each, partial(self._quiz, quiz, each)) for each in drawn)
        articles = sets.sample(newsqa, limit=limit, seed=seed, key=lambda each: each.key)
        index = TextIndex(self._bench)
        for story in sorted(articles, key=lambda each: each.context_key):
            items.append(_item(story, partial(_read, index, story)))
        room = Hops(self._bench, hops, seed=seed)
        for hop in sets.sample(hops, limit=limit, seed=seed, key=lambda each: each.key):
            items.append(_item(hop, partial(_hop, room, hop)))
        return items

    def _quiz(self, quiz: Quiz, question: QuizQuestion) -> Record:
        """Ask freely, then by choice: in this order the engine reads the passages once."""
        news = self._bench.corpus(quiz)
        free: dict[str, Record] = {}
        choice: dict[str, Record] = {}
        for variant in self._variants:
            filters = Filters(as_of=question.day if variant == "as_of" else None)
            answer, note = ask(news, question.text, filters=filters)
            free[variant] = {
                **note,
                **_scores(answer, question.answers),
                "answer_in_context": holds(shown(answer), question.answers),
            }
            shares = news.choose(question.text, question.choices, filters=filters)
            chosen = shares.index(max(shares))
            choice[variant] = {
                "chosen": question.choices[chosen],
                "shares": list(shares),
                "right": chosen == question.correct,
            }
        return {
            "question": question.text,
            "gold": list(question.answers),
            "day": question.day.isoformat(),
            "choices": list(question.choices),
            "except": _asks_except(question.text),
            "free": free,
            "choice": choice,
            "score": float(bool(choice["as_of"]["right"])),
        }

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute the means over the questions, by dataset and variant."""
        figures: list[Figure] = []
        for dataset in sorted({str(record["dataset"]) for record in records}):
            own = [record for record in records if record["dataset"] == dataset]
            if "free" in own[0]:
                figures += _quiz_figures(dataset, own, self._variants)
            elif "kind" in own[0]:
                figures += _hop_figures(dataset, own)
            else:
                figures += _free_figures((dataset,), own)
        return figures


def _item(question: QuizQuestion | SpanQuestion | HopQuestion, run: Callable[[], Record]) -> Item:
    return Item(f"{question.dataset}/{question.key}", question.dataset, run)


def _asks_except(question: str) -> bool:
    return "except" in question.strip().lower()[-_EXCEPT_WITHIN:]


def _scores(answer: Answer, golds: Sequence[str]) -> dict[str, float | bool]:
    em, f1 = exact_match(answer.short, golds), token_f1(answer.short, golds)
    sure = answer.status == "answered"
    strict = {"strict_em": em * sure, "strict_f1": f1 * sure}
    return {"em": em, "f1": f1, **strict, "right": answers_span(answer, golds)}


def _read(index: TextIndex, question: SpanQuestion) -> Record:
    answer, note = ask(index.holding((Text(question.context),)), question.text)
    scores = _scores(answer, question.answers)
    return {
        "question": question.text,
        "gold": list(question.answers),
        **note,
        **scores,
        "score": scores["f1"],
    }


def _hop(room: Hops, question: HopQuestion) -> Record:
    answer, note = room.ask(question)
    right = exact_match(said(answer), (question.answer,))
    read = shown(answer)
    facts = [float(fact.fact in read) for fact in question.evidence]
    return {
        "question": question.text,
        "gold": question.answer,
        "kind": question.kind,
        **note,
        "em": right,
        "right": bool(exact_match(proposed(answer), (question.answer,))),
        "evidence_shown": mean(facts) if facts else None,
        "score": right,
    }


def _quiz_figures(
    dataset: str, records: Sequence[Record], variants: Sequence[str]
) -> Iterator[Figure]:
    for variant in variants:
        every = [_within(record, "free", variant) for record in records]
        asked = [record for record in records if not record["except"]]
        free = [_within(record, "free", variant) for record in asked]
        path = (dataset, "free", variant)
        yield from _free_figures(path, free)
        yield from _means(path, every, ("answer_in_context",))
        chosen = [float(bool(_within(r, "choice", variant)["right"])) for r in records]
        yield mean_figure((dataset, "choice", variant, "accuracy"), chosen)


def _hop_figures(dataset: str, records: Sequence[Record]) -> Iterator[Figure]:
    kinds = sorted({str(record["kind"]) for record in records})
    for name in ("all", *kinds):
        own = [record for record in records if name in ("all", record["kind"])]
        yield from _means((dataset, name), own, ("em", "refused", "unsure"))
        if any(record["evidence_shown"] is not None for record in own):
            yield from _means((dataset, name), own, ("evidence_shown",))
    yield from costs((dataset, "all"), records)


def _free_figures(path: tuple[str, ...], records: Sequence[Record]) -> Iterator[Figure]:
    yield from _means(path, records, ("em", "f1", "refused", "unsure", "strict_em", "strict_f1"))
    yield shown_sentences(path, records)
    yield from costs(path, records)


def _means(path: tuple[str, ...], records: Sequence[Record], names: Sequence[str]) -> list[Figure]:
    figures = []
    for name in names:
        values = (record.get(name) for record in records)
        known = [float(value) for value in values if isinstance(value, int | float)]
        figures.append(mean_figure((*path, name), known))
    return figures


def _within(record: Record, *names: str) -> Record:
    for name in names:
        inner = record[name]
        assert isinstance(inner, Mapping), f"{name} of a record is to be an object"
        record = inner
    return record
