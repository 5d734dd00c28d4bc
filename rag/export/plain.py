"""An answer as plain text to paste elsewhere."""

from collections.abc import Iterator, Sequence

from rag.export.escaping import file_name
from rag.export.marks import LEGEND, NEAREST_SHOWN, by_article, cited, differ, doubts, opening
from rag.text import written_date
from rag.types import Answer, Citation


def as_text(answer: Answer) -> str:
    """Return the question, the answer with citation marks, and its sources with their quotes.

    Unsupported words are in ⟦ ⟧; the nearest sentences follow a refusal.
    """
    return (
        "\n\n".join((answer.question, *(_refused if answer.refused else _answered)(answer))) + "\n"
    )


def _answered(answer: Answer) -> Iterator[str]:
    short, rest = opening(answer)
    yield "\n".join(filter(None, (cited(short) if short else "", " ".join(map(cited, rest)))))
    if not all(claim.supported for claim in answer.claims):
        yield LEGEND
    if answer.status == "unsure":
        yield doubts(answer)
    for quotes in by_article(answer.citations):
        yield f"[{quotes[0].number}] {_quoted(quotes)}"
    for found in answer.disagreements:
        yield f"{differ(found)}: {' or '.join(found.about)}"
        yield from (_quoted([quote]) for quote in found.quotes)


def _refused(answer: Answer) -> Iterator[str]:
    yield answer.text
    if near := by_article(answer.nearest[:NEAREST_SHOWN]):
        yield "Closest sentences:"
        yield from map(_quoted, near)


def _quoted(quotes: Sequence[Citation]) -> str:
    first = quotes[0]
    about = (
        first.title,
        first.publisher,
        written_date(first.published),
        file_name(first.url) or first.url,
    )
    lines = (
        f"    {'Headline: ' * (each.field == 'title')}“{' '.join(each.quote.split())}”"
        for each in quotes
    )
    return "\n".join((", ".join(filter(None, about)), *lines))
