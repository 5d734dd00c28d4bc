"""Accuracy of the claim check on true paraphrases of the news and minimally altered ones."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from rag.evals.metrics import auroc, balanced_accuracy, figure, mean
from rag.evals.sets import ClaimPair, claim_pairs, sample
from rag.evals.task import Figure, Item, Record
from rag.evals.workbench import Workbench
from rag.text import as_article

_Judged = tuple[bool, bool, float]  # true, accepted by the check, its score


class ClaimPairs:
    """The check of ``rag check`` on pairs of source and claim (``tests/gate/check_pairs.jsonl``).

    A claim counts as accepted if each of its sentences is ``supported``; ``partly`` does not count.
    Rows of the split ``fit`` may have been used to fit the check, those of ``held`` never.
    """

    name = "check"

    def __init__(self, bench: Workbench) -> None:
        """Measure :meth:`rag.News.check_text` with the bench's settings."""
        self._bench = bench

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """One item per pair, grouped by source so that the check reads it once."""
        found: dict[str, list[ClaimPair]] = {}
        for pair in claim_pairs(self._bench.data):
            found.setdefault(pair.split, []).append(pair)
        return [
            Item(pair.key, split, partial(self._judge, pair))
            for split, pairs in found.items()
            for pair in sorted(
                sample(pairs, limit=limit, seed=seed, key=lambda one: one.key),
                key=lambda one: (one.source, one.key),
            )
        ]

    def _judge(self, pair: ClaimPair) -> Record:
        article = as_article(pair.source, title=pair.title, published=pair.published)
        news = self._bench.news(self._bench.out / "index")  # nothing is read from it
        claims = news.check_text(pair.claim, sources=(article,))
        return {
            "kind": pair.kind,
            "truth": pair.supported,
            "accepted": all(claim.supported for claim in claims),
            "status": min(claims, key=lambda claim: claim.score).status,
            "score": round(min(claim.score for claim in claims), 6),
        }

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute balanced accuracy, both rates and AUROC per split; balanced accuracy per kind."""
        whole: dict[str, list[_Judged]] = {}
        kinds: dict[tuple[str, str], list[_Judged]] = {}
        for record in records:
            judged = bool(record["truth"]), bool(record["accepted"]), float(str(record["score"]))
            split = str(record["dataset"])
            whole.setdefault(split, []).append(judged)
            kinds.setdefault((split, str(record["kind"])), []).append(judged)
        return [
            figure((*path, metric), judged, measure)
            for path, judged, measures in (
                *(((split,), judged, _MEASURES) for split, judged in whole.items()),
                *(((*path,), judged, _OF_A_KIND) for path, judged in sorted(kinds.items())),
            )
            for metric, measure in measures.items()
        ]


def _balanced(judged: Sequence[_Judged]) -> float:
    return balanced_accuracy([truth for truth, _, _ in judged], [said for _, said, _ in judged])


def _auroc(judged: Sequence[_Judged]) -> float:
    return auroc([truth for truth, _, _ in judged], [score for _, _, score in judged])


def _accepted(judged: Sequence[_Judged]) -> float:
    return mean([float(said) for truth, said, _ in judged if truth])


def _rejected(judged: Sequence[_Judged]) -> float:
    return mean([float(not said) for truth, said, _ in judged if not truth])


_Measures = Mapping[str, Callable[[Sequence[_Judged]], float]]
_MEASURES: _Measures = {
    "balanced_accuracy": _balanced,
    "true_positive_rate": _accepted,
    "true_negative_rate": _rejected,
    "auroc": _auroc,
}
_OF_A_KIND: _Measures = {"balanced_accuracy": _balanced}
