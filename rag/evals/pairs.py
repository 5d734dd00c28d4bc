"""Accuracy of the claim check on true paraphrases of the news and minimally altered ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from rag.evals.metrics import auroc, balanced_accuracy, figure, recall, specificity
from rag.evals.sets import sample_each
from rag.evals.task import Figure, Item, Record, by_dataset
from rag.evals.texts import ClaimPair, claim_pairs
from rag.evals.workbench import Workbench
from rag.text import as_article


@dataclass(frozen=True)
class ClaimPairs:
    """The check of ``rag check`` on pairs of source and claim (``tests/gate/check_pairs.jsonl``).

    A claim counts as accepted if each of its sentences is ``supported``; ``partly`` does not count.
    Rows of the split ``fit`` may have been used to fit the check, those of ``held`` never.
    """

    bench: Workbench

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """One item per pair, grouped by source so that the check reads it once."""
        drawn = sample_each(claim_pairs(self.bench.data), limit=limit, seed=seed)
        return [
            Item(pair.key, split, partial(self._judge, pair))
            for split, pairs in drawn.items()
            for pair in sorted(pairs, key=lambda pair: (pair.source, pair.key))
        ]

    def _judge(self, pair: ClaimPair) -> Record:
        article = as_article(pair.source, title=pair.title, published=pair.published)
        news = self.bench.news(self.bench.out / "index")  # nothing is read from it
        claims = news.check_text(pair.claim, sources=(article,))
        worst = min(claims, key=lambda claim: claim.score)
        return {
            "kind": pair.kind,
            "truth": pair.supported,
            "accepted": all(claim.supported for claim in claims),
            "status": worst.status,
            "score": round(worst.score, 6),
        }

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute balanced accuracy, both rates and AUROC per split; balanced accuracy per kind."""
        return [*_by_split(records), *_by_kind(records)]


def _by_split(records: Sequence[Record]) -> Iterator[Figure]:
    for split, own in by_dataset(records).items():
        truths, accepted = _judged(own)
        yield figure((split, "balanced_accuracy"), balanced_accuracy, truths, accepted)
        yield figure((split, "true_positive_rate"), recall, truths, accepted)
        yield figure((split, "true_negative_rate"), specificity, truths, accepted)
        yield figure((split, "auroc"), auroc, truths, [record["score"] for record in own])


def _by_kind(records: Sequence[Record]) -> Iterator[Figure]:
    for split, kind in sorted({(record["dataset"], record["kind"]) for record in records}):
        own = [r for r in records if (r["dataset"], r["kind"]) == (split, kind)]
        yield figure((split, kind, "balanced_accuracy"), balanced_accuracy, *_judged(own))


def _judged(records: Sequence[Record]) -> tuple[list[bool], list[bool]]:
    """Return which claims are true, and which the check accepted."""
    return [record["truth"] for record in records], [record["accepted"] for record in records]
