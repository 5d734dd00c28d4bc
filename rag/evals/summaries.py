"""Summaries of single articles compared with reference summaries by editors."""

from collections.abc import Sequence
from functools import partial

from rag.check import Checker
from rag.evals.faithfulness import article_of, passage_of
from rag.evals.machine import needs
from rag.evals.metrics import density, figure, mean_figure, records_of
from rag.evals.sets import Summarised, frank_references, sample
from rag.evals.task import Figure, Item, Record
from rag.evals.workbench import Workbench

_DATASETS = ("frank_cnndm",)  # a reference of XSum says what its article does not
_ROUGE = ("rouge1", "rouge2", "rougeL")
_MEANS = (*_ROUGE, "words", "sentences", "density")


class Summaries:
    """ROUGE F-measure, length, extractive density and the share of supported claims.

    ROUGE-1/2/L by rouge-score with its stemmer (Lin 2004), on the text without citation marks, in
    one line. ``supported``: the share of all claims in the summaries that :mod:`rag.check` supports
    when checked again against the whole article. Density: Grusky et al. 2018.
    """

    name = "summaries"

    def __init__(self, bench: Workbench) -> None:
        """Measure the bench's summaries of medium length."""
        needs("rouge_score")
        self._bench = bench

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """One item per article, in sample order."""
        found = [a for a in frank_references(self._bench.data) if a.dataset in _DATASETS]
        chosen = sample(found, limit=limit, seed=seed, key=lambda article: article.key)
        return [Item(one.key, one.dataset, partial(self._summarise, one)) for one in chosen]

    def _summarise(self, one: Summarised) -> Record:
        news = self._bench.news(self._bench.out / "no-index")
        article = article_of(one.article)
        summary = news.summarize(article)
        checker = Checker(self._bench.parser, self._bench.settings.summarize.support)
        passages = (passage_of(one.article),)
        again = [checker.check(claim.text, passages) for claim in summary.claims]
        text = " ".join(" ".join(claim.text.split()) for claim in summary.claims)
        rouge = _rouge(one.reference, text)
        return {
            "summary": text,
            **rouge,
            "words": len(text.split()),
            "sentences": len(summary.claims),
            "claims": len(again),
            "claims_supported": sum(claim.supported for claim in again),
            "density": round(density(article.text, text), 6),
            "score": rouge["rougeL"],
        }

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute the means over the articles; ``supported`` over all claims."""
        figures = list[Figure]()
        for dataset in dict.fromkeys(str(record["dataset"]) for record in records):
            own = records_of(records, dataset)
            for metric in _MEANS:
                values = [float(str(record[metric])) for record in own]
                figures.append(mean_figure((dataset, metric), values))
            claims = [(int(str(r["claims_supported"])), int(str(r["claims"]))) for r in own]
            figures.append(figure((dataset, "supported"), claims, _share))
        return figures


def _share(claims: Sequence[tuple[int, int]]) -> float:
    return sum(held for held, _ in claims) / max(1, sum(of for _, of in claims))


def _rouge(reference: str, text: str) -> dict[str, float]:
    from rouge_score.rouge_scorer import RougeScorer

    scores = RougeScorer(list(_ROUGE), use_stemmer=True).score(reference, text)
    return {name: round(float(scores[name].fmeasure), 6) for name in _ROUGE}
