"""Agreement of the claim check with human labels on what an article supports."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import partial

from rag.check import Checker
from rag.evals.metrics import auroc, balanced_accuracy, figure
from rag.evals.sets import JudgedText, frank_judged, qags, sample
from rag.evals.task import Figure, Item, Record
from rag.evals.workbench import Workbench
from rag.text import as_article, normalise, sentences
from rag.types import Article, Chunk, Claim, Passage

# System outputs are lower-case tokens joined by spaces, where a sentence ends with " . ".
_TOKENISED_END = re.compile(r"(?<=\s[.!?])\s+")
_Judgement = tuple[bool, bool, float]  # true by human label, supported by the check, its score


class Faithfulness:
    """The check of :mod:`rag.check` against human labels.

    QAGS (Wang et al. 2020): sentences, true if most of three annotators say so. FRANK (Pagnoni et
    al. 2021): whole summaries, true if none of their sentences has a factual error; the check
    supports a summary if it supports each of its sentences. Variants are the ``support`` settings
    of ``[answer]`` and of ``[summarize]``.
    """

    name = "faithfulness"

    def __init__(self, bench: Workbench) -> None:
        """Measure :mod:`rag.check` with the bench's settings."""
        self._bench = bench
        settings = bench.settings
        self._demands = {
            "answers": settings.answer.support,
            "summaries": settings.summarize.support,
        }

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """One item per sentence or summary, grouped by article so that the check reads it once."""
        data = self._bench.data
        found: dict[str, list[JudgedText]] = {}
        for kind, judged in (("qags", qags(data)), ("frank", frank_judged(data))):
            if not judged:
                self._bench.missing(self.name, kind)
            for text in judged:
                found.setdefault(text.dataset, []).append(text)
        items = []
        for dataset, texts in found.items():
            chosen = sample(texts, limit=limit, seed=seed, key=lambda text: text.key)
            whole = dataset.startswith("frank_")
            for text in sorted(chosen, key=lambda text: (_digest(text.article), text.key)):
                items.append(Item(text.key, dataset, partial(self._judge, text, whole=whole)))
        return items

    def _judge(self, text: JudgedText, *, whole: bool) -> Record:
        passage = passage_of(text.article)
        parts = list(split(text.text)) if whole else [normalise(text.text)]
        record: dict[str, bool | float | dict[str, bool | float]] = {
            "truth": text.truth == 1.0 if whole else text.truth > 0.5,
        }
        for variant, support in self._demands.items():
            checker = Checker(self._bench.parser, support)
            claims = [checker.check(part, (passage,)) for part in parts]
            record[variant] = {
                "supported": bool(claims) and all(claim.supported for claim in claims),
                "score": round(min(map(_score, claims), default=0.0), 6),
            }
        return record

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute balanced accuracy and AUROC per dataset and variant."""
        found: dict[tuple[str, str], list[_Judgement]] = {}
        for record in records:
            for variant in self._demands:
                verdict = record[variant]
                assert isinstance(verdict, Mapping)
                supported, score = bool(verdict["supported"]), float(str(verdict["score"]))
                judged = found.setdefault((str(record["dataset"]), variant), [])
                judged.append((bool(record["truth"]), supported, score))
        measures = {"balanced_accuracy": _balanced, "auroc": _auroc}
        return [
            figure((*path, metric), judged, measure)
            for path, judged in found.items()
            for metric, measure in measures.items()
        ]


def _balanced(judged: Sequence[_Judgement]) -> float:
    return balanced_accuracy([truth for truth, _, _ in judged], [said for _, said, _ in judged])


def _auroc(judged: Sequence[_Judgement]) -> float:
    return auroc([truth for truth, _, _ in judged], [score for _, _, score in judged])


def _score(claim: Claim) -> float:
    return float(getattr(claim, "score", claim.supported))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def split(text: str) -> Sequence[str]:
    """Split a summary, in plain text or as tokens joined by spaces, into sentences."""
    pieces = _TOKENISED_END.split(normalise(text))
    return [piece[start:end] for piece in pieces for start, end in sentences(piece)]


def passage_of(text: str, title: str = "") -> Passage:
    """Wrap a whole article as one passage, number 1."""
    article = article_of(text, title)
    whole = Chunk(f"{article.id}-0", article.id, 0, 0, len(article.text), article.text)
    return Passage(1, whole, article, 1.0)


def article_of(text: str, title: str = "") -> Article:
    """Build an article without a source."""
    return as_article(text, title=title)
