"""When the system refuses to answer, and how confident it is when it answers."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from rag.evals.asking import Hops, TextIndex, answers_span, ask, proposed
from rag.evals.metrics import aurc, exact_match, f1, figure, holds, mean_figure, precision, recall
from rag.evals.questions import (
    HopQuestion,
    Quiz,
    QuizQuestion,
    SnippetQuestion,
    SpanQuestion,
    multihop,
    quizzes,
    rgb,
    squad2,
)
from rag.evals.sets import sample, sample_each
from rag.evals.task import Figure, Item, Record, by_dataset, item_of
from rag.evals.workbench import Workbench
from rag.types import Answer, Filters

COMBINED = "squad2_and_multihop_null"
SNIPPETS = 5  # as in RGB
_POSITIVES = 3  # of these snippets, if there is enough noise: RGB's noise ratio of 0.4
_DECIMALS = 6  # of a confidence: further digits differ from machine to machine

Case = Literal["mixed", "negative", "wrong"]


@dataclass(frozen=True)
class Refusal:
    """The ``refusal`` task: precision, recall and F1 of refusing, and the risk-coverage curve.

    Datasets, each with what is to be refused and when an answer counts as right:

    - ``squad2*`` (Rajpurkar et al. 2018), one paragraph each: the impossible questions; F1 of the
      short answer at least 0.5.
    - ``multihop_null`` (MultiHop-RAG), facts given: the null queries; exact match.
    - ``squad2_and_multihop_null``: the union of all squad2 questions and the null queries. A
      refusal of an answerable squad2 question costs precision, an answer to an impossible one or
      to a null query recall. The answerable questions of MultiHop-RAG are not in it.
    - ``rgb`` (Chen et al. 2024), five snippets: where all are irrelevant; the output contains the
      answer. ``misled`` covers a third case, snippets that state a false answer among others: how
      often the output contains the false answer and not the true one. It has its own n.
    - ``realtimeqa_*_nota``, own retrieval over the whole corpus as of the question's date, the
      choice among answers of which one is "None of the above": choosing it is a refusal, but it
      keeps its place on the risk-coverage curve, since it is right or wrong like any choice.

    An unsure answer is an answer; ``strict_precision``, ``strict_recall``, ``strict_f1`` count it
    as a refusal. ``accuracy``: the share of questions with the right outcome. ``coverage``: the
    share of questions answered; ``risk``: the share of wrong answers among these. ``aurc``: the
    area under the risk-coverage curve (Geifman & El-Yaniv 2017), most confident first, refusals
    last and counted as wrong, since they give no answer: the area can be 0 only for a set whose
    questions are all answerable.
    """

    bench: Workbench

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """List the questions of all available sets; neighbours share a paragraph where possible."""
        draw, data = partial(sample, limit=limit, seed=seed), self.bench.data
        index = TextIndex(self.bench)
        items = [
            item_of(span, partial(_span, index, span))
            for spans in sample_each(squad2(data), limit=limit, seed=seed).values()
            for span in sorted(spans, key=lambda each: each.context_key)
        ]
        asked = multihop(data)
        hops = Hops(self.bench, asked, seed=seed)
        for hop in draw(asked):
            items.append(item_of(hop, partial(_hop, hops, hop), "multihop_null"))
        five = TextIndex(self.bench, passages=SNIPPETS)
        cases = [(each, case) for each in rgb(data) for case in _cases(each)]
        for each, case in draw(cases, key=lambda pair: f"{pair[0].key}/{pair[1]}"):
            run = partial(_snippet, five, each, case, seed)
            items.append(Item(f"rgb/{each.key}/{case}", "rgb", run))
        for quiz in quizzes(data):
            with_none = [each for each in quiz.questions if each.nota_none is not None]
            for question in draw(with_none):
                run = partial(self._nota, quiz, question)
                items.append(item_of(question, run, f"{quiz.name}_nota"))
        return items

    def _nota(self, quiz: Quiz, question: QuizQuestion) -> Record:
        news = self.bench.corpus(quiz)
        filters = Filters(as_of=question.day)
        shares = news.choose(question.text, question.nota_choices, filters=filters)
        chosen = shares.index(max(shares))
        wrong = chosen != question.nota_correct
        return {
            "question": question.text,
            "gold": question.nota_choices[question.nota_correct],
            "choices": list(question.nota_choices),
            "chosen": question.nota_choices[chosen],
            "shares": list(shares),
            "wanted": question.nota_correct == question.nota_none,
            "refused": chosen == question.nota_none,
            "wrong": wrong,
            "confidence": round(max(shares), _DECIMALS),
            "score": float(not wrong),
        }

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute the metrics of every dataset, and of the combined one if both parts are there."""
        figures: list[Figure] = []
        for dataset, own in sorted(by_dataset(records).items()):
            figures += _measures(dataset, [record for record in own if "wanted" in record])
            misled = [record["misled"] for record in own if "misled" in record]
            figures.append(mean_figure((dataset, "misled"), misled))
        squad = [record for record in records if record["dataset"].startswith("squad2")]
        null = [r for r in records if r["dataset"] == "multihop_null" and r["wanted"]]
        if squad and null:
            figures += _measures(COMBINED, [*squad, *null])
        return figures


def _outcome(
    question: str, gold: Sequence[str], answer: Answer, note: Record, *, wanted: bool, right: bool
) -> Record:
    """Build the record of an answer.

    ``wanted`` says whether a refusal is expected, ``right`` whether the answer, or the one that a
    refusal withheld, is correct; the record's ``right`` is false for questions without an answer.
    ``confidence`` and ``wrong`` are for the risk-coverage curve: a refusal ranks below every
    answer, 1 below what the system gave, which is saved as ``stated_confidence``.
    """
    refused = answer.refused
    return {
        "question": question,
        "gold": list(gold),
        **note,
        "wanted": wanted,
        "right": right and not wanted,
        "wrong": refused or wanted or not right,
        "stated_confidence": answer.confidence,
        "confidence": round(answer.confidence - refused, _DECIMALS),
        "score": float(refused if wanted else right and not refused),
    }


def _span(index: TextIndex, question: SpanQuestion) -> Record:
    answer, note = ask(index.holding([question.context]), question.text)
    right = answers_span(answer, question.answers)
    return _outcome(
        question.text, question.answers, answer, note, wanted=question.impossible, right=right
    )


def _hop(hops: Hops, question: HopQuestion) -> Record:
    answer, note = hops.ask(question)
    right = bool(exact_match(proposed(answer), (question.answer,)))
    gold = () if question.unanswerable else (question.answer,)
    return _outcome(question.text, gold, answer, note, wanted=question.unanswerable, right=right)


def _cases(question: SnippetQuestion) -> Iterator[Case]:
    """Yield the cases that the question has snippets for."""
    if question.positive:
        yield "mixed"
    if question.negative:
        yield "negative"
    if question.positive_wrong:
        yield "wrong"


def _snippet(index: TextIndex, question: SnippetQuestion, case: Case, seed: int) -> Record:
    texts = snippets(question, case, seed=seed)
    answer, note = ask(index.holding(texts), question.text)
    reply = f"{proposed(answer)}\n{answer.text}"
    right = holds(reply, question.answers)
    if case == "wrong":
        misled = not answer.refused and not right and holds(reply, question.fake_answers)
        return {
            "question": question.text,
            "gold": list(question.answers),
            "false": list(question.fake_answers),
            "case": case,
            **{name: value for name, value in note.items() if name != "confidence"},
            "stated_confidence": answer.confidence,
            "misled": misled,
        }
    gold = question.answers if case == "mixed" else ()
    wanted = case == "negative"
    outcome = _outcome(question.text, gold, answer, note, wanted=wanted, right=right)
    return {**outcome, "case": case}


def snippets(question: SnippetQuestion, case: Case, *, seed: int) -> tuple[str, ...]:
    """Draw up to five snippets and shuffle them: three of them state an answer.

    As in RGB, more than three do if there is too little noise; in the case ``negative`` none does.
    """
    stating = {
        "mixed": question.positive,
        "wrong": question.positive_wrong,
        "negative": (),
    }[case]
    noise = question.negative[: SNIPPETS - min(_POSITIVES, len(stating))]
    chosen = [*stating[: SNIPPETS - len(noise)], *noise]
    random.Random(f"{seed}:{question.key}:{case}").shuffle(chosen)  # noqa: S311 - nothing secret
    return tuple(chosen)


def _measures(dataset: str, records: Sequence[Record]) -> Iterator[Figure]:
    if not records:
        return
    answers = [record for record in records if "status" in record]  # choices have none
    for prefix, own, refused in (
        ("", records, [record["refused"] for record in records]),
        ("strict_", answers, [record["status"] != "answered" for record in answers]),
    ):
        wanted = [record["wanted"] for record in own]
        for name, metric in (("precision", precision), ("recall", recall), ("f1", f1)):
            yield figure((dataset, f"{prefix}{name}"), metric, wanted, refused)
    wrong = [record["wrong"] for record in records]
    yield figure((dataset, "aurc"), aurc, [record["confidence"] for record in records], wrong)
    yield mean_figure((dataset, "accuracy"), [record["score"] for record in records])
    yield mean_figure((dataset, "coverage"), [not record["refused"] for record in records])
    given = [record for record in records if not record["refused"]]
    yield mean_figure((dataset, "risk"), [record["wrong"] for record in given])
