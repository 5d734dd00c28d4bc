"""Headline for a summary, checked and quoted like each of its sentences."""

import time
from collections.abc import Sequence
from dataclasses import replace

from rag.check import Checker
from rag.check.untitled import check_by_text
from rag.llm import Generator
from rag.llm.prompts import headline_messages
from rag.text.citations import distinct, split_claims
from rag.types import Claim, Passage, Summary

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
    start = time.perf_counter()
    text = " ".join(claim.text for claim in summary.claims)
    messages = headline_messages(title, text)
    draft = "".join(generator.stream(messages, max_tokens=_MAX_TOKENS))
    usage, timing = generator.usage, summary.timing
    claim = _first_that_holds((_line(draft), title), passages, checker)
    claims = (claim, *summary.claims) if claim else summary.claims
    return replace(
        summary,
        claims=claims,
        citations=distinct(claims),
        timing=replace(
            timing,
            generate=timing.generate + time.perf_counter() - start,
            prompt_tokens=timing.prompt_tokens + usage.prompt_tokens,
            cached_tokens=timing.cached_tokens + usage.cached_tokens,
            output_tokens=timing.output_tokens + usage.output_tokens,
        ),
    )


def _line(draft: str) -> str:
    """Return the first line of a draft without the decoration that models put around a headline."""
    line = next((line for line in draft.splitlines() if line.strip(_MARKS)), "")
    line = line.strip(_MARKS).removeprefix("Headline:").strip(_MARKS)
    text = " ".join(sentence for sentence, _ in split_claims(line))
    return text.removesuffix(".")


def _first_that_holds(
    texts: Sequence[str], passages: Sequence[Passage], checker: Checker
) -> Claim | None:
    for text in filter(None, texts):
        claim = check_by_text(text, passages, checker=checker)
        if claim.supported:
            return claim
    return None
