"""Claims and quotes as lists of flat mappings, ready for ``pandas.DataFrame``."""

from collections.abc import Iterable, Iterator

from rag.types import Answer, Claim, Story, Summary

Cited = Answer | Summary | Story | Claim
Record = dict[str, object]


def claim_records(values: Cited | Iterable[Cited]) -> list[Record]:
    """Return a record for each sentence: question, place, text, status, unsupported words, quotes."""
    return [
        {
            "question": question,
            "place": place,
            "claim": claim.text,
            "status": claim.status,
            "score": claim.score,
            "unsupported": "; ".join(span.text for span in claim.unbacked),
            "quotes": len(claim.citations),
        }
        for question, place, claim in _claims(values)
    ]


def quote_records(values: Cited | Iterable[Cited]) -> list[Record]:
    """Return a record for each quote of each sentence, with its article; the keys are stable."""
    return [
        {
            "question": question,
            "place": place,
            "claim": claim.text,
            "number": quote.number,
            "quote": quote.quote,
            "title": quote.title,
            "publisher": quote.publisher,
            "published": quote.published,
            "url": quote.url,
            "article_id": quote.article_id,
            "field": quote.field,
            "start": quote.start,
            "end": quote.end,
        }
        for question, place, claim in _claims(values)
        for quote in claim.citations
    ]


def _claims(values: Cited | Iterable[Cited]) -> Iterator[tuple[str, int, Claim]]:
    """Yield each sentence with the question it answers, if any, and its place, counted from 1.

    The places of claims that are given by themselves, as by ``check_text``, go on.
    """
    given = [values] if isinstance(values, Answer | Summary | Story | Claim) else list(values)
    lone = 0
    for value in given:
        if isinstance(value, Claim):
            lone += 1
            yield "", lone, value
            continue
        question = value.question if isinstance(value, Answer) else ""
        for place, claim in enumerate(value.claims, start=1):
            yield question, place, claim
