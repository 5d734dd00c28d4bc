"""Fit the claim check's weights to what people said, and say how well it does on articles not seen.

    python benchmarks/train_check.py --data ../shared/data [--write rag/verify/weights.json]

People: QAGS (three votes a sentence) and FRANK (share of a summary's sentences that are true).
Synthetic: sentences of the BBC articles there, whole, cut or with a pronoun's name filled in
(true), and with a name, a number, a negation or a half of another sentence put in (false). No
text enters the weights' file, only a dozen numbers. Everything is seeded.
"""

import argparse
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rag.evaluate.faithfulness import article_of, passage_of, split
from rag.evaluate.metrics import auroc, balanced_accuracy
from rag.evaluate.sets import frank_judged, qags
from rag.terms import terms
from rag.text import content_id, normalise, sentences
from rag.types import Article
from rag.verify import BROKEN_RULE, check
from rag.verify.score import features_of

SEED, FOLDS = 0, 10
SYNTHETIC_ARTICLES, SENTENCES_EACH = 400, 4
SYNTHETIC_SHARE = 0.2  # of the weight of all that people judged
XSUM_WEIGHT = (
    0.3  # nine in ten of FRANK's XSum summaries are false: no fair picture of what models write
)
RIDGE = 10.0
BARS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_AUXILIARY = re.compile(r"\b(is|are|was|were|will|would|can|could|should|has|have|had)\b(?! not\b)")
_ASIDE = re.compile(r", (?:who|which|where|a|the)[^,]{4,60},")

_ADJUNCT = re.compile(r"^((?:In|On|At|After|Before|During) [^,]{4,40}), ([A-Z][^.!?]*)([.!?]?)$")
_SAID = re.compile(r",? (?:he|she|it|they) (?:said|added|told \w+)(?: on \w+)?(?=[.]?$)")
# A run of capitals before first and last name is a title; a word between article and noun, an adjective.
_TITLE = re.compile(
    r"\b(?:[A-Z][a-z]+ )+(?:[Mm]inister|[Pp]resident|[Ss]ecretary|[Cc]hief|[Cc]hancellor)"
    r" ((?:[A-Z]\w+ ){1,2})"
)
_ADJECTIVE = re.compile(
    r"\b(the|a|an|The|A|An|his|her|its|their)"
    r" [a-z]{4,}(?:al|ive|ous|ic|ful|ish|ing|ern|ary|ed|an) ([a-z]{3,}\b)"
)
_OTHER_WORDS = tuple(
    (re.compile(rf"\b{was}\b"), other)
    for was, other in (
        ("is to", "will"),
        ("is due to", "will"),
        ("are due to", "will"),
        ("has been", "was"),
        ("have been", "were"),
        ("has", "had"),
        ("is", "was"),
        ("are", "were"),
        ("said it would", "will"),
        ("said", "said that"),
        ("which", "that"),
        ("because of", "due to"),
        ("but", "and"),
        ("a", "the"),
        ("an", "the"),
        ("more than", "over"),
        ("about", "around"),
    )
)

Floats = npt.NDArray[np.float64]
Make = Callable[[str, Sequence[str], random.Random], str | None]


@dataclass(frozen=True, slots=True)
class Row:
    """A sentence with its features; ``group`` is its article, ``text`` the summary that it is of."""

    dataset: str
    group: str
    text: str
    truth: float
    features: dict[str, float]
    kind: str = ""
    keeps: bool = True  # the rules
    whole: bool = False  # it stands in the article as it is


def judged(data: Path) -> Iterator[Row]:
    """What people judged, a sentence a row; a summary's share of true sentences counts for each."""
    for one in (*qags(data), *frank_judged(data)):
        article = article_of(one.article)
        parts = split(one.text) if one.dataset.startswith("frank") else [normalise(one.text)]
        for part in parts:
            if row := _row(one.dataset, article, part, one.truth):
                yield replace(row, text=one.key)


def synthetic(data: Path) -> Iterator[Row]:
    """Sentences of articles, as they stand and falsified; three in ten in lower case."""
    for path in sorted(data.glob("bbc_news_summary/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            texts = [normalise(json.loads(line)["article"]) for line in lines]
        rng = random.Random(SEED)
        for text in rng.sample(texts, min(SYNTHETIC_ARTICLES, len(texts))):
            article = article_of(text)
            for kind, variant, truth in _variants(text, rng):
                claim = variant.lower() if rng.random() < 0.3 else variant
                if row := _row("synthetic", article, claim, truth):
                    yield replace(row, kind=kind)


def _row(dataset: str, article: Article, claim: str, truth: float) -> Row | None:
    if not (features := features_of(claim, article, (article.text,))):
        return None
    # At a support of 0 the rules alone decide.
    checked = check(claim, (passage_of(article.text),), support=0.0)
    group, whole = _group(article.text), checked.score == 1
    return Row(dataset, group, "", truth, features, "", checked.supported, whole)


def _variants(text: str, rng: random.Random) -> Iterator[tuple[str, str, float]]:
    spans = [text[start:end].replace("\n", " ") for start, end in sentences(text)]
    whole = [one for one in spans if 8 <= len(one.split()) <= 35 and one[0].isupper()]
    if len(whole) < 5:
        return
    for before, one in pairwise(spans):
        if named := _with_name(before, one):
            yield "named", named, 1.0
    for one in rng.sample(whole, min(SENTENCES_EACH, len(whole))):
        yield "whole", one, 1.0
        retold = _retold(one, rng)
        if retold != one:
            yield "retold", retold, 1.0
        for kind, make, truth in _WAYS:
            if made := make(retold if rng.random() < 0.5 else one, whole, rng):
                yield kind, made, truth


def _retold(one: str, rng: random.Random) -> str:
    """In other words, as far as that goes without knowing what it means: it stays true.

    Titles and adjectives before a noun go, an opening adjunct moves to the end, tenses and
    conjunctions change, and a trailing clause is cut.
    """
    told = one
    if found := _ADJUNCT.match(told):
        told = f"{found[2]} {found[1][0].lower()}{found[1][1:]}{found[3]}"
    if (cut := _cut(told, (), rng)) and rng.random() < 0.5:
        told = cut
    told = _SAID.sub("", told)
    for pattern, other in _OTHER_WORDS:
        if rng.random() < 0.6:
            told = pattern.sub(other, told, count=2)
    if rng.random() < 0.6:
        told = _TITLE.sub(r"\1", told)
    if rng.random() < 0.6:
        told = _ADJECTIVE.sub(r"\1 \2", told, count=2)
    return told[0].upper() + told[1:] if told else one


def _cut(one: str, _: Sequence[str], rng: random.Random) -> str | None:
    places = [found.start() for found in re.finditer(", ", one)]
    places = [place for place in places if len(one[:place].split()) >= 6]
    return one[: rng.choice(places)] + "." if places else None


def _without_aside(one: str, _: Sequence[str], rng: random.Random) -> str | None:
    found = _ASIDE.search(one, 6)
    return one[: found.start()] + one[found.end() :] if found else None


def _piece(one: str, _: Sequence[str], rng: random.Random) -> str | None:
    """One to four words: the short answer to a question."""
    words = one.split()
    start, length = rng.randrange(1, len(words) - 1), rng.randint(1, 4)
    return " ".join(words[start : start + length])


def _wrong_piece(one: str, whole: Sequence[str], rng: random.Random) -> str | None:
    words, other = (_piece(one, whole, rng) or "").split(), rng.choice(whole).split()
    if len(words) < 2 or other == one.split():
        return None
    words[rng.randrange(len(words))] = rng.choice(other)
    return " ".join(words) if " ".join(words) not in one else None


def _swapped_names(one: str, _: Sequence[str], rng: random.Random) -> str | None:
    names = _names(one)
    if len(names) < 2:
        return None
    (a, b), (c, d) = sorted(rng.sample(names, 2))
    return one[:a] + one[c:d] + one[b:c] + one[a:b] + one[d:] if one[a:b] != one[c:d] else None


def _other_name(one: str, whole: Sequence[str], rng: random.Random) -> str | None:
    others = sorted({other[a:b] for other in whole for a, b in _names(other)})
    others = [name for name in others if name not in one]
    names = _names(one)
    if not names or not others:
        return None
    start, end = rng.choice(names)
    return one[:start] + rng.choice(others) + one[end:]


def _other_number(one: str, whole: Sequence[str], rng: random.Random) -> str | None:
    here = list(_NUMBER.finditer(one))
    others = {found for other in whole for found in _NUMBER.findall(other)}
    others -= {found.group() for found in here}
    if not here or not others:
        return None
    found = rng.choice(here)
    return one[: found.start()] + rng.choice(sorted(others)) + one[found.end() :]


def _denied(one: str, _: Sequence[str], rng: random.Random) -> str | None:
    found = list(_AUXILIARY.finditer(one))
    end = rng.choice(found).end() if found else 0
    return f"{one[:end]} not{one[end:]}" if end else None


def _affirmed(one: str, _: Sequence[str], rng: random.Random) -> str | None:
    return one.replace(" not ", " ", 1) if " not " in one else None


def _spliced(one: str, whole: Sequence[str], rng: random.Random) -> str | None:
    """The beginning of one sentence and the end of another, joined at a word that both have."""
    other = rng.choice(whole)
    first, last = one.split(), other.split()
    joints = [
        (i, j)
        for i in range(3, len(first) - 2)
        for j in range(2, len(last) - 3)
        if first[i] == last[j]
    ]
    if other == one or not joints:
        return None
    i, j = rng.choice(joints)
    return " ".join(first[:i] + last[j:])


_WAYS: tuple[tuple[str, Make, float], ...] = (
    ("cut", _cut, 1.0),
    ("without aside", _without_aside, 1.0),
    ("piece", _piece, 1.0),
    ("wrong piece", _wrong_piece, 0.0),
    ("swapped names", _swapped_names, 0.0),
    ("other name", _other_name, 0.0),
    ("other number", _other_number, 0.0),
    ("denied", _denied, 0.0),
    ("affirmed", _affirmed, 0.0),
    ("spliced", _spliced, 0.0),
)


def _with_name(before: str, one: str) -> str | None:
    """The sentence with the name that opens the one before it in place of its "he" or "she"."""
    names = _names(before)
    found = re.match(r"(?:He|She) (?=\w)", one)
    if not found or not names or names[0][0] > 0 or len(one.split()) > 35:
        return None
    return f"{before[: names[0][1]]} {one[found.end() :]}"


def _names(text: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for token in terms(text).tokens:
        if token.name and found and text[found[-1][1] : token.start] == " ":
            found[-1] = found[-1][0], token.end
        elif token.name:
            found.append((token.start, token.end))
    return found


def _group(text: str) -> str:
    """Articles of both sets that begin alike are one article."""
    return content_id("", "".join(re.findall(r"[a-z]", text.lower()))[40:160])


def fit(rows: Sequence[Row]) -> tuple[Floats, float]:
    """Logistic regression with a ridge on standardised features; weights of the raw ones, and bias."""
    x = np.array([list(row.features.values()) for row in rows])
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


def _weights(rows: Sequence[Row]) -> Floats:
    people = sum(row.dataset != "synthetic" for row in rows)
    made = [row.truth for row in rows if row.dataset == "synthetic"]
    share = SYNTHETIC_SHARE * people / max(1, len(made))
    per = {truth: share * 0.5 * len(made) / max(1, made.count(truth)) for truth in (0.0, 1.0)}
    by_set = {"frank_xsum": XSUM_WEIGHT}
    return np.array(
        [
            per[row.truth] if row.dataset == "synthetic" else by_set.get(row.dataset, 1.0)
            for row in rows
        ]
    )


def predict(rows: Sequence[Row], fitted: tuple[Floats, float]) -> Floats:
    """The scores that :func:`rag.verify.check` gives with these weights, float64 (len(rows),)."""
    odds = np.array([list(row.features.values()) for row in rows]) @ fitted[0] + fitted[1]
    whole, keeps = [row.whole for row in rows], [row.keeps for row in rows]
    likely = np.where(whole, 1.0, 1 / (1 + np.exp(-odds)))
    return np.where(keeps, likely, BROKEN_RULE * likely)


def cross_validated(rows: Sequence[Row], seed: int = SEED) -> Floats:
    """The probability of each row by weights fitted without its article."""
    groups = sorted({row.group for row in rows})
    random.Random(seed).shuffle(groups)
    fold = {group: place % FOLDS for place, group in enumerate(groups)}
    found = np.zeros(len(rows))
    for k in range(FOLDS):
        out = [i for i, row in enumerate(rows) if fold[row.group] == k]
        fitted = fit([row for row in rows if fold[row.group] != k])
        found[out] = predict([rows[i] for i in out], fitted)
    return found


@dataclass(frozen=True, slots=True)
class Figures:
    """How well probabilities agree with people, whole summaries by their least likely sentence."""

    n: int
    auroc: float
    accuracy: dict[float, float]  # balanced, by the least probability that counts as support
    recall: dict[float, float]  # share of what is true that is supported


def figures(rows: Sequence[Row], found: Floats, dataset: str) -> Figures:
    """The figures of one data set."""
    least: dict[str, tuple[bool, float]] = {}
    for row, p in zip(rows, found, strict=True):
        if row.dataset == dataset:
            true = row.truth == 1 if dataset.startswith("frank") else row.truth > 0.5
            least[row.text] = true, min(float(p), least.get(row.text, (True, 1.0))[1])
    truth, scores = [t for t, _ in least.values()], [p for _, p in least.values()]
    said = {bar: [p >= bar for p in scores] for bar in BARS}
    return Figures(
        len(least),
        auroc(truth, scores),
        {bar: balanced_accuracy(truth, said[bar]) for bar in BARS},
        {
            bar: float(np.mean([s for s, t in zip(said[bar], truth, strict=True) if t]))
            for bar in BARS
        },
    )


def show(label: str, rows: Sequence[Row], found: Floats) -> None:
    """One line a data set: AUROC, then balanced accuracy and recall of true claims at each bar."""
    for dataset in sorted({row.dataset for row in rows} - {"synthetic"}):
        of = figures(rows, found, dataset)
        bars = "  ".join(f"{of.accuracy[bar]:.3f}/{of.recall[bar]:.2f}" for bar in BARS)
        print(f"{label:24} {dataset:12} {of.n:4}  {of.auroc:.3f}  {bars}")


def across(rows: Sequence[Row], learn: str, tell: str) -> None:
    """Fit on one collection, and on synthetic rows; measure on another, without shared articles."""
    seen = {row.group for row in rows if row.dataset.startswith(learn)}
    fitted = fit([row for row in rows if row.dataset.startswith((learn, "synthetic"))])
    other = [row for row in rows if row.dataset.startswith(tell) and row.group not in seen]
    show(f"{learn} -> {tell}", other, predict(other, fitted))


def by_kind(rows: Sequence[Row], found: Floats) -> None:
    """Share of the synthetic sentences, by kind, that reach each bar."""
    for kind in dict.fromkeys(row.kind for row in rows if row.kind):
        of = [p for row, p in zip(rows, found, strict=True) if row.kind == kind]
        truth = next(row.truth for row in rows if row.kind == kind)
        shares = "  ".join(f"{np.mean([p >= bar for p in of]):10.2f}" for bar in BARS)
        print(f"{kind:24} {'true' if truth else 'false':12} {len(of):4}         {shares}")


def calibration(rows: Sequence[Row], found: Floats) -> None:
    """What share is true of the QAGS sentences of like probability."""
    for low, high in pairwise((0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.01)):
        of = [
            (p, row.truth > 0.5)
            for row, p in zip(rows, found, strict=True)
            if row.dataset.startswith("qags") and low <= p < high
        ]
        if of:
            mean, true = np.mean([p for p, _ in of]), np.mean([truth for _, truth in of])
            print(f"probability {mean:.2f}: {true:.2f} of {len(of)} are true")


def main() -> None:
    """Read the data, print the tables, and write the weights where asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with qags/, frank/, ...")
    parser.add_argument("--write", type=Path, help="where to write weights.json")
    options = parser.parse_args()
    people = list(judged(options.data))
    if not people:
        parser.error(f"no qags/*.jsonl.gz or frank/*.jsonl.gz in {options.data}")
    rows = people + list(synthetic(options.data))
    bars = "  ".join(f"{f'at {bar:.2f}':>10}" for bar in BARS)
    print(f"{'':24} {'':12}    n  auroc  {bars}   (balanced accuracy / recall)")
    found = cross_validated(rows)
    show("cross-validated", rows, found)
    across(rows, "frank", "qags")
    across(rows, "qags", "frank")
    by_kind(rows, found)
    calibration(rows, found)
    weights, bias = fit(rows)
    values = {name: round(float(w), 4) for name, w in zip(rows[0].features, weights, strict=True)}
    text = json.dumps({"format": 1, "bias": round(bias, 4), "weights": values}, indent=2) + "\n"
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
