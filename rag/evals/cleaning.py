"""Article extraction quality: from HTML, and from a page's text."""

import gzip
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from rag.errors import ExtractError
from rag.evals.metrics import f1_of_means, figure, mean, page_scores, shingle_shares
from rag.evals.sets import sample
from rag.evals.task import Figure, Item, Record
from rag.evals.texts import CleaningPage, cleaning_pages
from rag.evals.workbench import Workbench
from rag.ingest.cleaning import extract
from rag.types import Page


@dataclass(frozen=True)
class Cleaning:
    """Shingle F1 of the extracted text on ``article_extraction``; see the metrics for the score."""

    bench: Workbench

    def items(self, *, limit: int | None, seed: int) -> Sequence[Item]:
        """One item per page, in sample order."""
        pages = sample(cleaning_pages(self.bench.data), limit=limit, seed=seed)
        return [Item(page.key, page.dataset, partial(_clean, page)) for page in pages]

    def figures(self, records: Sequence[Record]) -> Sequence[Figure]:
        """Compute ``html``, ``text_inscriptis`` and so on, over all pages and the English ones."""
        scores: dict[str, list[tuple[float, float]]] = {}
        for record in records:
            for variant, shares in record["shares"].items():
                scores.setdefault(variant, []).append(page_scores(*shares))
                if record["english"]:
                    scores.setdefault(f"{variant}_english", []).append(page_scores(*shares))
        found = []
        for variant, pages in sorted(scores.items()):
            precisions, recalls = zip(*pages, strict=True)
            found += [
                figure((variant, "precision"), mean, precisions),
                figure((variant, "recall"), mean, recalls),
                figure((variant, "f1"), f1_of_means, precisions, recalls),
            ]
        return found


def _clean(page: CleaningPage) -> Record:
    shares = {}
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
