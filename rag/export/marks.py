"""How an answer is shown with its proof: unproven words marked, quotes by article, doubt in words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from rag.types import Answer, Citation, Claim, Disagreement, Span

NEAREST_SHOWN = 3  # sentences below a refusal
_MARK = re.compile(r"[^\S\n]*\[\d{1,4}(?:, ?\d{1,4})*\]")
UNPROVEN = ("⟦", "⟧")  # before and after words without proof, wherever there is only text
LEGEND = "⟦ ⟧ no quote proves these words."


def pieces(claim: Claim) -> Iterator[tuple[str, bool]]:
    """The text of a claim in runs, each with whether it has its proof; together they are the text.

    Where the check names no words of a claim that is not supported, none of them is proven. Runs
    without proof that only white space parts are one.
    """
    spans = _spans(claim)
    place = 0
    for start, end in spans:
        if claim.text[place:start]:
            yield claim.text[place:start], True
        yield claim.text[start:end], False
        place = end
    if claim.text[place:]:
        yield claim.text[place:], True


def _spans(claim: Claim) -> list[tuple[int, int]]:
    """Where words without proof stand: in order, apart, and within the text."""
    if claim.supported:
        return []
    found: list[tuple[int, int]] = []
    for span in sorted(claim.unbacked, key=lambda each: each.start):
        start, end = max(span.start, 0), min(span.end, len(claim.text))
        if start >= end:
            continue
        if found and not claim.text[found[-1][1] : start].strip():
            start, end = found[-1][0], max(end, found.pop()[1])
        found.append((start, end))
    return found or [(0, len(claim.text))]


def marked_words(claim: Claim, left: str = UNPROVEN[0], right: str = UNPROVEN[1]) -> str:
    """The text of a claim with ``left`` and ``right`` around the words that no quote proves."""
    return "".join(text if proven else f"{left}{text}{right}" for text, proven in pieces(claim))


def cited(claim: Claim) -> str:
    """A claim with its unproven words marked, followed by the numbers of its sources."""
    numbers = dict.fromkeys(each.number for each in claim.citations)
    marks = "".join(f"[{number}]" for number in numbers)
    return " ".join(filter(None, (marked_words(claim), marks)))


def by_article(citations: Iterable[Citation]) -> tuple[tuple[Citation, ...], ...]:
    """The quotes of each article, each once and the headline first; articles by their number."""
    found: dict[str, dict[tuple[str, str], Citation]] = {}
    for each in sorted(citations, key=lambda each: each.number):
        found.setdefault(each.article_id, {}).setdefault((each.field, each.quote), each)
    return tuple(_headline_first(tuple(quotes.values())) for quotes in found.values())


def _headline_first(quotes: Sequence[Citation]) -> tuple[Citation, ...]:
    return tuple(sorted(quotes, key=lambda each: each.field != "title"))


def standing(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """The sentences of a summary or a story that quotes prove, wholly or in part."""
    return tuple(claim for claim in claims if claim.status != "unsupported")


def headed(claim: Claim) -> str:
    """A headline with its unproven words marked; one that nothing proves stands as it is."""
    return claim.text if claim.status == "unsupported" else marked_words(claim)


def opening(answer: Answer) -> tuple[Claim | None, tuple[Claim, ...]]:
    """The short answer with its proof, where there is one, and the sentences below it.

    Where the model wrote no short answer of its own, it is the words of the first sentence.
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
    """Some words of a claim with the proof and the doubts that concern them."""
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
    """The heading over two figures that do not go together."""
    return "The figure has changed" if found.changed else "The articles disagree"


def doubts(answer: Answer) -> str:
    """Why an answer is less sure than others, with its confidence in plain words."""
    tenths = min(max(round(answer.confidence * 10), 1), 9)
    words = "" if all(claim.supported for claim in answer.claims) else "some words have no proof; "
    return f"Less sure: {words}of answers with this confidence about {tenths} in 10 are right."


def unmarked(draft: str) -> str:
    """What the model wrote without the numbers of its sources, which only its prompt explains."""
    return _MARK.sub("", draft).strip()
