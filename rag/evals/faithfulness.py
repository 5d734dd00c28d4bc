"""Agreement of the claim check with human labels on what an article supports."""

import re
from collections.abc import Sequence
from functools import partial
from hashlib import sha256

from rag.check import Checker
from rag.evals.metrics import auroc, balanced_accuracy, figure
from rag.evals.sets import sample_each
from rag.evals.task import Figure, Item, Record, by_dataset
from rag.evals.texts import JudgedText, frank_judged, qags
from rag.evals.workbench import Workbench
from rag.text import as_article, normalise, sentences
from rag.types import Chunk, Passage

# System outputs are lower-case tokens joined by spaces, where a sentence ends with " . ".
_TOKENISED_END = re.compile(r"(?<=\s[.!?])\s+")


class Faithfulness:
    """The check of :mod:`rag.check` against human labels.

    QAGS (Wang et al. 2020): sentences, true if most of three annotators say so. FRANK (Pagnoni et
    al. 2021): whole summaries, true if none of their sentences has a factual error; the check
    supports a summary if it supports each of its sentences. Variants are the ``support`` settings
    of ``[answer]`` and of ``[summarize]``.
    """

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
        drawn = sample_each((*qags(data), *frank_judged(data)), limit=limit, seed=seed)
        return [
            Item(text.key, dataset, partial(self._judge, text))
            for dataset, texts in drawn.items()
            for text in sorted(
                texts, key=lambda text: (sha256(text.article.encode()).hexdigest(), text.key)
            )
        ]

    def _judge(self, text: JudgedText) -> Record:
        is_summary = text.dataset.startswith("frank_")
        parts = split(text.text) if is_summary else [normalise(text.text)]
        record: dict[str, object] = {
            "truth": text.truth == 1.0 if is_summary else text.truth > 0.5,
        }
        for variant, support in self._demands.items():
            checker = Checker(self._bench.models.parser, support)
            claims = [checker.check(part, (passage_of(text.article),)) for part in parts]
            record[variant] = {
                "supported": bool(claims) and all(claim.supported for claim in claims),
                "score": round(min((claim.score for claim in claims), default=0.0), 6),
            }
        return record

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute balanced accuracy and AUROC per dataset and variant."""
        found = []
        for dataset, own in by_dataset(records).items():
            truths = [record["truth"] for record in own]
            for variant in self._demands:
                predicted = [record[variant]["supported"] for record in own]
                scores = [record[variant]["score"] for record in own]
                path = dataset, variant
                found += [
                    figure((*path, "balanced_accuracy"), balanced_accuracy, truths, predicted),
                    figure((*path, "auroc"), auroc, truths, scores),
                ]
        return found


def split(text: str) -> Sequence[str]:
    """Split a summary, in plain text or as tokens joined by spaces, into sentences."""
    pieces = _TOKENISED_END.split(normalise(text))
    return [piece[start:end] for piece in pieces for start, end in sentences(piece)]


def passage_of(text: str, title: str = "") -> Passage:
    """Wrap a whole article without a source as one passage, number 1."""
    article = as_article(text, title=title)
    everything = Chunk(f"{article.id}-0", article.id, 0, 0, len(article.text), article.text)
    return Passage(1, everything, article, 1.0)
