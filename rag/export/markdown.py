"""Answers, summaries and digests as Markdown for people; text of articles is escaped."""

from collections.abc import Iterable, Iterator, Sequence

from rag.export.digests import digest_page, disagreement
from rag.export.escaping import escaped, source, with_marks
from rag.export.marks import (
    LEGEND,
    NEAREST_SHOWN,
    by_article,
    cited,
    differ,
    doubts,
    opening,
    without_unsupported,
)
from rag.types import Answer, Citation, Claim, Digest, Summary


def as_markdown(value: Answer | Summary | Digest | Sequence[Answer]) -> str:
    """Return question, text and sources as Markdown; several answers one below the other.

    Unsupported words are in ⟦ ⟧; the nearest sentences follow a refusal. Sources are listed by
    citation number, each with its quotes; a digest also has its timelines and disagreements. Text
    of articles and models is escaped: it forms no heading, list, link or HTML.
    """
    if isinstance(value, Answer):
        return _page(value.question, _refused(value) if value.refused else _answered(value))
    if isinstance(value, Summary):
        return _page(_subject(value), _summarised(value))
    if isinstance(value, Digest):
        return digest_page(value)
    return "\n".join(map(as_markdown, value))


def _subject(summary: Summary) -> str:
    titles = {citation.title for citation in summary.citations}
    if len(summary.article_ids) == 1 and len(titles) == 1:
        return titles.pop()
    return f"Summary of {len(summary.article_ids)} articles"


def _page(heading: str, parts: Iterable[str]) -> str:
    return "\n\n".join((f"# {escaped(heading)}", *parts)) + "\n"


def _answered(answer: Answer) -> Iterator[str]:
    short, rest = opening(answer)
    if short:
        yield f"**{with_marks(cited(short))}**"
    yield from _claims(rest)
    if answer.status == "unsure":
        yield f"*{escaped(doubts(answer))}*"
    yield from _sources("Sources", answer.citations)
    for found in answer.disagreements:
        yield f"**{differ(found)}**"
        yield disagreement(found)


def _refused(answer: Answer) -> Iterator[str]:
    yield with_marks(answer.text)
    yield from _sources("Closest sentences", answer.nearest[:NEAREST_SHOWN], numbered=False)


def _summarised(summary: Summary) -> Iterator[str]:
    yield from _claims(without_unsupported(summary.claims))
    yield from _sources("Sources", summary.citations)


def _claims(claims: Sequence[Claim]) -> Iterator[str]:
    if claims:
        yield with_marks(" ".join(map(cited, claims)))
    if not all(claim.supported for claim in claims):
        yield f"*{escaped(LEGEND)}*"


def _sources(
    heading: str, citations: Sequence[Citation], *, numbered: bool = True
) -> Iterator[str]:
    if citations:
        yield f"**{heading}**"
    for quotes in by_article(citations):
        yield f"- {f'[{quotes[0].number}] ' * numbered}{source(quotes[0])}"
        for each in quotes:
            yield f"  > {'Headline: ' * (each.field == 'title')}{escaped(each.quote)}"
