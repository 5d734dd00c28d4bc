"""Summaries of single articles compared with reference summaries by editors."""

from collections.abc import Sequence
from functools import partial

from rag.check import Checker
from rag.evals.faithfulness import passage_of
from rag.evals.metrics import density, figure, mean_figure, share
from rag.evals.sets import sample
from rag.evals.task import Figure, Item, Record, by_dataset
from rag.evals.texts import FrankArticle, frank
from rag.evals.workbench import Workbench
from rag.extras import require

_DATASETS = ("frank_cnndm",)  # a reference of XSum says what its article does not
_ROUGE = ("rouge1", "rouge2", "rougeL")
_MEANS = (*_ROUGE, "words", "sentences", "density")


class Summaries:
    """ROUGE F-measure, length, extractive density and the share of supported claims.

    ROUGE-1/2/L by rouge-score with its stemmer (Lin 2004), on the text without citation marks, in
    one line. ``supported``: the share of all claims in the summaries that :mod:`rag.check` supports
    when checked again against the whole article. Density: Grusky et al. 2018.
    """

    def __init__(self, bench: Workbench) -> None:
        """Measure the bench's summaries of medium length."""
        require("eval", "the evaluation of summaries", "rouge_score")
        self._bench = bench

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """One item per article, in sample order."""
        found = [one for one in frank(self._bench.data) if one.dataset in _DATASETS]
        chosen = sample(found, limit=limit, seed=seed)
        return [Item(one.key, one.dataset, partial(self._summarise, one)) for one in chosen]

    def _summarise(self, one: FrankArticle) -> Record:
        passage = passage_of(one.article)
        summary = self._bench.news(self._bench.out / "no-index").summarize(passage.article)
        checker = Checker(self._bench.models.parser, self._bench.settings.summarize.support)
        again = [checker.check(claim.text, (passage,)) for claim in summary.claims]
        text = " ".join(" ".join(claim.text.split()) for claim in summary.claims)
        rouge = _rouge(one.reference, text)
        return {
            "summary": text,
            **rouge,
            "words": len(text.split()),
            "sentences": len(summary.claims),
            "claims": len(again),
            "claims_supported": sum(claim.supported for claim in again),
            "density": round(density(passage.article.text, text), 6),
            "score": rouge["rougeL"],
        }

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute the means over the articles; ``supported`` over all claims."""
        found = []
        for dataset, own in by_dataset(records).items():
            for name in _MEANS:
                found.append(mean_figure((dataset, name), [record[name] for record in own]))
            counts = ([record[name] for record in own] for name in ("claims_supported", "claims"))
            found.append(figure((dataset, "supported"), share, *counts))
        return found


def _rouge(reference: str, text: str) -> dict[str, float]:
    from rouge_score.rouge_scorer import RougeScorer

    scores = RougeScorer(list(_ROUGE), use_stemmer=True).score(reference, text)
    return {name: round(float(scores[name].fmeasure), 6) for name in _ROUGE}
