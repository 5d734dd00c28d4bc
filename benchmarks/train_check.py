"""Fit the claim check's weights to what people said, and say how well it does on articles not seen.

    python benchmarks/train_check.py --data ../shared/data [--write rag/check/weights.json]

People: QAGS (three votes a sentence) and FRANK (share of a summary's sentences that are true). Pairs:
the rows "fit" of the project's own table of true retellings and altered ones, as many true as false.
Claims in small letters throughout, as most of the first two are, have weights of their own, fitted
without the pairs. No text enters the weights' file, only numbers. Everything is seeded.
"""

import argparse
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.check import VETO, Checker
from rag.check.decide import PLAIN, Regression, Weights
from rag.config import load
from rag.evals.faithfulness import passage_of, split
from rag.evals.metrics import auroc, balanced_accuracy
from rag.evals.texts import frank_judged, qags
from rag.library.components import build_parser
from rag.text import content_id, normalise
from rag.types import Passage

SEED, FOLDS, RIDGE = 0, 10, 10.0
# Of FRANK's XSum summaries nine in ten are false: no fair picture of what models write.
SET_WEIGHTS = {"frank_xsum": 0.3, "pairs": 12.0}
# Of what models write more is true than of the pairs, and less than of QAGS.
TRUE_WEIGHTS = {"pairs": 2.33}
TRUE_OF_PEOPLE = 0.65
BARS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
PAIRS = Path(__file__).resolve().parent.parent / "tests" / "gate" / "check_pairs.jsonl"

Floats = npt.NDArray[np.float64]
Fitted = tuple[Floats, float]  # weights and bias


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence with its features; ``group`` is its article, ``text`` the summary that it is of."""

    dataset: str
    group: str
    text: str
    truth: float
    features: dict[str, float]
    contradicted: bool
    whole: bool


def judged(data: Path, checker: Checker) -> Iterator[Row]:
    """What people judged, a sentence a row; a summary's share of true sentences counts for each."""
    texts = sorted((*qags(data), *frank_judged(data)), key=lambda text: (text.article, text.key))
    for one in texts:
        parts = split(one.text) if one.dataset.startswith("frank") else [normalise(one.text)]
        for part in parts:
            yield _row(checker, one.dataset, passage_of(one.article), one.key, part, one.truth)


def fitting(path: Path, checker: Checker) -> Iterator[Row]:
    """The pairs of the table that may be fitted to; the others are never read for it."""
    for line in path.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        if pair["split"] == "fit":
            passage = passage_of(pair["source"], pair["title"])
            day = date.fromisoformat(pair["published"]) if pair["published"] else None
            passage = replace(passage, article=replace(passage.article, published=day))
            truth = float(pair["supported"])
            yield _row(checker, "pairs", passage, pair["id"], pair["claim"], truth)


def _row(
    checker: Checker, dataset: str, passage: Passage, key: str, claim: str, truth: float
) -> Row:
    found = checker.evidence(claim, (passage,))
    group = _group(passage.article.text)
    contradicted = bool(found.kinds & PLAIN)
    return Row(dataset, group, key, truth, dict(found.features), contradicted, found.whole)


def _group(text: str) -> str:
    """Articles of both sets that begin alike are one article."""
    return content_id("", "".join(re.findall(r"[a-z]", text.lower()))[40:160])


def fit(rows: Sequence[Row], names: Sequence[str]) -> Fitted:
    """Logistic regression with a ridge on standardised features; weights of the raw ones, and bias."""
    rows = [row for row in rows if not row.whole]
    x = _matrix(rows, names)
    centre, scale = x.mean(0), x.std(0) + 1e-9
    z = np.hstack([(x - centre) / scale, np.ones((len(x), 1))])
    truth, weight = np.array([row.truth for row in rows]), _weights(rows)
    ridge = np.diag([RIDGE] * x.shape[1] + [0.0])
    w = np.zeros(z.shape[1])
    for _ in range(30):  # Newton's method
        p = 1 / (1 + np.exp(-z @ w))
        slope = z.T @ (weight * (truth - p)) - ridge @ w
        w = w + np.linalg.solve(z.T @ (z * (weight * p * (1 - p))[:, None]) + ridge, slope)
    return w[:-1] / scale, float(w[-1] - (w[:-1] / scale) @ centre)


def _matrix(rows: Sequence[Row], names: Sequence[str]) -> Floats:
    return np.array([[row.features.get(name, 0.0) for name in names] for row in rows])


def _weights(rows: Sequence[Row]) -> Floats:
    sets = np.array([SET_WEIGHTS.get(row.dataset, 1.0) for row in rows])
    true = np.array([TRUE_WEIGHTS.get(row.dataset, TRUE_OF_PEOPLE) for row in rows])
    return np.where([row.truth > 0.5 for row in rows], sets * true, sets)


def both(rows: Sequence[Row], names: Sequence[str]) -> tuple[Fitted, Fitted]:
    """Fitted for claims as they are written, and for those in small letters throughout."""
    return fit(rows, names), fit([row for row in rows if row.dataset != "pairs"], names)


def predict(rows: Sequence[Row], names: Sequence[str], fitted: tuple[Fitted, Fitted]) -> Floats:
    """The scores that the check gives with these weights, float64 (len(rows),)."""
    matrix = _matrix(rows, names)
    cased, caseless = (1 / (1 + np.exp(-(matrix @ each + bias))) for each, bias in fitted)
    likely = np.where([row.features.get("caseless", 0.0) > 0 for row in rows], caseless, cased)
    likely = np.where([row.contradicted for row in rows], VETO * likely, likely)
    return np.where([row.whole for row in rows], 1.0, likely)


def cross_validated(rows: Sequence[Row], names: Sequence[str]) -> Floats:
    """The probability of each row by weights fitted without its article."""
    groups = sorted({row.group for row in rows})
    random.Random(SEED).shuffle(groups)
    fold = {group: place % FOLDS for place, group in enumerate(groups)}
    found = np.zeros(len(rows))
    for k in range(FOLDS):
        out = [i for i, row in enumerate(rows) if fold[row.group] == k]
        fitted = both([row for row in rows if fold[row.group] != k], names)
        if out:
            found[out] = predict([rows[i] for i in out], names, fitted)
    return found


def show(rows: Sequence[Row], found: Floats) -> None:
    """One line a data set: AUROC, then balanced accuracy and recall of true claims at each bar."""
    for dataset in sorted({row.dataset for row in rows}):
        least: dict[str, tuple[bool, float]] = {}
        for row, p in zip(rows, found, strict=True):
            if row.dataset == dataset:
                true = row.truth == 1 if dataset.startswith("frank") else row.truth > 0.5
                least[row.text] = true, min(float(p), least.get(row.text, (True, 1.0))[1])
        truth, scores = [t for t, _ in least.values()], [p for _, p in least.values()]
        bars = []
        for bar in BARS:
            said = [p >= bar for p in scores]
            recall = np.mean([s for s, t in zip(said, truth, strict=True) if t])
            bars.append(f"{balanced_accuracy(truth, said):.3f}/{recall:.2f}")
        print(f"{dataset:14} {len(least):4}  {auroc(truth, scores):.3f}  {'  '.join(bars)}")


def main() -> None:
    """Read the data, print the table, and write the weights where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with qags/ and frank/")
    parser.add_argument("--pairs", type=Path, default=PAIRS, help="the table of pairs")
    parser.add_argument("--write", type=Path, help="where to write weights.json")
    options = parser.parse_args()
    nothing = Regression(0.0, {})
    checker = Checker(build_parser(load()), learned=Weights(nothing, nothing))
    rows = list(judged(options.data, checker))
    if not rows:
        parser.error(f"no qags/*.jsonl.gz or frank/*.jsonl.gz in {options.data}")
    if options.pairs.is_file():
        rows += fitting(options.pairs, checker)
    names = sorted({name for row in rows for name in row.features})
    bars = "  ".join(f"{f'at {bar:.2f}':>10}" for bar in BARS)
    print(f"{'cross-validated':14}   n  auroc  {bars}   (balanced accuracy / recall)")
    show(rows, cross_validated(rows, names))
    known = json.loads(options.write.read_text()) if options.write else {}
    table: dict[str, object] = {"format": 3, "judge": known.get("judge", [0.0, 1.0, 0.0])}
    for case, (fitted, bias) in zip(("cased", "caseless"), both(rows, names), strict=True):
        values = {name: round(float(w), 4) for name, w in zip(names, fitted, strict=True)}
        table[case] = {"bias": round(bias, 4), "weights": values}
    text = json.dumps(table, indent=2) + "\n"
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
