"""Fit how sure an answer is to what runs of ``rag eval`` recorded, and choose the two bars.

    rag eval refusal --data ../shared/data --out reports/refusal
    rag eval answers --data ../shared/data --out reports/answers
    python benchmarks/train_confidence.py reports/* [--write rag/answering/confidence.json]

An answer counts as right if the short answer is, in a refusal the one that was held back; of a
question without an answer nothing is. Every figure is of folds that the weights were not fitted
to; those that are written are fitted to all. A question is in one fold, by the hash of its words,
whichever run asked it. No seed is needed: nothing here is random.

``answer.sure`` is the lowest bar from which the share of right answers reaches ``--precision``,
``answer.maybe``, below which it is a refusal, the highest that costs at most ``--lost`` of the
right ones.
"""

import argparse
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from rag.evals.metrics import auroc, mean, precision, recall
from rag.types import Signals

STRENGTH = 0.3  # scikit-learn's C: the questions are few, a weight must earn its size
FOLDS = 5
BINS = 8  # of equal size, in the table of the calibration
BARS = tuple(number / 20 for number in range(1, 20))
NAMES = tuple(field.name for field in fields(Signals))


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer that was given or held back: its signals, and whether it was right."""

    dataset: str
    question: str
    signals: tuple[float | None, ...]  # in the order of NAMES; None: unknown to the engine
    right: bool
    answerable: bool
    before: float  # the confidence that it had when it was recorded

    @property
    def fold(self) -> int:
        """Where it is held out."""
        return hashlib.sha256(self.question.encode()).digest()[0] % FOLDS


@dataclass(frozen=True, slots=True)
class Fitted:
    """A logistic regression over the signals, and the mean of each of them."""

    bias: float
    weights: dict[str, float]
    typical: dict[str, float]

    def probability(self, asked: Asked) -> float:
        """That the answer is right."""
        values = dict(zip(NAMES, asked.signals, strict=True))
        total = self.bias
        for name, value in values.items():
            total += self.weights[name] * (self.typical[name] if value is None else value)
        return float(1 / (1 + np.exp(-total)))


def answers_of(reports: Sequence[Path]) -> list[Asked]:
    """The answers of the reports; what two runs asked alike counts once."""
    found: dict[tuple[str, str], Asked] = {}
    left = 0
    for report in reports:
        with (report / "items.jsonl").open(encoding="utf-8") as lines:
            for item in map(json.loads, lines):
                for record in _answers(item):
                    values = tuple(record["signals"].get(name) for name in NAMES)
                    before = record.get("stated_confidence", record["confidence"])
                    if set(record["signals"]) != set(NAMES) or not before:
                        left += 1
                        continue
                    question = item["question"]
                    wanted = item.get("wanted", item.get("kind") == "null_query")
                    right = bool(record["right"]) and not wanted
                    asked = Asked(item["dataset"], question, values, right, not wanted, before)
                    found.setdefault((question, record["draft"]), asked)
    print(f"{len(found)} answers; {left} left out: other signals, or nothing to answer with")
    return list(found.values())


def _answers(item: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The records in an item that carry signals and whether the answer was right."""
    if "signals" in item and "right" in item:
        yield item
    else:
        for inner in item.values():
            if isinstance(inner, dict):
                yield from _answers(inner)


def fit(answers: Sequence[Asked], senses: Mapping[str, int]) -> Fitted:
    """The weights; a signal whose weight is against its sense is left out.

    What speaks for an answer may not count against it, nor the other way round: questions without
    an answer that were made to look like others would teach that. A sense of 0 allows both.
    What is unknown counts as it does in a typical answer.
    """
    known = np.array([asked.signals for asked in answers], dtype=float)  # None becomes NaN
    count = (~np.isnan(known)).sum(axis=0)
    typical = np.nansum(known, axis=0) / np.maximum(count, 1)
    table = np.where(np.isnan(known), typical, known)
    right = np.array([asked.right for asked in answers])
    kept = list(range(len(NAMES)))
    while True:
        scaler = StandardScaler().fit(table[:, kept])
        model = LogisticRegression(C=STRENGTH).fit(scaler.transform(table[:, kept]), right)
        weights = dict(zip(kept, model.coef_[0] / scaler.scale_, strict=True))
        wrong = [place for place, weight in weights.items() if weight * senses[NAMES[place]] < 0]
        if not wrong:
            break
        kept = [place for place in kept if place not in wrong]
    bias = model.intercept_[0] - sum(np.array(list(weights.values())) * scaler.mean_)
    named = {name: round(float(weights.get(place, 0.0)), 3) for place, name in enumerate(NAMES)}
    means = {name: round(float(typical[place]), 3) for place, name in enumerate(NAMES)}
    return Fitted(round(float(bias), 3), named, means)


def held_out(answers: Sequence[Asked], senses: Mapping[str, int]) -> list[float]:
    """The probability of each answer by weights that were fitted to the other folds."""
    fitted = {
        fold: fit([asked for asked in answers if asked.fold != fold], senses)
        for fold in {asked.fold for asked in answers}
    }
    return [fitted[asked.fold].probability(asked) for asked in answers]


def show_ranking(answers: Sequence[Asked], likely: Sequence[float]) -> None:
    """AUROC and Brier score for each data set, of the confidence as recorded and as fitted."""
    print(f"\n{'':28}    n  right   AUROC before -> now   Brier score before -> now")
    for name in ("all", *sorted({asked.dataset for asked in answers})):
        own = [
            pair for pair in zip(answers, likely, strict=True) if name in ("all", pair[0].dataset)
        ]
        right = [asked.right for asked, _ in own]
        scores = [asked.before for asked, _ in own], [p for _, p in own]
        area, brier = ([measure(right, each) for each in scores] for measure in (auroc, _brier))
        print(
            f"{name:28} {len(own):4}   {mean(right):.2f}   {area[0]:.3f} -> {area[1]:.3f}"
            f"        {brier[0]:.3f} -> {brier[1]:.3f}"
        )


def _brier(right: Sequence[bool], likely: Sequence[float]) -> float:
    return mean([(p - is_right) ** 2 for p, is_right in zip(likely, right, strict=True)])


def show_calibration(answers: Sequence[Asked], likely: Sequence[float]) -> None:
    """The mean probability beside the share of right answers, in bins of equal size."""
    ordered = sorted(zip(likely, (asked.right for asked in answers), strict=True))
    edges = np.linspace(0, len(ordered), BINS + 1).astype(int).tolist()
    bins = [ordered[low:high] for low, high in pairwise(edges) if high > low]
    gaps = []
    print("\n   n  from   to    mean  right")
    for each in bins:
        middle, share = mean([p for p, _ in each]), mean([float(right) for _, right in each])
        gaps.append(abs(middle - share) * len(each) / len(ordered))
        print(f"{len(each):4}  {each[0][0]:.2f}  {each[-1][0]:.2f}   {middle:.2f}   {share:.2f}")
    print(f"calibration error: {sum(gaps):.3f}")


def show_bars(answers: Sequence[Asked], likely: Sequence[float]) -> None:
    """What a bar refuses, and how often what is at or above it is right."""
    print(
        "\n bar  refused: of right  of unanswerable  precision  recall   at or above: share  right"
    )
    for bar in BARS:
        below = [p < bar for p in likely]
        unanswerable = [not asked.answerable for asked in answers]
        refused = recall(unanswerable, below)
        print(
            f"{bar:.2f}            {_share(answers, below, right=True):.2f}"
            f"             {refused:.2f}       {precision(unanswerable, below):.2f}    {refused:.2f}"
            f"                {1 - mean(below):.2f}   {_precision(answers, likely, bar):.2f}"
        )


def _share(answers: Sequence[Asked], chosen: Sequence[bool], *, right: bool) -> float:
    return mean([c for a, c in zip(answers, chosen, strict=True) if a.right == right])


def _precision(answers: Sequence[Asked], likely: Sequence[float], bar: float) -> float:
    return mean([asked.right for asked, p in zip(answers, likely, strict=True) if p >= bar])


def bars(
    answers: Sequence[Asked], likely: Sequence[float], *, precision: float, lost: float
) -> tuple[float | None, float]:
    """The bars ``sure`` (None where none reaches the precision) and ``maybe``, at most ``sure``."""
    sure = next((bar for bar in BARS if _precision(answers, likely, bar) >= precision), None)
    cheap = [
        bar
        for bar in BARS
        if _share(answers, [p < bar for p in likely], right=True) <= lost and bar <= (sure or 1)
    ]
    return sure, max(cheap, default=0.0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("reports", type=Path, nargs="+", help="folders of rag eval refusal or answers")
    add("--precision", type=float, default=0.9, help="wanted of what is answered as sure")
    add("--lost", type=float, default=0.05, help="share of right answers that may be refused")
    add("--against", nargs="*", default=(), choices=NAMES, help="signals against an answer")
    add("--either", nargs="*", default=(), choices=NAMES, help="signals that may be either")
    add("--write", type=Path, help="where to write confidence.json")
    return parser


def main() -> None:
    """Read the reports, print the tables, and write the weights where asked."""
    parser = _parser()
    options = parser.parse_args()
    for report in options.reports:
        if not (report / "items.jsonl").is_file():
            parser.error(f"{report} holds no items.jsonl: run rag eval refusal --out {report}")
    answers = answers_of(options.reports)
    for fold in range(FOLDS):
        if len({asked.right for asked in answers if asked.fold != fold}) < 2:
            parser.error("right answers and wrong ones are needed in more than one fold")
    senses = dict.fromkeys(NAMES, 1)
    senses |= dict.fromkeys(options.against, -1) | dict.fromkeys(options.either, 0)
    likely = held_out(answers, senses)
    show_ranking(answers, likely)
    show_calibration(answers, likely)
    show_bars(answers, likely)
    sure, maybe = bars(answers, likely, precision=options.precision, lost=options.lost)
    reached = f"{sure:.2f}" if sure else f"none: no bar reaches {options.precision}"
    print(f"\nanswer.sure = {reached}; answer.maybe = {maybe:.2f}")
    fitted = fit(answers, senses)
    held = {"bias": fitted.bias, "weights": fitted.weights, "typical": fitted.typical}
    text = json.dumps(held, indent=1) + "\n"
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
