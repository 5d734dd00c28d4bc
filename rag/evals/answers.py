"""Answer accuracy on news quizzes, long articles and several articles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from rag.evals.asking import (
    Hops,
    TextIndex,
    answer_figures,
    answers_span,
    ask,
    costs,
    proposed,
    scored_answer,
    text_of,
)
from rag.evals.metrics import exact_match, holds, mean_figure, token_f1
from rag.evals.questions import (
    HopQuestion,
    Quiz,
    QuizQuestion,
    SpanQuestion,
    multihop,
    newsqa,
    quizzes,
)
from rag.evals.sets import sample
from rag.evals.task import Figure, Item, Record, by_dataset, item_of
from rag.evals.workbench import Workbench
from rag.types import Answer, Filters

_EXCEPT_WITHIN = 10  # characters at the end of a question
_VARIANT = "as_of"  # every question is asked as of its day


@dataclass(frozen=True)
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

    bench: Workbench

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """List the questions of all available sets; neighbours share an article where possible."""
        draw = partial(sample, limit=limit, seed=seed)
        items = [
            item_of(question, partial(self._quiz, quiz, question))
            for quiz in quizzes(self.bench.data)
            for question in draw(quiz.questions)
        ]
        index = TextIndex(self.bench)
        for story in sorted(draw(newsqa(self.bench.data)), key=lambda each: each.context_key):
            items.append(item_of(story, partial(_read, index, story)))
        asked = multihop(self.bench.data)
        hops = Hops(self.bench, asked, seed=seed)
        for hop in draw(asked):
            items.append(item_of(hop, partial(_hop, hops, hop)))
        return items

    def _quiz(self, quiz: Quiz, question: QuizQuestion) -> Record:
        """Ask freely, then by choice: in this order the engine reads the passages once."""
        news = self.bench.corpus(quiz)
        filters = Filters(as_of=question.day)
        answer, note = ask(news, question.text, filters=filters)
        shares = news.choose(question.text, question.choices, filters=filters)
        chosen = shares.index(max(shares))
        right = chosen == question.correct
        free = {
            **note,
            **_scores(answer, question.answers),
            "answer_in_context": holds(text_of(answer.passages), question.answers),
        }
        choice = {"chosen": question.choices[chosen], "shares": list(shares), "right": right}
        return {
            "question": question.text,
            "gold": list(question.answers),
            "day": question.day.isoformat(),
            "choices": list(question.choices),
            "except": "except" in question.text.strip().lower()[-_EXCEPT_WITHIN:],
            "free": {_VARIANT: free},
            "choice": {_VARIANT: choice},
            "score": float(right),
        }

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute the means over the questions, by dataset and variant."""
        figures: list[Figure] = []
        for dataset, own in sorted(by_dataset(records).items()):
            if "free" in own[0]:
                figures += _quiz_figures(dataset, own)
            elif "kind" in own[0]:
                figures += _hop_figures(dataset, own)
            else:
                figures += _span_figures((dataset,), own)
        return figures


def _scores(answer: Answer, golds: Sequence[str]) -> dict[str, float | bool]:
    em, f1 = exact_match(answer.short, golds), token_f1(answer.short, golds)
    sure = answer.status == "answered"
    strict = {"strict_em": em * sure, "strict_f1": f1 * sure}
    return {"em": em, "f1": f1, **strict, "right": answers_span(answer, golds)}


def _read(index: TextIndex, question: SpanQuestion) -> Record:
    answer, note = ask(index.holding([question.context]), question.text)
    scores = _scores(answer, question.answers)
    return {
        "question": question.text,
        "gold": list(question.answers),
        **note,
        **scores,
        "score": scores["f1"],
    }


def _hop(hops: Hops, question: HopQuestion) -> Record:
    answer, note = hops.ask(question)
    right = exact_match(scored_answer(answer), (question.answer,))
    read = text_of(answer.passages)
    facts = [fact.text in read for fact in question.evidence]
    return {
        "question": question.text,
        "gold": question.answer,
        "kind": question.kind,
        **note,
        "em": right,
        "right": bool(exact_match(proposed(answer), (question.answer,))),
        "evidence_shown": sum(facts) / len(facts) if facts else None,
        "score": right,
    }


def _quiz_figures(dataset: str, records: Sequence[Record]) -> Iterator[Figure]:
    path = (dataset, "free", _VARIANT)
    yield from _span_figures(path, [r["free"][_VARIANT] for r in records if not r["except"]])
    yield from _means(path, [r["free"][_VARIANT] for r in records], ("answer_in_context",))
    right = [record["choice"][_VARIANT]["right"] for record in records]
    yield mean_figure((dataset, "choice", _VARIANT, "accuracy"), right)


def _hop_figures(dataset: str, records: Sequence[Record]) -> Iterator[Figure]:
    for name in ("all", *sorted({record["kind"] for record in records})):
        own = [record for record in records if name in ("all", record["kind"])]
        yield from _means((dataset, name), own, ("em", "refused", "unsure"))
        with_evidence = [record for record in own if record["evidence_shown"] is not None]
        yield from _means((dataset, name), with_evidence, ("evidence_shown",))
    yield from costs((dataset, "all"), records)


def _span_figures(path: tuple[str, ...], records: Sequence[Record]) -> Iterator[Figure]:
    yield from _means(path, records, ("em", "f1", "refused", "unsure", "strict_em", "strict_f1"))
    yield from answer_figures(path, records)


def _means(
    path: tuple[str, ...], records: Sequence[Record], names: Sequence[str]
) -> Iterator[Figure]:
    for name in names:  # a run begun by an earlier release may lack some of them
        values = [record[name] for record in records if name in record]
        yield mean_figure((*path, name), values)
