"""Fit how sure an answer is to questions with and without one, and say how well it does on others.

    rag eval refusal --data ../shared/data --out reports/refusal
    python benchmarks/train_confidence.py reports/refusal [--write rag/answer/confidence.json]

The report's items are split in two by the hash of their keys. The weights are fitted to one half
and every figure is of the other, so those that are written were not fitted to what is reported.
Only the bias and, for each signal, a weight and its typical value enter the file. No seed is needed:
nothing here is random.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from rag.answer.confidence import confidence
from rag.evaluate.metrics import auroc, precision_recall_f1
from rag.types import Signals

STRENGTH = 0.3  # scikit-learn's C: the questions are few, a weight must earn its size
BARS = (0.5, 0.55, 0.6, 0.65, 0.7)
NAMES = tuple(field.name for field in fields(Signals))
SENSE = {
    "refusing": -1,
    "yes_or_no": 0,
}  # of a signal: for an answer unless it stands here; 0: either


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: the signals of its answer, whether it has one, and where it belongs.

    ``held`` says that something was left to answer with: where nothing was, no confidence matters.
    """

    dataset: str
    signals: Signals
    answerable: bool
    held: bool
    ours: bool  # in the half that is fitted


def asked(report: Path) -> list[Asked]:
    """The questions of a report of ``rag eval refusal`` that carry all signals."""
    found = []
    with (report / "items.jsonl").open(encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if "signals" not in record or "wanted" not in record:
                continue
            ours = hashlib.sha256(record["key"].encode()).digest()[0] % 2 == 0
            signals = Signals(**record["signals"])
            if record["told_confidence"] > 0 and None in astuple(signals):
                continue  # an engine that tells no probabilities teaches nothing
            held = record["told_confidence"] > 0
            found.append(Asked(record["dataset"], signals, not record["wanted"], held, ours))
    return found


def fit(questions: Sequence[Asked]) -> dict[str, object]:
    """The weights by signal and the bias.

    What speaks for an answer may not count against it, nor the other way round: impossible questions
    that were made to look like possible ones would teach that. Such a signal is left out.
    """
    held = [question for question in questions if question.held]
    answerable = np.array([question.answerable for question in held])
    kept = list(NAMES)
    while True:
        scaler = StandardScaler()
        x = scaler.fit_transform([[getattr(q.signals, name) for name in kept] for q in held])
        model = LogisticRegression(C=STRENGTH).fit(x, answerable)
        weights = dict(zip(kept, map(float, model.coef_[0] / scaler.scale_), strict=True))
        wrong = [name for name, w in weights.items() if w * SENSE.get(name, 1) < 0]
        if not wrong:
            break
        kept = [name for name in kept if name not in wrong]
    means = dict(zip(kept, map(float, scaler.mean_), strict=True))
    bias = float(model.intercept_[0]) - sum(w * means[name] for name, w in weights.items())
    named = {name: round(weights.get(name, 0.0), 3) for name in NAMES}
    told = {name: [getattr(question.signals, name) for question in held] for name in NAMES}
    typical = {name: round(float(np.mean(each)), 3) for name, each in told.items()}
    return {"bias": round(bias, 3), "weights": named, "typical": typical}


def probability(question: Asked, fitted: dict[str, object] | None) -> float:
    """How sure the answer is; by the weights in use where none are given; 0 without an answer."""
    if not question.held:
        return 0.0
    if fitted is None:
        return confidence(question.signals)
    weights, bias = fitted["weights"], fitted["bias"]
    assert isinstance(weights, dict)
    assert isinstance(bias, float)
    total = bias + sum(weights[name] * getattr(question.signals, name) for name in NAMES)
    return float(1 / (1 + np.exp(-total)))


def show(label: str, questions: Sequence[Asked], fitted: dict[str, object] | None) -> None:
    """A line: how many, the AUROC, and precision and recall of refusing below each bar."""
    if not questions:
        return
    likely = [probability(question, fitted) for question in questions]
    wanted = [not question.answerable for question in questions]
    both = len(set(wanted)) == 2
    area = f"{auroc([not want for want in wanted], likely):.3f}" if both else "    -"
    cells = []
    for bar in BARS:
        refused = [p == 0 or p < bar for p in likely]
        precision, recall, _ = precision_recall_f1(wanted, refused)
        cells.append(f"{precision:.2f}/{recall:.2f}/{np.mean(refused):.2f}")
    print(f"{label:34} {len(questions):4}  {area}  {'  '.join(cells)}")


def best_bar(questions: Sequence[Asked], fitted: dict[str, object]) -> float:
    """The bar with the highest F1 of refusing."""

    def f1(bar: float) -> float:
        refused = [probability(question, fitted) < bar for question in questions]
        return precision_recall_f1([not q.answerable for q in questions], refused)[2]

    return max(BARS, key=f1)


def combined(questions: Sequence[Asked]) -> list[Asked]:
    """The squad2 questions and the null queries of MultiHop-RAG."""
    return [
        question
        for question in questions
        if question.dataset.startswith("squad2")
        or (question.dataset == "multihop_null" and not question.answerable)
    ]


def tables(questions: Sequence[Asked], fitted: dict[str, object]) -> None:
    """The fitted half, then the other, a line for each data set and for squad2 and null queries."""
    bars = "  ".join(f"{f'below {bar}':>14}" for bar in BARS)
    print(f"{'':34}    n  auroc  {bars}   (precision / recall / share refused)")
    for half, ours in (("fitted", True), ("other", False)):
        own = [question for question in questions if question.ours == ours]
        groups = {name: [q for q in own if q.dataset == name] for name in {q.dataset for q in own}}
        groups["squad2 and null"] = combined(own)
        for name, group in sorted(groups.items()):
            for kind, weights in (("in use", None), ("new", fitted)):
                show(f"{half} half, {name}, {kind}", group, weights)


def main() -> None:
    """Read the reports, print the tables, and write the weights where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("reports", type=Path, nargs="+", help="folders of rag eval refusal")
    parser.add_argument("--write", type=Path, help="where to write confidence.json")
    options = parser.parse_args()
    questions = []
    for report in options.reports:
        if not (report / "items.jsonl").is_file():
            parser.error(f"{report} holds no items.jsonl: run rag eval refusal --out {report}")
        questions += asked(report)
    ours = [question for question in questions if question.ours and question.held]
    if len({question.answerable for question in ours}) < 2:
        parser.error("the fitted half needs questions with an answer and without one")
    fitted = fit(ours)
    tables(questions, fitted)
    bar = best_bar(combined([question for question in questions if question.ours]), fitted)
    print(f"answer.sure: {bar} has the highest F1 in the fitted half, squad2 and null")
    text = json.dumps(fitted, indent=1) + "\n"
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
