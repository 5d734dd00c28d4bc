"""Summaries of many articles as a table: JSON Lines for programs, CSV for spreadsheets."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rag.export.marks import standing
from rag.export.values import as_json
from rag.types import Article, ArticleField, Citation, Claim, Span, Summary, Verdict

_COLUMNS = "id url title publisher published summary quotes model seconds".split()
# Prefixes that a spreadsheet may run as a formula, also full-width (OWASP, "CSV Injection").
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote from an article or from its title: ``article.text[start:end] == quote``."""

    article_id: str
    quote: str
    start: int
    end: int
    field: ArticleField = "text"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary or an answer with its quotes and its unsupported words."""

    text: str
    quotes: tuple[Quote, ...]
    status: Verdict = "supported"
    unbacked: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """An article with its summary; ``seconds`` is how long the summary took."""

    id: str
    url: str
    title: str
    publisher: str
    published: date | None
    summary: str
    claims: tuple[Sentence, ...]
    model: str
    seconds: float


def summary_rows(pairs: Iterable[tuple[Article, Summary]]) -> tuple[Row, ...]:
    """Return the rows that :func:`as_jsonl` and :func:`as_csv` write, one per pair, in order."""
    return tuple(_row(article, summary) for article, summary in pairs)


def as_jsonl(pairs: Iterable[tuple[Article, Summary]]) -> str:
    """Return a line of JSON per pair; ``claims`` holds the sentences, their quotes and offsets."""
    return "".join(as_json(row, indent=None) + "\n" for row in summary_rows(pairs))


def as_csv(pairs: Iterable[tuple[Article, Summary]]) -> str:
    """Return a CSV table with a header row; a summary's quotes share one cell, one per line.

    Cells that a spreadsheet would run as a formula get a leading apostrophe. Lines end with CR LF.
    """
    written = io.StringIO(newline="")
    table = csv.writer(written)
    table.writerow(_COLUMNS)
    for row in summary_rows(pairs):
        quotes = (" ".join(each.quote.split()) for claim in row.claims for each in claim.quotes)
        day = row.published.isoformat() if row.published else ""
        cells = [row.id, row.url, row.title, row.publisher, day, row.summary]
        cells += ["\n".join(dict.fromkeys(quotes)), row.model]
        table.writerow([*map(defused, cells), f"{row.seconds:.1f}"])
    return written.getvalue()


def _row(article: Article, summary: Summary) -> Row:
    return Row(
        id=article.id,
        url=article.url,
        title=article.title,
        publisher=article.publisher,
        published=article.published,
        summary=summary.text,
        claims=quoted_sentences(standing(summary.claims)),
        model=summary.model,
        seconds=round(summary.timing.total, 1),
    )


def quoted_sentences(claims: Iterable[Claim]) -> tuple[Sentence, ...]:
    """Convert claims to sentences with their quotes."""
    return tuple(
        Sentence(each.text, tuple(map(_quote, each.citations)), each.status, each.unbacked)
        for each in claims
    )


def _quote(citation: Citation) -> Quote:
    place = citation.start, citation.end, citation.field
    return Quote(citation.article_id, citation.quote, *place)


def defused(cell: str) -> str:
    """Return a cell that no spreadsheet runs as a formula."""
    return "'" + cell if cell.startswith(_FORMULA) else cell
