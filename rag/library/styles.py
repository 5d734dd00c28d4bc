"""Lay out a summary as a paragraph, a list, or below a headline. The sentences stay the same."""

from collections.abc import Sequence
from dataclasses import replace

from rag.check import Checker
from rag.llm import Generator
from rag.summarizing.headline import with_headline
from rag.text.citations import marked
from rag.types import Passage, Style, Summary


def styled(
    summary: Summary,
    style: Style,
    passages: Sequence[Passage],
    *,
    generator: Generator,
    checker: Checker,
    title: str = "",
) -> Summary:
    """Lay out a summary made from ``passages``; ``title`` is that of its only article."""
    if style == "bullets":
        lines = (f"• {marked([claim])}" for claim in summary.claims)
        return replace(summary, text="\n".join(lines))
    if style == "headline":
        summary = with_headline(
            summary, passages, generator=generator, checker=checker, title=title
        )
        parts = (marked(summary.claims[:1]), marked(summary.claims[1:]))
        return replace(summary, text="\n\n".join(filter(None, parts)))
    return summary
