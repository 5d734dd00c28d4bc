"""Article extraction quality: from HTML, and from a page's text."""

import gzip
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from rag.errors import ExtractError
from rag.evals.metrics import figure, shingle_scores, shingle_shares
from rag.evals.sets import CleaningPage, cleaning_pages, sample
from rag.evals.task import Figure, Item, Record
from rag.evals.workbench import Workbench
from rag.ingest.cleaning import extract
from rag.types import Page

_DATASET = "article_extraction"
_METRICS = ("precision", "recall", "f1")


class Cleaning:
    """Shingle F1 of the extracted text on ``article_extraction``; see the metrics for the score."""

    name = "cleaning"

    def __init__(self, bench: Workbench) -> None:
        """Measure :func:`rag.ingest.cleaning.extract` on the bench's data."""
        self._bench = bench

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """One item per page, in sample order."""
        pages = cleaning_pages(self._bench.data)
        chosen = sample(pages, limit=limit, seed=seed, key=lambda page: page.key)
        return [Item(page.key, _DATASET, partial(_clean, page)) for page in chosen]

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute ``html``, ``text_inscriptis`` and so on, over all pages and the English ones."""
        found: dict[str, list[tuple[float, float, float]]] = {}
        for record in records:
            for variant, shares in _shares(record).items():
                found.setdefault(variant, []).append(shares)
                if record["english"]:
                    found.setdefault(f"{variant}_english", []).append(shares)
        return [
            figure((variant, metric), pages, partial(_score, place))
            for variant, pages in sorted(found.items())
            for place, metric in enumerate(_METRICS)
        ]


def _score(place: int, pages: Sequence[tuple[float, float, float]]) -> float:
    return shingle_scores(pages)[place]


def _shares(record: Record) -> dict[str, tuple[float, float, float]]:
    shares = record["shares"]
    assert isinstance(shares, Mapping)
    found = {}
    for variant, values in shares.items():
        assert isinstance(values, Sequence)
        both, extra, missed = (float(str(value)) for value in values)
        found[variant] = (both, extra, missed)
    return found


def _clean(page: CleaningPage) -> Record:
    shares: dict[str, list[float]] = {}
    if page.html:
        text = _extracted(page.url, gzip.decompress(page.html.read_bytes()), "text/html")
        shares["html"] = _rounded(page.html_body, text)
    for converter, raw in sorted(page.texts.items()):
        # Without the address: a page's text comes from a file or the clipboard.
        text = _extracted("file:///page.txt", raw.encode(), "text/plain")
        shares[f"text_{converter}"] = _rounded(page.text_body, text)
    worst = min((both for both, _, _ in shares.values()), default=0.0)
    return {"url": page.url, "english": page.english, "shares": shares, "score": worst}


def _rounded(true: str, found: str) -> list[float]:
    return [round(share, 9) for share in shingle_shares(true, found)]


def _extracted(url: str, body: bytes, kind: str) -> str:
    # Libraries log complaints about odd markup; only their result is measured.
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        return extract(Page(url or "file:///page", body, kind, datetime.now(UTC))).text
    except ExtractError:
        return ""
    finally:
        logging.disable(level)
