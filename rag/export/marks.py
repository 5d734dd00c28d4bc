"""Presentation of evidence: marked unsupported words, quotes by article, confidence in words."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from rag.types import Answer, Citation, Claim, Disagreement, Span

NEAREST_SHOWN = 3  # nearest sentences below a refusal
_MARK = re.compile(r"(?<![^\S\n])[^\S\n]*\[\d{1,4}(?:, ?\d{1,4})*\]")
UNPROVEN = ("⟦", "⟧")  # around unsupported words in plain text
LEGEND = "⟦ ⟧ no quote supports these words."


def marked_words(claim: Claim, left: str = UNPROVEN[0], right: str = UNPROVEN[1]) -> str:
    """Return the text of a claim with ``left`` and ``right`` around the unsupported words."""
    return "".join(text if proven else f"{left}{text}{right}" for text, proven in claim.pieces())


def cited(claim: Claim) -> str:
    """Return a claim with unsupported words marked, followed by its citation numbers."""
    numbers = dict.fromkeys(each.number for each in claim.citations)
    marks = "".join(f"[{number}]" for number in numbers)
    return " ".join(filter(None, (marked_words(claim), marks)))


def by_article(citations: Iterable[Citation]) -> tuple[tuple[Citation, ...], ...]:
    """Group distinct quotes by article, title quotes first; articles by citation number."""
    found: dict[str, dict[tuple[str, str], Citation]] = {}
    for each in sorted(citations, key=lambda each: each.number):
        found.setdefault(each.article_id, {}).setdefault((each.field, each.quote), each)
    return tuple(_headline_first(tuple(quotes.values())) for quotes in found.values())


def _headline_first(quotes: Sequence[Citation]) -> tuple[Citation, ...]:
    return tuple(sorted(quotes, key=lambda each: each.field != "title"))


def without_unsupported(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims of a summary or story that are fully or partly supported."""
    return tuple(claim for claim in claims if claim.status != "unsupported")


def headed(claim: Claim) -> str:
    """Return a headline with unsupported words marked; an unsupported one is left unmarked."""
    return claim.text if claim.status == "unsupported" else marked_words(claim)


def opening(answer: Answer) -> tuple[Claim | None, tuple[Claim, ...]]:
    """Return the short answer with its evidence, if there is one, and the sentences below it.

    If the model wrote no separate short answer, it consists of words of the first sentence.
    """
    if not answer.short or not answer.claims:
        return None, answer.claims
    first, *rest = answer.claims
    if "\n" in answer.text or _bare(first.text) == _bare(answer.short):
        return first, tuple(rest)
    return _part(first, answer.short), answer.claims


def _bare(text: str) -> str:
    return text.strip().rstrip(".").casefold()


def _part(claim: Claim, words: str) -> Claim:
    """Return some words of a claim with the evidence and unsupported spans that concern them."""
    start = claim.text.casefold().find(words.casefold())
    found = [
        Span(first, last, words[first:last])
        for span in claim.unbacked
        if start >= 0
        and (first := max(span.start - start, 0)) < (last := min(span.end - start, len(words)))
    ]
    proven = start >= 0 and claim.unbacked and not found
    status = "supported" if proven else claim.status
    return replace(claim, text=words, status=status, unbacked=tuple(found))


def differ(found: Disagreement) -> str:
    """Return the heading for two contradicting figures."""
    return "The figure has changed" if found.changed else "The articles disagree"


def doubts(answer: Answer) -> str:
    """Explain why an answer is less certain, with its confidence in plain words."""
    tenths = min(max(round(answer.confidence * 10), 1), 9)
    supported = all(claim.supported for claim in answer.claims)
    words = "" if supported else "some words are unsupported; "
    return f"Less sure: {words}about {tenths} in 10 answers with this confidence are right."


def unmarked(draft: str) -> str:
    """Remove citation numbers from the model's draft: only its prompt explains them."""
    return _MARK.sub("", draft).strip()
