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
# What a spreadsheet may run as a formula, also in its wide forms (OWASP, "CSV Injection").
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of an article, or of its title: ``article.text[start:end] == quote``."""

    article_id: str
    quote: str
    start: int
    end: int
    field: ArticleField = "text"


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a summary or an answer with its quotes, and its words that none proves."""

    text: str
    quotes: tuple[Quote, ...]
    status: Verdict = "supported"
    unbacked: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """An article with its summary; ``seconds`` is how long that took."""

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
    """What :func:`as_jsonl` and :func:`as_csv` write: a row for each pair, in their order."""
    return tuple(_row(article, summary) for article, summary in pairs)


def as_jsonl(pairs: Iterable[tuple[Article, Summary]]) -> str:
    """A line of JSON for each pair; ``claims`` holds the sentences with their quotes and offsets."""
    return "".join(as_json(row, indent=None) + "\n" for row in summary_rows(pairs))


def as_csv(pairs: Iterable[tuple[Article, Summary]]) -> str:
    """A table with a line of column names; the quotes of a summary stand in one cell, one a line.

    Cells that a spreadsheet would run as a formula begin with an apostrophe. Lines end with CR LF.
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
    """The claims with their quotes."""
    return tuple(
        Sentence(each.text, tuple(map(_quote, each.citations)), each.status, each.unbacked)
        for each in claims
    )


def _quote(citation: Citation) -> Quote:
    place = citation.start, citation.end, citation.field
    return Quote(citation.article_id, citation.quote, *place)


def defused(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return "'" + cell if cell.startswith(_FORMULA) else cell
