"""Headline for a summary, checked and quoted like each of its sentences."""

from collections.abc import Sequence
from dataclasses import replace

from rag.check import Checker
from rag.check.untitled import check_by_text
from rag.llm import Generator
from rag.llm.progress import Writer
from rag.llm.prompts import headline_messages
from rag.text.citations import distinct, split_claims
from rag.types import Passage, Summary

_MAX_TOKENS = 40
_MARKS = " \t*#_\"'“”‘’"  # decoration that models put around a headline


def with_headline(
    summary: Summary,
    passages: Sequence[Passage],
    *,
    generator: Generator,
    checker: Checker,
    title: str = "",
) -> Summary:
    """Return the summary with a headline as its first claim.

    The model writes the headline from the sentences of the summary. If the passages do not support
    it, the article's own title is used if they support that. If they support neither, the claims
    are left unchanged.

    Args:
        summary: only its claims, citations and timing change; its text does not.
        passages: the passages the summary was made from.
        generator: the model that writes the headline.
        checker: checks the headline.
        title: title of the article; empty if there are several articles.

    Raises:
        GenerateError: if the engine fails.
    """
    if not summary.claims:
        return summary
    text = " ".join(claim.text for claim in summary.claims)
    writer = Writer(generator, _MAX_TOKENS, timing=summary.timing)
    draft = first_line(writer.write(headline_messages(title, text)))
    checked = (check_by_text(each, passages, checker=checker) for each in (draft, title) if each)
    headline = next((claim for claim in checked if claim.supported), None)
    claims = (headline, *summary.claims) if headline else summary.claims
    return replace(summary, claims=claims, citations=distinct(claims), timing=writer.timing)


def first_line(draft: str) -> str:
    """Return the first line of a draft without citation marks, decoration and final full stop."""
    line = next((line for line in draft.splitlines() if line.strip(_MARKS)), "")
    line = line.strip(_MARKS).removeprefix("Headline:").strip(_MARKS)
    text = " ".join(sentence for sentence, _ in split_claims(line))
    return text.removesuffix(".")
