"""Answers and summaries as Markdown for people, in which no article writes any Markdown itself."""

from collections.abc import Sequence

from rag.export.digests import digest_page
from rag.export.escaping import escaped, source, with_marks
from rag.types import Answer, Citation, Digest, Summary


def as_markdown(value: Answer | Summary | Digest | Sequence[Answer]) -> str:
    """Question, text and sources as Markdown; several answers one below the other.

    Sources are listed by the numbers of their marks, each with its quotes; a digest also has its
    timelines and what its articles disagree on. Whatever articles and models wrote is escaped: it
    forms no heading, list, link or HTML.
    """
    if isinstance(value, Answer):
        return _page(value.question, value.text, value.citations)
    if isinstance(value, Summary):
        return _page(_subject(value), value.text, value.citations)
    if isinstance(value, Digest):
        return digest_page(value)
    return "\n".join(map(as_markdown, value))


def _subject(summary: Summary) -> str:
    titles = {citation.title for citation in summary.citations}
    if len(summary.article_ids) == 1 and len(titles) == 1:
        return titles.pop()
    return f"Summary of {len(summary.article_ids)} articles"


def _page(heading: str, text: str, citations: Sequence[Citation]) -> str:
    parts = [f"# {escaped(heading)}", with_marks(text)]
    if citations:
        parts.append("**Sources**")
    quotes: dict[int, dict[str, Citation]] = {}
    for citation in sorted(citations, key=lambda each: each.number):
        quotes.setdefault(citation.number, {}).setdefault(citation.quote, citation)
    for number, cited in quotes.items():
        parts.append(f"- [{number}] {source(next(iter(cited.values())))}")
        parts += [f"  > {escaped(quote)}" for quote in cited]
    return "\n\n".join(parts) + "\n"
