"""When the system refuses to answer, and how confident it is when it answers."""

import random
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Literal

from rag.evals import sets
from rag.evals.asking import Hops, Text, TextIndex, answers_span, ask, proposed
from rag.evals.metrics import (
    exact_match,
    figure,
    holds,
    mean_figure,
    precision_recall_f1,
    risk_coverage,
)
from rag.evals.sets import HopQuestion, Quiz, QuizQuestion, SnippetQuestion, SpanQuestion
from rag.evals.task import Figure, Item, Record
from rag.evals.workbench import Workbench
from rag.types import Answer, Filters

COMBINED = "squad2_and_multihop_null"
SNIPPETS = 5  # as in RGB
_POSITIVES = 3  # of these snippets, if there is enough noise: RGB's noise ratio of 0.4
_DECIMALS = 6  # of a confidence: further digits differ from machine to machine

Case = Literal["mixed", "negative", "wrong"]


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

    name = "refusal"

    def __init__(self, bench: Workbench) -> None:
        """Open nothing yet."""
        self._bench = bench

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """List the questions of all available sets; neighbours share a paragraph where possible."""
        data = self._bench.data
        quizzes, hops = sets.quizzes(data), sets.multihop(data)
        squad, rgb = sets.squad2(data), sets.rgb(data)
        found = {"squad2": squad, "multihop_rag": hops, "rgb": rgb, "realtimeqa": quizzes}
        for kind, rows in found.items():
            if not rows:
                self._bench.missing(self.name, kind)
        return [
            *self._squad(squad, limit, seed),
            *self._hops(hops, limit, seed),
            *self._snippets(rgb, limit, seed),
            *(item for quiz in quizzes for item in self._quiz(quiz, limit, seed)),
        ]

    def _squad(
        self, questions: Sequence[SpanQuestion], limit: int | None, seed: int
    ) -> Iterator[Item]:
        index = TextIndex(self._bench)
        for dataset in dict.fromkeys(question.dataset for question in questions):
            own = [question for question in questions if question.dataset == dataset]
            drawn = sets.sample(own, limit=limit, seed=seed, key=lambda each: each.key)
            for question in sorted(drawn, key=lambda each: each.context_key):
                yield Item(f"{dataset}/{question.key}", dataset, partial(_span, index, question))

    def _hops(
        self, questions: Sequence[HopQuestion], limit: int | None, seed: int
    ) -> Iterator[Item]:
        room = Hops(self._bench, questions, seed=seed)
        for question in sets.sample(questions, limit=limit, seed=seed, key=lambda each: each.key):
            run = partial(_hop, room, question)
            yield Item(f"multihop_null/{question.key}", "multihop_null", run)

    def _snippets(
        self, questions: Sequence[SnippetQuestion], limit: int | None, seed: int
    ) -> Iterator[Item]:
        index = TextIndex(self._bench, passages=SNIPPETS)
        cases = [(question, case) for question in questions for case in _cases(question)]
        drawn = sets.sample(
            cases, limit=limit, seed=seed, key=lambda pair: f"{pair[0].key}/{pair[1]}"
        )
        for question, case in drawn:
            run = partial(_snippet, index, question, case, seed)
            yield Item(f"rgb/{question.key}/{case}", "rgb", run)

    def _quiz(self, quiz: Quiz, limit: int | None, seed: int) -> Iterator[Item]:
        asked = [question for question in quiz.questions if question.nota_none is not None]
        dataset = f"{quiz.name}_nota"
        for question in sets.sample(asked, limit=limit, seed=seed, key=lambda each: each.key):
            yield Item(f"{dataset}/{question.key}", dataset, partial(self._nota, quiz, question))

    def _nota(self, quiz: Quiz, question: QuizQuestion) -> Record:
        news = self._bench.corpus(quiz)
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
        for dataset in sorted({str(record["dataset"]) for record in records}):
            own = [record for record in records if record["dataset"] == dataset]
            figures += _measures(dataset, [record for record in own if "wanted" in record])
            misled = [float(bool(record["misled"])) for record in own if "misled" in record]
            if misled:
                figures.append(mean_figure((dataset, "misled"), misled))
        squad = [record for record in records if str(record["dataset"]).startswith("squad2")]
        hops = [record for record in records if record["dataset"] == "multihop_null"]
        null = [record for record in hops if record["wanted"]]
        if squad and null:
            figures += _measures(COMBINED, [*squad, *null])
        return figures


def _outcome(
    question: str,
    gold: Sequence[str],
    answer: Answer,
    note: Record,
    *,
    wanted: bool,
    right: bool,
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
    answer, note = ask(index.holding((Text(question.context),)), question.text)
    right = answers_span(answer, question.answers)
    return _outcome(
        question.text, question.answers, answer, note, wanted=question.impossible, right=right
    )


def _hop(room: Hops, question: HopQuestion) -> Record:
    answer, note = room.ask(question)
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
    answer, note = ask(index.holding(tuple(map(Text, texts))), question.text)
    said = f"{proposed(answer)}\n{answer.text}"
    right = holds(said, question.answers)
    if case == "wrong":
        misled = not answer.refused and not right and holds(said, question.fake_answers)
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


def _measures(dataset: str, records: Sequence[Record]) -> list[Figure]:
    if not records:
        return []
    pairs = [(bool(record["wanted"]), bool(record["refused"])) for record in records]
    strict = [
        (bool(record["wanted"]), record["status"] != "answered")
        for record in records
        if "status" in record
    ]
    curve = [(_number(record, "confidence"), bool(record["wrong"])) for record in records]
    risks = [float(bool(record["wrong"])) for record in records if not record["refused"]]
    return [
        *(
            figure((dataset, f"{reading}{name}"), given, partial(_of_refusing, place))
            for reading, given in (("", pairs), ("strict_", strict))
            for place, name in enumerate(("precision", "recall", "f1"))
        ),
        figure((dataset, "aurc"), curve, _area),
        mean_figure((dataset, "accuracy"), [_number(record, "score") for record in records]),
        mean_figure((dataset, "coverage"), [float(not refused) for _, refused in pairs]),
        mean_figure((dataset, "risk"), risks),
    ]


def _of_refusing(place: int, pairs: Sequence[tuple[bool, bool]]) -> float:
    """Precision, recall or F1 by index; each pair says if a refusal was expected and given."""
    wanted, refused = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return precision_recall_f1(wanted, refused)[place]


def _area(curve: Sequence[tuple[float, bool]]) -> float:
    return risk_coverage([sure for sure, _ in curve], [wrong for _, wrong in curve]).area


def _number(record: Record, name: str) -> float:
    value = record[name]
    assert isinstance(value, int | float), f"{name} of a record is to be a number"
    return float(value)
